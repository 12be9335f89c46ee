"""Search (spec 3.10, 6)."""

from typing import Any

import pytest

from openfrs.testing import TestService, picture
from tests.api.calls import BLUE, GREEN, RED, REDDISH, add, code_of, make_set, search, text


@pytest.fixture(autouse=True)
def _staff(service: TestService) -> None:
    make_set(service)


def test_a_hit_has_similarity_and_everything_a_face_has(service: TestService) -> None:
    [face] = add(service, RED, external_image_id="emp-7", external_fields={"floor": 3})
    [hit] = search(service, image_base64=text(RED))
    assert hit == face | {"similarity": 1.0, "external_fields": {}}


def test_hits_come_in_the_order_of_similarity(service: TestService) -> None:
    for colour in (GREEN, RED, BLUE):
        add(service, colour, external_image_id="-".join(map(str, colour)))
    hits = search(service, image_base64=text(REDDISH))
    similarities = [hit["similarity"] for hit in hits]
    assert hits[0]["external_image_id"] == "200-40-40"
    assert similarities == sorted(similarities, reverse=True)
    assert similarities[0] > 0.93 > similarities[1]


def test_the_largest_face_of_the_probe_is_used(service: TestService) -> None:
    add(service, GREEN, external_image_id="green")
    add(service, RED, external_image_id="red")
    hits = search(service, image_base64=text(RED, GREEN))
    assert hits[0]["external_image_id"] == "red"


def test_a_stored_face_is_its_own_best_hit(service: TestService) -> None:
    [face] = add(service, RED)
    add(service, GREEN)
    hit = search(service, face_id=face["face_id"])[0]
    assert (hit["face_id"], hit["similarity"]) == (face["face_id"], 1.0)


def test_ten_hits_come_by_default_and_top_n_says_otherwise(service: TestService) -> None:
    for number in range(12):
        add(service, (200, 40, 40 + number))
    assert len(search(service, image_base64=text(RED))) == 10
    assert len(search(service, image_base64=text(RED), top_n=12)) == 12
    assert len(search(service, image_base64=text(RED), top_n="3")) == 3
    assert search(service, image_base64=text(RED), top_n=0) == []


def test_hits_below_the_threshold_are_dropped(service: TestService) -> None:
    add(service, RED)
    add(service, GREEN)
    assert len(search(service, image_base64=text(RED), threshold=0.93)) == 1
    assert len(search(service, image_base64=text(RED), threshold=1)) == 1
    assert search(service, image_base64=text(BLUE), threshold=0.93) == []


def test_an_empty_set_has_no_hits(service: TestService) -> None:
    assert search(service, image_base64=text(RED)) == []


def test_a_filter_never_costs_a_match(service: TestService) -> None:
    add(service, RED, external_fields={"floor": 1, "badge": "B_1"})
    add(service, REDDISH, external_fields={"floor": 2})
    add(service, GREEN, external_image_id="far")
    for text_of_filter, expected in [
        ("floor:[1 TO 2]", 2),
        ("floor:{1 TO 2}", 0),
        ("floor:{1 TO *]", 1),
        ("(!badge:B_1)", 2),
        ("(floor:1 || floor:2) && (!badge:B_1)", 1),
        ("external_image_id:far", 1),
        ("externalImageID:far", 1),
    ]:
        found = search(service, image_base64=text(RED), filter=text_of_filter)
        assert len(found) == expected, text_of_filter


def test_sort_orders_the_best_hits_and_puts_lacking_faces_last(service: TestService) -> None:
    for number, floor in enumerate((3, None, 1, 2)):
        fields = {} if floor is None else {"floor": floor}
        add(service, (200, 40, 40 + number), external_fields=fields)
    add(service, GREEN, external_fields={"floor": 0})
    for direction, expected in [("asc", [1, 2, 3, None]), ("DESC", [3, 2, 1, None])]:
        hits = search(
            service,
            image_base64=text(RED),
            top_n=4,
            sort=[{"floor": direction}],
            return_fields=["floor"],
        )
        assert [hit["external_fields"].get("floor") for hit in hits] == expected


