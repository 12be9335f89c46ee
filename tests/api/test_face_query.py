"""Faces by filter: an operation of our own."""

import threading
from typing import Any

import httpx2
import pytest

from openfrs.testing import TestService
from tests.api.calls import BLUE, GREEN, RED, add, code_of, make_set


def ask(service: TestService, **body: Any) -> httpx2.Response:
    project_id = service.established.project_id
    path = f"/openfrs/v1/{project_id}/face-sets/staff/faces/query"
    return service.client.post(path, json=body)


def found(service: TestService, **body: Any) -> tuple[int, list[str]]:
    answer = ask(service, **body)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"total", "faces"}
    return answer.json()["total"], [face["external_image_id"] for face in answer.json()["faces"]]


@pytest.fixture
def staff(service: TestService) -> TestService:
    """A set with a to g, enrolled in that order on floors 0 to 6."""
    make_set(service)
    for floor, name in enumerate("abcdefg"):
        add(service, RED, external_image_id=name, external_fields={"floor": floor})
    return service


def test_faces_look_as_in_a_listing(staff: TestService) -> None:
    listed = staff.client.get(staff.path("face-sets/staff/faces"), params={"limit": 100}).json()
    for body in ({}, {"filter": "floor:[0 TO *]"}):
        assert ask(staff, **body).json() == {"total": 7, "faces": listed["faces"]}


@pytest.mark.parametrize(
    ("body", "total", "names"),
    [
        ({}, 7, "abcdefg"),
        ({"limit": 2}, 7, "ab"),
        ({"offset": 5}, 7, "fg"),
        ({"offset": 7}, 7, ""),
        ({"filter": "floor:[2 TO 5]"}, 4, "cdef"),
        ({"filter": "floor:[2 TO 5]", "limit": 3}, 4, "cde"),
        ({"filter": "floor:[2 TO 5]", "offset": 3}, 4, "f"),
        ({"filter": "floor:[2 TO 5]", "offset": 9}, 4, ""),
        ({"filter": "external_image_id:b || floor:6"}, 2, "bg"),
        ({"filter": "floor:9"}, 0, ""),
        ({"filter": "", "limit": 1}, 7, "a"),
    ],
)
def test_a_page_of_those_that_match_in_the_order_of_enrolment(
    staff: TestService, body: dict[str, Any], total: int, names: str
) -> None:
    assert found(staff, **body) == (total, list(names))


def test_the_order_outlives_deletions_and_updates(staff: TestService) -> None:
    faces = staff.client.get(staff.path("face-sets/staff/faces"), params={"limit": 100}).json()
    ids = {face["external_image_id"]: face["face_id"] for face in faces["faces"]}
    path = staff.path("face-sets/staff/faces")
    found(staff, filter="floor:[0 TO *]")
    staff.client.delete(path, params={"face_id": ids["b"]})
    body = {"face_id": ids["c"], "external_fields": {"floor": 9}}
    staff.client.put(path, json=body)
    add(staff, GREEN, external_image_id="h", external_fields={"floor": 7})
    assert found(staff, filter="floor:[0 TO *]") == (7, list("acdefgh"))
    assert found(staff) == (7, list("acdefgh"))


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("floor", "FRS.0029", 5),
        ("floor:[1 TO 3", "FRS.0029", 13),
        ("floor:x", "FRS.0029", 6),
        ("(floor:1", "FRS.0029", 8),
        ("floor:1 & badge:a", "FRS.0029", 8),
        ("floor:1 && badge:ä", "FRS.0029", 17),
        ("active:[true TO false]", "FRS.0029", 8),
        ("floor:1 &&", "FRS.0029", 10),
        ("floor:1 || level:2", "FRS.0402", 11),
        ("a" * 4097, "FRS.0029", 4096),
    ],
)
def test_a_bad_filter_says_where(staff: TestService, text: str, code: str, position: int) -> None:
    answer = ask(staff, filter=text)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error_code", "error_msg", "position"}
    assert (code_of(answer), answer.json()["position"]) == (code, position)


def test_the_vendors_bodies_carry_no_position(staff: TestService) -> None:
    body = {"image_base64": "a", "filter": "floor"}
    answer = staff.client.post(staff.path("face-sets/staff/search"), json=body)
    assert set(answer.json()) == {"error_code", "error_msg"}


@pytest.mark.parametrize(
    "body", [{"offset": -1}, {"limit": 0}, {"limit": 10_001}, {"offset": "x"}, {"filter": 5}]
)
def test_a_page_that_cannot_be_is_refused(staff: TestService, body: dict[str, Any]) -> None:
    answer = ask(staff, **body)
    assert (answer.status_code, code_of(answer)) == (400, "FRS.0012")
    assert set(answer.json()) == {"error_code", "error_msg"}


def test_an_unknown_set_or_project_is_refused(service: TestService) -> None:
    assert code_of(ask(service)) == "FRS.0302"
    answer = service.client.post(f"/openfrs/v1/{'0' * 32}/face-sets/staff/faces/query", json={})
    assert (answer.status_code, code_of(answer)) == (403, "FRS.0028")


@pytest.mark.parametrize("text", [None, "floor:[0 TO *]"])
def test_number_and_page_are_of_one_moment_while_others_write(
    service: TestService, text: str | None
) -> None:
    make_set(service)
    add(service, RED, external_fields={"floor": 0})
    done = threading.Event()

    def write() -> None:
        """Adds two faces at a time and takes them away: the number of faces stays odd."""
        try:
            for _ in range(25):
                added = add(service, GREEN, BLUE, external_fields={"floor": 1})
                service.client.request(
                    "DELETE",
                    service.path("face-sets/staff/faces/batch"),
                    json={"filter": "floor:1"},
                )
                assert len(added) == 2
        finally:
            done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        total, names = found(service, filter=text)
        assert len(names) == total
        seen.add(total)
    writer.join()
    assert seen <= {1, 3}
