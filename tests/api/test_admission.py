"""What happens when more comes than can be worked on, at a real socket."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.calls import RED, text
from tests.api.served import PATIENCE, QUEUE, SLOTS, Served, serving, until


def answer_on(connection: socket.socket) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Status, headers and body of the answer on a raw connection."""
    with connection.makefile("rb") as lines:
        status = int(lines.readline().split()[1])
        headers = {}
        while line := lines.readline().strip().decode():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return status, headers, json.loads(lines.read(int(headers["content-length"])))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as running:
        yield running


def test_one_more_than_slots_and_queue_is_refused_and_the_others_are_answered(
    served: Served,
) -> None:
    waiting = served.fill()
    refused = served.detect()  # while nothing else moves
    assert (refused.status_code, refused.json()["error_code"]) == (429, "FRS.0033")
    assert refused.headers["Retry-After"] == "1"
    assert served.engine.asked == SLOTS
    served.engine.go.set()
    assert [request.result().status_code for request in waiting] == [200] * (SLOTS + QUEUE)
    assert served.detect().status_code == 200
    assert served.admission.pictures.working == 0


def test_a_crowd_is_answered_or_refused_and_nobody_waits_for_ever(served: Served) -> None:
    crowd = [served.pool.submit(served.detect) for _ in range(16)]
    until(lambda: sum(request.done() for request in crowd) == 16 - SLOTS - QUEUE)
    served.engine.go.set()
    statuses = sorted(request.result().status_code for request in crowd)
    assert statuses == [200] * (SLOTS + QUEUE) + [429] * (16 - SLOTS - QUEUE)


def test_where_the_queue_is_full_the_body_is_not_asked_for(served: Served) -> None:
    served.fill()
    path = served.service.path("face-detect")
    with closing(served.open_request(path, 5_000_000, "Expect: 100-continue")) as connection:
        status, headers, body = answer_on(connection)
    assert (status, body["error_code"], headers["retry-after"]) == (429, "FRS.0033", "1")
    assert served.admission.bodies.held < 5_000_000


def test_a_client_that_sends_on_although_it_was_refused_can_use_its_connection(
    served: Served,
) -> None:
    served.fill()
    with httpx2.Client(base_url=served.url, limits=httpx2.Limits(max_connections=1)) as client:
        client.headers["X-Auth-Token"] = served.service.token
        body = {"image_base64": "A" * 4_000_000}
        refused = client.post(served.service.path("face-detect"), json=body, timeout=PATIENCE)
        assert refused.status_code == 429
        assert client.get(served.service.path("face-sets")).status_code == 200


def test_who_leaves_the_queue_makes_room(served: Served) -> None:
    body = json.dumps({"image_base64": text(RED)}).encode()
    first = [served.pool.submit(served.detect) for _ in range(SLOTS + QUEUE - 1)]
    until(lambda: served.admission.pictures.waiting == QUEUE - 1)
    connection = served.open_request(served.service.path("face-detect"), len(body))
    connection.sendall(body)
    until(lambda: served.admission.pictures.waiting == QUEUE)
    connection.close()
    until(lambda: served.admission.pictures.waiting == QUEUE - 1)
    last = served.pool.submit(served.detect)
    until(lambda: served.admission.pictures.waiting == QUEUE)
    served.engine.go.set()
    assert [request.result().status_code for request in [*first, last]] == [200] * len(
        [*first, last]
    )
    assert served.engine.asked == SLOTS + QUEUE  # nobody worked for the one that had gone
    until(lambda: served.admission.bodies.held == 0)


def test_strangers_are_told_so_without_a_place_in_the_queue(served: Served) -> None:
    working = [served.pool.submit(served.detect) for _ in range(SLOTS)]
    until(lambda: served.admission.pictures.working == SLOTS)
    path = served.service.path("face-detect")
    answer = httpx2.post(served.url + path, json={"image_base64": text(RED)})
    assert answer.status_code == 401
    served.engine.go.set()
    assert [request.result().status_code for request in working] == [200] * SLOTS


def test_pictures_keep_nothing_else_waiting(served: Served) -> None:
    served.fill()
    assert served.request("GET", served.service.path("face-sets")).status_code == 200
    assert served.request("GET", "/healthz").status_code == 200


def test_health_is_told_while_every_other_queue_is_full(tmp_path: Path) -> None:
    with serving(tmp_path, request_threads=1, request_queue=0) as served:
        holding = threading.Event()
        release = threading.Event()

        def hold(_: object) -> None:
            holding.set()
            release.wait(PATIENCE)

        database = served.service.openfrs.database
        writer = served.pool.submit(database.write, hold)
        assert holding.wait(PATIENCE)
        body = {"face_set_name": "staff"}
        slow = served.pool.submit(
            served.request, "POST", served.service.path("face-sets"), json=body
        )
        until(lambda: served.admission.others.working == 1)
        try:
            refused = served.request("GET", served.service.path("face-sets"))
            assert (refused.status_code, refused.json()["error_code"]) == (429, "FRS.0033")
            assert served.request("GET", "/healthz").status_code == 200
        finally:
            release.set()
        assert slow.result().status_code == 200
        writer.result()


def test_a_body_that_does_not_come_ends_the_connection(tmp_path: Path) -> None:
    with serving(tmp_path, body_timeout=0.05) as served:
        path = served.service.path("face-sets")
        with closing(served.open_request(path, 1000)) as connection:
            connection.sendall(b"{")
            status, headers, body = answer_on(connection)
            assert (status, body["error_code"]) == (408, "APIG.0602")
            assert headers["connection"] == "close"
            assert connection.recv(1) == b""


def test_bodies_that_would_not_fit_into_memory_are_refused(tmp_path: Path) -> None:
    half = 1_000_000
    with serving(tmp_path, body_bytes=2 * half, body_bytes_held=2 * half) as served:
        path = served.service.path("face-detect")
        with closing(served.open_request(path, 2 * half)) as connection:
            assert served.request("GET", served.service.path("face-sets")).status_code == 200
            connection.sendall(b" " * (half + 1))
            until(lambda: served.admission.bodies.held == half + 1)
            refused = served.request("POST", path, content=b" " * half)
            assert (refused.status_code, refused.json()["error_code"]) == (429, "FRS.0033")
        until(lambda: served.admission.bodies.held == 0)
        taken = served.request("POST", path, content=b" " * half)
        assert taken.status_code == 400  # read, and no JSON
