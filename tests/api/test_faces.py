"""Add, list, update and delete faces (spec 3.5 to 3.9)."""

import re
from typing import Any

import pytest

from openfrs.testing import TestService, picture
from tests.api.calls import BLUE, GREEN, RED, add, code_of, listed, make_set, search, text


@pytest.fixture(autouse=True)
def _staff(service: TestService) -> None:
    make_set(service)


def post_form(service: TestService, **parts: Any) -> Any:
    files = {
        name: (None, value) if isinstance(value, str) else value for name, value in parts.items()
    }
    return service.client.post(service.path("face-sets/staff/faces"), files=files)


def test_an_added_face_answers_id_box_and_fields(service: TestService) -> None:
    answer = service.client.post(
        service.path("face-sets/staff/faces"),
        json={
            "image_base64": text(RED),
            "external_image_id": "emp-7",
            "external_fields": {"floor": 3, "badge": "B_12", "ratio": 1, "active": True},
            "single": True,
            "refresh": True,
        },
    )
    body = answer.json()
    [face] = body.pop("faces")
    assert set(body) == {"face_set_id", "face_set_name"}
    assert re.fullmatch(r"[A-Za-z0-9]{8}", face.pop("face_id"))
    assert face == {
        "bounding_box": {"width": 56, "height": 56, "top_left_x": 0, "top_left_y": 0},
        "external_fields": {"floor": 3, "badge": "B_12", "ratio": 1.0, "active": True},
        "external_image_id": "emp-7",
    }


def test_every_face_of_a_picture_is_added_with_one_external_image_id(service: TestService) -> None:
    faces = add(service, RED, GREEN, external_fields={"floor": 1})
    assert len({face["face_id"] for face in faces}) == 2
    [image_id] = {face["external_image_id"] for face in faces}
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,36}", image_id)
    assert [face["external_fields"] for face in faces] == [{"floor": 1}] * 2


def test_single_adds_only_the_largest_face(service: TestService) -> None:
    [face] = add(service, RED, GREEN, single=True)
    assert face["bounding_box"]["width"] == 56
    assert len(listed(service)) == 1


def test_the_same_picture_may_be_added_twice(service: TestService) -> None:
    first, second = add(service, RED)[0], add(service, RED)[0]
    assert first["face_id"] != second["face_id"]
    assert len(listed(service)) == 2


@pytest.mark.parametrize("flag", ["true", "True", "TRUE"])
@pytest.mark.parametrize("fields", ['{"floor": 3}', "{'floor': 3}"])
def test_a_form_carries_the_same_fields(service: TestService, flag: str, fields: str) -> None:
    answer = post_form(
        service,
        external_image_id="emp-7",
        external_fields=fields,
        single=flag,
        image_file=("库.jpg", picture(RED, GREEN)),
    )
    [face] = answer.json()["faces"]
    assert (face["external_image_id"], face["external_fields"]) == ("emp-7", {"floor": 3})


def test_a_form_may_put_the_file_first_and_carry_base64(service: TestService) -> None:
    answer = post_form(service, image_base64=text(RED), external_image_id="a")
    assert answer.json()["faces"][0]["external_image_id"] == "a"


def test_an_empty_file_counts_as_not_given(service: TestService) -> None:
    """Forms of browsers always send the part of a file field."""
    answer = post_form(service, image_base64=text(RED), image_file=("", b""))
    assert answer.status_code == 200
    assert code_of(post_form(service, image_file=("", b""))) == "FRS.0011"


def test_a_form_may_have_a_preamble(service: TestService) -> None:
    form = (
        b"for old mail readers\r\n--b\r\n"
        b'Content-Disposition: form-data; name="image_base64"\r\n\r\n'
        + text(RED).encode()
        + b"\r\n--b--\r\n"
    )
    answer = service.client.post(
        service.path("face-sets/staff/faces"),
        content=form,
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == 200


def test_a_form_never_runs_what_its_fields_say(service: TestService) -> None:
    answer = post_form(
        service, external_fields="__import__('os').getcwd()", image_file=picture(RED)
    )
    assert code_of(answer) == "FRS.0012"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "FRS.0011"),
        ({"image_base64": ""}, "FRS.0011"),
        ({"image_base64": "x", "image_url": "/b/o"}, "FRS.0012"),
        ({"image_base64": 5}, "FRS.0012"),
        ({"image_base64": "%%%"}, "FRS.0015"),
        ({"image_base64": "aGVsbG8="}, "FRS.0016"),
        ({"image_base64": text(RED), "external_image_id": "a b"}, "FRS.0012"),
        ({"image_base64": text(RED), "external_image_id": "a" * 37}, "FRS.0012"),
        ({"image_base64": text(RED), "external_image_id": 7}, "FRS.0012"),
        ({"image_base64": text(RED), "single": "maybe"}, "FRS.0012"),
        ({"image_base64": text(RED), "external_fields": {"colour": "red"}}, "FRS.0402"),
        ({"image_base64": text(RED), "external_fields": {"floor": "3"}}, "FRS.0406"),
        ({"image_base64": text(RED), "external_fields": {"floor": None}}, "FRS.0406"),
        ({"image_base64": text(RED), "external_fields": {"floor": 2**31}}, "FRS.0406"),
        ({"image_base64": text(RED), "external_fields": {"badge": "a b"}}, "FRS.0012"),
        ({"image_base64": text()}, "FRS.0404"),
        ({"image_url": "/bucket/object"}, "FRS.0022"),
    ],
)
def test_a_refused_add_stores_nothing(
    service: TestService, body: dict[str, object], code: str
) -> None:
    answer = service.client.post(service.path("face-sets/staff/faces"), json=body)
    assert (answer.status_code, code_of(answer)) == (400, code)
    assert listed(service) == []


