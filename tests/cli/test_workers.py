"""Several processes behind one socket: one service to its clients, whatever dies."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.calls import FIELDS, text
from tests.observation.scrapes import Samples, read, total, value

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
colours = ((10 * n % 256, 7 * n % 256, 250 - n) for n in count(1))


def until(found: Callable[[], Any]) -> Any:
    give_up = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < give_up
        time.sleep(0.02)
    return value


def start(directory: Path, *arguments: str, log: Path) -> "subprocess.Popen[str]":
    with log.open("wb") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.cli.worker_service", str(directory), *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )


def serving_pids(log: Path) -> list[int]:
    """The workers that have said that they serve, the oldest first."""
    return [int(pid) for pid in re.findall(r"worker serves\s+pid=(\d+)", log.read_text())]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@dataclass(frozen=True)
class Running:
    """A service in processes of its own."""

    process: "subprocess.Popen[str]"
    port: int
    metrics_port: int
    log: Path
    headers: dict[str, str]
    project_id: str

    def pids(self) -> list[int]:
        return [pid for pid in serving_pids(self.log) if alive(pid)]

    def scrape(self) -> Samples:
        """The metrics, from whichever worker is the first to answer."""
        answer = httpx2.get(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=PATIENCE)
        return read(answer.raise_for_status().text)

    def client(self) -> httpx2.Client:
        """A client with a connection of its own, which stays with the worker that took it."""
        return httpx2.Client(
            base_url=f"http://127.0.0.1:{self.port}/v2/{self.project_id}",
            headers=self.headers,
            limits=httpx2.Limits(max_connections=1),
            timeout=PATIENCE,
        )

    def clients_of_all(self, stack: ExitStack) -> dict[int, httpx2.Client]:
        """A client for each worker, by the worker's process id."""
        clients: dict[int, httpx2.Client] = {}

        def another() -> bool:
            client = stack.enter_context(self.client())
            client.get("/face-sets").raise_for_status()
            for pid in self.pids():
                if connection_of(client) in sockets_of(pid):
                    clients.setdefault(pid, client)
            return len(clients) == 2

        until(another)
        return clients


def connection_of(client: httpx2.Client) -> str:
    """The kernel's number of the server's end of the client's only connection."""
    with client.stream("GET", "/face-sets") as answer:
        answer.read()
        here = answer.extensions["network_stream"].get_extra_info("client_addr")[1]
        there = answer.extensions["network_stream"].get_extra_info("server_addr")[1]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if (int(fields[1][-4:], 16), int(fields[2][-4:], 16)) == (there, here):
            return fields[9]
    raise AssertionError("no such connection")


