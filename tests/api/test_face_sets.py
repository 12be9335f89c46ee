"""Create, show, list and delete face sets (spec 3.1 to 3.4)."""

import re
from pathlib import Path

import pytest

from openfrs.testing import TestService, make_service
from tests.api.calls import FIELDS, RED, add, code_of, make_set


def test_a_new_set_answers_its_info(service: TestService) -> None:
    answer = make_set(service, face_set_capacity=20000)
    assert answer.status_code == 200
    info = answer.json()["face_set_info"]
    assert set(answer.json()) == {"face_set_info"}
    assert re.fullmatch(r"[A-Za-z0-9]{8}", info.pop("face_set_id"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", info.pop("create_date"))
    assert info == {
        "face_number": 0,
        "external_fields": FIELDS,
        "face_set_name": "staff",
        "face_set_capacity": 20000,
    }


def test_capacity_and_fields_have_defaults(service: TestService) -> None:
    answer = service.client.post(service.path("face-sets"), json={"face_set_name": "plain"})
    info = answer.json()["face_set_info"]
    assert (info["face_set_capacity"], info["external_fields"]) == (100000, {})


def test_capacity_may_be_numeric_text(service: TestService) -> None:
    info = make_set(service, face_set_capacity="20000").json()["face_set_info"]
    assert info["face_set_capacity"] == 20000


@pytest.mark.parametrize("capacity", [0, -10000, 5000, 15001, 10_010_000, "many", True, 1.5])
def test_other_capacities_are_refused(service: TestService, capacity: object) -> None:
    assert code_of(make_set(service, face_set_capacity=capacity)) == "FRS.0012"


@pytest.mark.parametrize("name", ["a" * 65, "a b", "a/b", "库", "a.b"])
def test_other_names_are_refused(service: TestService, name: str) -> None:
    assert code_of(make_set(service, name)) == "FRS.0012"


@pytest.mark.parametrize("body", [{}, {"face_set_name": ""}, {"face_set_name": None}])
def test_a_name_is_mandatory(service: TestService, body: dict[str, object]) -> None:
    answer = service.client.post(service.path("face-sets"), json=body)
    assert code_of(answer) == "FRS.0011"
    assert "face_set_name" in answer.json()["error_msg"]


@pytest.mark.parametrize(
    "fields",
    [
        {"similarity": {"type": "integer"}},
        {"floor": {"type": "decimal"}},
        {"floor": "integer"},
        {"a b": {"type": "string"}},
        {f"f{n}": {"type": "string"} for n in range(11)},
        ["floor"],
    ],
)
def test_bad_field_definitions_are_refused(service: TestService, fields: object) -> None:
    assert code_of(make_set(service, external_fields=fields)) == "FRS.0012"


def test_field_types_are_read_in_any_case_and_shown_in_lower(service: TestService) -> None:
    info = make_set(service, external_fields={"floor": {"type": "Long"}}).json()["face_set_info"]
    assert info["external_fields"] == {"floor": {"type": "long"}}


def test_a_name_is_given_once_in_a_project(service: TestService) -> None:
    make_set(service)
    assert code_of(make_set(service)) == "FRS.0301"


def test_sets_are_listed_in_the_order_of_creation(service: TestService) -> None:
    assert service.client.get(service.path("face-sets")).json() == {"face_sets_info": []}
    for name in ("c", "a", "b"):
        make_set(service, name)
    found = service.client.get(service.path("face-sets")).json()["face_sets_info"]
    assert [info["face_set_name"] for info in found] == ["c", "a", "b"]


def test_a_set_shows_how_many_faces_it_holds(service: TestService) -> None:
    make_set(service)
    add(service, RED, (9, 99, 199))
    answer = service.client.get(service.path("face-sets/staff"))
    assert answer.json()["face_set_info"]["face_number"] == 2


def test_a_deleted_set_is_gone_with_its_faces(service: TestService) -> None:
    make_set(service)
    add(service, RED)
    answer = service.client.delete(service.path("face-sets/staff"))
    assert (answer.status_code, answer.json()) == (200, {"face_set_name": "staff"})
    assert code_of(service.client.get(service.path("face-sets/staff"))) == "FRS.0302"
    assert code_of(service.client.delete(service.path("face-sets/staff"))) == "FRS.0302"
    make_set(service)
    answer = service.client.get(service.path("face-sets/staff/faces"))
    assert answer.json()["faces"] == []


def test_a_name_with_an_encoded_slash_is_one_name(service: TestService) -> None:
    answer = service.client.get(service.path("face-sets/%E5%BA%93%201%2F%C3%A9"))
    assert (answer.status_code, code_of(answer)) == (400, "FRS.0302")


def test_the_cloud_profile_has_the_vendors_figures(tmp_path: Path) -> None:
    with make_service(tmp_path, profile="cloud", rate_limit=0) as service:
        assert code_of(make_set(service, face_set_capacity=110000)) == "FRS.0012"
        for number in range(10):
            assert make_set(service, f"set-{number}").status_code == 200
        assert code_of(make_set(service, "one-more")) == "FRS.0305"


def test_the_default_capacity_stays_within_the_greatest(tmp_path: Path) -> None:
    with make_service(tmp_path, capacity=50000) as service:
        assert make_set(service).json()["face_set_info"]["face_set_capacity"] == 50000


def test_the_open_profile_takes_large_capacities(service: TestService) -> None:
    info = make_set(service, face_set_capacity=10_000_000).json()["face_set_info"]
    assert info["face_set_capacity"] == 10_000_000


def test_operators_may_allow_other_names(tmp_path: Path) -> None:
    with make_service(tmp_path, face_set_name_pattern=r"\w{1,10}") as service:
        assert make_set(service, "库").json()["face_set_info"]["face_set_name"] == "库"
        answer = service.client.get(service.path("face-sets/%E5%BA%93"))
        assert answer.json()["face_set_info"]["face_set_name"] == "库"