def test_base64_may_have_a_data_prefix_and_line_breaks(service: TestService) -> None:
    plain = text(RED)
    dressed = "data:image/png;base64," + "\r\n".join(
        plain[start : start + 76] for start in range(0, len(plain), 76)
    )
    answer = service.client.post(
        service.path("face-sets/staff/faces"), json={"image_base64": dressed}
    )
    assert answer.status_code == 200


def test_faces_are_listed_five_at_a_time_in_the_order_of_enrolment(service: TestService) -> None:
    ids = [add(service, RED, external_image_id=f"n{n}")[0]["face_id"] for n in range(7)]
    assert [face["face_id"] for face in listed(service)] == ids[:5]
    assert [face["face_id"] for face in listed(service, offset=5, limit=10)] == ids[5:]
    assert listed(service, offset=7) == []


def test_a_listing_answers_set_and_faces(service: TestService) -> None:
    [added] = add(service, RED, external_fields={"floor": 3})
    answer = service.client.get(service.path("face-sets/staff/faces")).json()
    assert set(answer) == {"face_set_id", "face_set_name", "faces"}
    assert answer["faces"] == [added]
    one = service.client.get(service.path(f"face-sets/staff/faces?face_id={added['face_id']}"))
    assert one.json() == answer


@pytest.mark.parametrize(
    "query",
    ["offset=-1", "offset=--5", "limit=0", "limit=-3", "limit=x", "offset=1.5", "limit=10001"],
)
def test_a_page_outside_its_range_is_refused(service: TestService, query: str) -> None:
    answer = service.client.get(service.path(f"face-sets/staff/faces?{query}"))
    assert code_of(answer) == "FRS.0012"


def test_an_unknown_face_is_not_shown(service: TestService) -> None:
    answer = service.client.get(service.path("face-sets/staff/faces?face_id=Zx81mQpL"))
    assert code_of(answer) == "FRS.0303"


def update(service: TestService, **body: Any) -> Any:
    return service.client.put(service.path("face-sets/staff/faces"), json=body)


def test_an_update_answers_the_set_and_one_face(service: TestService) -> None:
    [face] = add(service, RED)
    answer = update(service, face_id=face["face_id"], external_image_id="emp-8").json()
    assert set(answer) == {"face_number", "face_set_id", "face_set_name"}
    assert (answer["face_number"], answer["face_set_name"]) == (1, "staff")


def test_an_update_merges_fields_by_name_and_keeps_the_rest(service: TestService) -> None:
    [face] = add(
        service, RED, external_image_id="emp-7", external_fields={"floor": 3, "badge": "B_12"}
    )
    update(service, face_id=face["face_id"], external_fields={"floor": 4, "active": False})
    [after] = listed(service)
    assert after == face | {"external_fields": {"floor": 4, "badge": "B_12", "active": False}}
    update(service, face_id=face["face_id"], external_image_id="emp-8")
    [renamed] = listed(service)
    assert renamed == after | {"external_image_id": "emp-8"}


def test_a_search_sees_an_update_at_once(service: TestService) -> None:
    [face] = add(service, RED, external_fields={"floor": 3})
    add(service, GREEN, external_fields={"floor": 3})
    assert len(search(service, face_id=face["face_id"], filter="floor:3")) == 2
    update(service, face_id=face["face_id"], external_fields={"floor": 4})
    [hit] = search(service, face_id=face["face_id"], filter="floor:4", return_fields=["floor"])
    assert (hit["face_id"], hit["external_fields"]) == (face["face_id"], {"floor": 4})
    update(service, face_id=face["face_id"], external_image_id="emp-9")
    [hit] = search(service, face_id=face["face_id"], filter="external_image_id:emp-9")
    assert hit["external_image_id"] == "emp-9"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "FRS.0011"),
        ({"external_fields": {}}, "FRS.0011"),
        ({"external_image_id": ""}, "FRS.0011"),
        ({"external_image_id": None, "external_fields": None}, "FRS.0011"),
        ({"external_image_id": "a b"}, "FRS.0012"),
        ({"external_fields": [1]}, "FRS.0012"),
        ({"external_fields": {"colour": "red"}}, "FRS.0402"),
        ({"external_fields": {"floor": 4, "active": "yes"}}, "FRS.0406"),
        ({"external_fields": {"floor": 3.5}}, "FRS.0406"),
        ({"external_fields": {"floor": True}}, "FRS.0406"),
        ({"external_fields": {"badge": ""}}, "FRS.0012"),
    ],
)
def test_a_refused_update_changes_nothing(
    service: TestService, change: dict[str, object], code: str
) -> None:
    [face] = add(service, RED, external_fields={"floor": 3})
    answer = update(service, face_id=face["face_id"], **change)
    assert (answer.status_code, code_of(answer)) == (400, code)
    assert listed(service) == [face]