def test_sort_tells_neighbouring_long_numbers_apart(service: TestService) -> None:
    service.client.delete(service.path("face-sets/staff"))
    make_set(service, external_fields={"time": {"type": "long"}})
    for number in (2**53, 2**53 + 1, 2**53 - 1):
        add(service, RED, external_fields={"time": number})
    hits = search(service, image_base64=text(RED), sort=[{"time": "desc"}], return_fields=["time"])
    assert [hit["external_fields"]["time"] - 2**53 for hit in hits] == [1, 0, -1]


def test_return_fields_choose_the_values_of_a_hit(service: TestService) -> None:
    add(service, RED, external_fields={"floor": 3, "badge": "B_12", "active": False})
    [hit] = search(service, image_base64=text(RED), return_fields=["badge", "ratio", "active"])
    assert hit["external_fields"] == {"badge": "B_12", "active": False}


def test_a_form_searches_alike(service: TestService) -> None:
    add(service, RED, external_fields={"floor": 3})
    answer = service.client.post(
        service.path("face-sets/staff/search"),
        data={
            "top_n": "3",
            "threshold": "0.9",
            "sort": '[{"floor":"asc"}]',
            "filter": "floor:3",
            "return_fields": "['floor']",
        },
        files={"image_file": ("a.png", picture(RED))},
    )
    [hit] = answer.json()["faces"]
    assert hit["external_fields"] == {"floor": 3}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "FRS.0011"),
        ({"face_id": "a", "image_base64": "b"}, "FRS.0012"),
        ({"image_base64": text(RED), "top_n": 1001}, "FRS.0012"),
        ({"image_base64": text(RED), "top_n": -1}, "FRS.0012"),
        ({"image_base64": text(RED), "top_n": True}, "FRS.0012"),
        ({"image_base64": text(RED), "threshold": 1.1}, "FRS.0012"),
        ({"image_base64": text(RED), "threshold": "high"}, "FRS.0012"),
        ({"image_base64": text(RED), "filter": "floor:"}, "FRS.0029"),
        ({"image_base64": text(RED), "filter": "colour:red"}, "FRS.0402"),
        ({"image_base64": text(RED), "return_fields": ["colour"]}, "FRS.0030"),
        ({"image_base64": text(RED), "return_fields": "floor"}, "FRS.0012"),
        ({"image_base64": text(RED), "sort": [{"badge": "asc"}]}, "FRS.0032"),
        ({"image_base64": text(RED), "sort": [{"colour": "asc"}]}, "FRS.0032"),
        ({"image_base64": text(RED), "sort": [{"floor": "up"}]}, "FRS.0012"),
        ({"image_base64": text()}, "FRS.0304"),
        ({"face_id": "Zx81mQpL"}, "FRS.0403"),
    ],
)
def test_refusals_have_their_codes(service: TestService, body: dict[str, Any], code: str) -> None:
    add(service, RED)
    answer = service.client.post(service.path("face-sets/staff/search"), json=body)
    assert (answer.status_code, code_of(answer)) == (400, code)


def test_a_typo_costs_no_picture(service: TestService) -> None:
    """Cheap checks come before the picture is decoded (spec 18)."""
    broken = {"image_base64": "%%%", "filter": "floor:"}
    answer = service.client.post(service.path("face-sets/staff/search"), json=broken)
    assert code_of(answer) == "FRS.0029"
    answer = service.client.post(service.path("face-sets/none/search"), json=broken)
    assert code_of(answer) == "FRS.0302"
    answer = service.client.post(
        service.path("face-sets/none/search"), json=broken | {"top_n": 1001}
    )
    assert code_of(answer) == "FRS.0012"