def sockets_of(pid: int) -> set[str]:
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
        except OSError:  # closed meanwhile
            continue
    return found


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A service that the test may end, and whose counts begin with it."""
    with service(tmp_path) as started:
        yield started


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with service(tmp_path_factory.mktemp("service")) as started:
        yield started


@pytest.fixture
def shared(lasting: Running) -> Iterator[Running]:
    """A service of several tests, both of whose workers serve, without a face set."""
    until(lambda: len(lasting.pids()) == 2)
    yield lasting
    with lasting.client() as client:
        client.delete("/face-sets/staff")


@contextmanager
def service(directory: Path) -> Iterator[Running]:
    log = directory / "log"
    process = start(directory / "data", "2", log=log)
    assert process.stdout is not None
    try:
        port, metrics_port = map(int, process.stdout.readline().split())
        made = json.loads((directory / "data" / "credentials.json").read_text())
        user = {"name": made["user"], "password": made["password"], "domain": {"name": "openfrs"}}
        answer = httpx2.post(
            f"http://127.0.0.1:{port}/v3/auth/tokens",
            json={
                "auth": {
                    "identity": {"methods": ["password"], "password": {"user": user}},
                    "scope": {"project": {"id": made["project_id"]}},
                }
            },
            timeout=PATIENCE,
        )
        headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
        started = Running(process, port, metrics_port, log, headers, made["project_id"])
        until(lambda: len(started.pids()) == 2)
        yield started
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE)
        process.stdout.close()


def add(client: httpx2.Client) -> tuple[str, str]:
    """The id of a new face, and its picture."""
    picture = text(next(colours))
    answer = client.post("/face-sets/staff/faces", json={"image_base64": picture})
    answer.raise_for_status()
    return answer.json()["faces"][0]["face_id"], picture


def found(client: httpx2.Client, picture: str, **query: str) -> list[str]:
    answer = client.post(
        "/face-sets/staff/search", json={"image_base64": picture, "top_n": 1000} | query
    )
    answer.raise_for_status()
    return [face["face_id"] for face in answer.json()["faces"]]


def make_set(client: httpx2.Client, **more: object) -> None:
    body = {"face_set_name": "staff", "external_fields": FIELDS} | more
    client.post("/face-sets", json=body).raise_for_status()


def test_what_one_worker_writes_another_finds_at_once(shared: Running) -> None:
    with ExitStack() as stack:
        one, two = shared.clients_of_all(stack).values()
        make_set(one)
        for floor in range(10):
            face_id, picture = add(one)
            assert face_id in found(two, picture)
            change = {"face_id": face_id, "external_fields": {"floor": floor}}
            two.put("/face-sets/staff/faces", json=change).raise_for_status()
            assert found(one, picture, filter=f"floor:{floor}") == [face_id]
            if floor % 2:
                answer = one.delete(f"/face-sets/staff/faces?face_id={face_id}")
                answer.raise_for_status()
                assert face_id not in found(two, picture)


def test_a_killed_worker_is_replaced_and_nothing_is_lost(shared: Running) -> None:
    with ExitStack() as stack:
        clients = shared.clients_of_all(stack)
        (victim, doomed), (survivor, other) = clients.items()
        make_set(other)
        added = [add(client) for client in (doomed, other) * 3]
        os.kill(victim, signal.SIGKILL)
        for face_id, picture in added:
            assert face_id in found(other, picture)
        until(lambda: len(shared.pids()) == 2)
        replaced = shared.clients_of_all(stack)
        assert survivor in replaced
        assert victim not in replaced
        for client in replaced.values():
            for face_id, picture in added:
                assert face_id in found(client, picture)


def test_one_scrape_shows_all_workers_together_and_forgets_no_count(running: Running) -> None:
    def answered() -> float:
        labels = {"operation": "SearchFace", "status": "200", "error_code": ""}
        return value(running.scrape(), "openfrs_requests_total", **labels)

    with ExitStack() as stack:
        clients = running.clients_of_all(stack)
        (victim, doomed), (_, other) = clients.items()
        make_set(other)
        face_id, picture = add(other)
        for _ in range(5):
            assert found(doomed, picture) == found(other, picture) == [face_id]
        until(lambda: answered() == 10)
        for _ in range(10):  # whichever worker answers, it says the same
            scraped = running.scrape()
            assert value(scraped, "openfrs_request_seconds_count", operation="SearchFace") == 10
            assert value(scraped, "openfrs_stage_seconds_count", stage="scan") == 10
            assert value(scraped, "openfrs_workers") == 2
            assert value(scraped, "openfrs_project_faces", project_id=running.project_id) == 1
            for worker in ("0", "1"):
                assert value(scraped, "process_resident_memory_bytes", worker=worker) > 2**20
        # Each has the set in memory, and says so within a second.
        until(lambda: value(running.scrape(), "openfrs_mirror_face_sets") == 2)
        until(lambda: value(running.scrape(), "openfrs_mirror_loads_total") == 2)
        of_set = total(running.scrape(), "openfrs_face_set_mirror_bytes", face_set="staff")
        assert of_set == value(running.scrape(), "openfrs_mirror_bytes")
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(running.pids()) == 2)
        assert answered() == 10
        assert found(other, picture) == [face_id]
        until(lambda: answered() == 11)
        until(lambda: value(running.scrape(), "openfrs_workers") == 2)
        until(lambda: value(running.scrape(), "openfrs_mirror_face_sets") == 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_signal_ends_them_all(running: Running, number: signal.Signals) -> None:
    pids = running.pids()
    running.process.send_signal(number)
    assert running.process.wait(timeout=PATIENCE) == 0
    assert not any(alive(pid) for pid in pids)
    assert "Traceback" not in running.log.read_text()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", running.port))


def test_workers_end_with_a_parent_that_was_killed(running: Running) -> None:
    pids = running.pids()
    running.process.kill()
    until(lambda: not any(alive(pid) for pid in pids))


def test_workers_that_cannot_start_end_the_service(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = start(tmp_path / "data", "2", "broken", log=log)
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "no model" in output
    assert "Traceback" not in log.read_text()


def test_a_setting_that_makes_no_sense_ends_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENFRS_TRUSTED_PROXIES", "proxy.example")
    log = tmp_path / "log"
    process = start(tmp_path / "data", "2", log=log)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "trusted_proxies" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_of_services_that_start_at_once_one_makes_the_keys(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from openfrs.app import first_start;"
        " from openfrs.settings import load_settings;"
        " print(first_start(load_settings(Path(sys.argv[1]))) is not None)"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "data")], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    answers = [process.communicate(timeout=PATIENCE)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert sorted(answers) == ["False", "False", "False", "True"]


def test_thumbnails_are_one_workers_affair_and_shown_by_all(shared: Running) -> None:
    kept = shared.log.parent / "data" / "thumbnails"
    with ExitStack() as stack:
        clients = shared.clients_of_all(stack)
        (victim, doomed), (_, other) = clients.items()
        make_set(other, thumbnails=True)
        ids = [add(client)[0] for client in (doomed, other) * 5]
        os.kill(victim, signal.SIGKILL)
        until(lambda: len([*kept.glob("*/*")]) == len(ids))
        until(lambda: len(shared.pids()) == 2)
        for client in shared.clients_of_all(stack).values():
            for face_id in ids:
                path = f"openfrs/v1/{shared.project_id}/face-sets/staff/faces/{face_id}/thumbnail"
                answer = client.get(f"http://127.0.0.1:{shared.port}/{path}")
                assert answer.content.startswith(b"\xff\xd8")
        other.delete(f"/face-sets/staff/faces?face_id={ids[0]}").raise_for_status()
        until(lambda: len([*kept.glob("*/*")]) == len(ids) - 1)
        other.delete("/face-sets/staff").raise_for_status()
        until(lambda: not [*kept.glob("*/*")])