def test_an_update_needs_a_face_id_that_exists(service: TestService) -> None:
    assert code_of(update(service, external_image_id="a")) == "FRS.0011"
    answer = update(service, face_id="Zx81mQpL", external_image_id="a")
    assert code_of(answer) == "FRS.0303"
    assert answer.json()["error_msg"].startswith("The face id is not exist")


def test_an_update_may_be_a_form(service: TestService) -> None:
    [face] = add(service, RED)
    answer = service.client.put(
        service.path("face-sets/staff/faces"),
        files={"face_id": (None, face["face_id"]), "external_fields": (None, "{'floor': 9}")},
    )
    assert answer.json()["face_number"] == 1
    assert listed(service)[0]["external_fields"] == {"floor": 9}


def delete(service: TestService, query: str) -> Any:
    return service.client.delete(service.path(f"face-sets/staff/faces?{query}"))


@pytest.mark.parametrize("name", ["face_id", "id"])
def test_a_face_is_deleted_by_its_id(service: TestService, name: str) -> None:
    [first] = add(service, RED)
    [second] = add(service, RED)
    answer = delete(service, f"{name}={first['face_id']}").json()
    assert set(answer) == {"face_number", "face_set_id", "face_set_name"}
    assert answer["face_number"] == 1
    assert listed(service) == [second]
    assert code_of(delete(service, f"face_id={first['face_id']}")) == "FRS.0303"


@pytest.mark.parametrize(
    "query", ["external_image_id=a", "floor=3", "badge=B_12", "active=true", "ratio=0.5"]
)
def test_faces_are_deleted_by_image_id_or_custom_field(service: TestService, query: str) -> None:
    fields = {"floor": 3, "badge": "B_12", "active": True, "ratio": 0.5}
    add(service, RED, GREEN, external_image_id="a", external_fields=fields)
    [other] = add(service, BLUE, external_image_id="b", external_fields={"floor": 4})
    assert delete(service, query).json()["face_number"] == 2
    assert listed(service) == [other]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "FRS.0011"),
        ("face_id=", "FRS.0011"),
        ("face_id=a&external_image_id=b", "FRS.0012"),
        ("external_image_id=emp%208%2Fx", "FRS.0401"),
        ("badge=none", "FRS.0401"),
        ("floor=9", "FRS.0401"),
        ("floor=9&floor=3", "FRS.0012"),
        ("floor=high", "FRS.0406"),
        ("colour=red", "FRS.0402"),
    ],
)
def test_a_refused_delete_removes_nothing(service: TestService, query: str, code: str) -> None:
    faces = add(service, RED, external_fields={"floor": 3})
    assert code_of(delete(service, query)) == code
    assert listed(service) == faces


def delete_batch(service: TestService, body: dict[str, object]) -> Any:
    return service.client.request("DELETE", service.path("face-sets/staff/faces/batch"), json=body)


def test_faces_are_deleted_by_filter(service: TestService) -> None:
    for floor in range(5):
        add(service, RED, external_fields={"floor": floor})
    answer = delete_batch(service, {"filter": "floor:[1 TO *] && (!floor:3)"})
    assert answer.json()["face_number"] == 3
    assert [face["external_fields"]["floor"] for face in listed(service)] == [0, 3]
    info = service.client.get(service.path("face-sets/staff")).json()["face_set_info"]
    assert info["face_number"] == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "FRS.0011"),
        ({"filter": ""}, "FRS.0011"),
        ({"filter": 5}, "FRS.0012"),
        ({"filter": "floor:[1 TO"}, "FRS.0029"),
        ({"filter": "floor:high"}, "FRS.0029"),
        ({"filter": "colour:red"}, "FRS.0402"),
        ({"filter": "floor:9"}, "FRS.0407"),
    ],
)
def test_a_refused_batch_delete_removes_nothing(
    service: TestService, body: dict[str, object], code: str
) -> None:
    faces = add(service, RED, external_fields={"floor": 3})
    assert code_of(delete_batch(service, body)) == code
    assert listed(service) == faces
