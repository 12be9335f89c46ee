"""Thumbnails of enrolled faces: kept only where a set wants them, and no longer than the face."""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import PIL.Image
import pytest

from openfrs.domain.objects import ObjectStoreError
from openfrs.testing import TestService, make_service
from tests.api.calls import BLUE, GREEN, RED, add, code_of, make_set, text
from tests.objects.s3_server import ACCESS_KEY, SECRET_KEY, S3Server

JPEG = b"\xff\xd8\xff"

Start = Callable[..., AbstractContextManager[TestService]]


def on_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    return partial(make_service, tmp_path / "data")


def in_a_bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    server: S3Server = request.getfixturevalue("s3_server")
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    secret.write_text(SECRET_KEY)
    bucket = {
        "thumbnails_bucket": server.new_bucket(),
        "s3_endpoint": server.endpoint,
        "s3_access_key": ACCESS_KEY,
        "s3_secret_file": secret,
    }
    return lambda **more: make_service(tmp_path / "data", **{**bucket, **more})


@pytest.fixture(params=[on_disk, in_a_bucket], ids=["on_disk", "in_a_bucket"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    made: Start = request.param(request, tmp_path)
    return made


@pytest.fixture
def keeping(start: Start) -> Iterator[TestService]:
    """A service with a set whose faces have thumbnails."""
    with start() as running:
        assert make_set(running, thumbnails=True).status_code == 200
        yield running


def thumbnail(service: TestService, face_id: str, name: str = "staff") -> httpx2.Response:
    project = service.established.project_id
    answer = service.client.get(f"/openfrs/v1/{project}/face-sets/{name}/faces/{face_id}/thumbnail")
    assert isinstance(answer, httpx2.Response)
    return answer


def stored(service: TestService) -> dict[str, bytes]:
    """All objects, once all that is due has been done."""
    service.openfrs.thumbnail_keeper.settle()
    objects = service.openfrs.services.thumbnails.objects
    keys = list(objects.keys())
    return {key: objects.get(key, 1 << 20) for key in keys}


def shown(answer: httpx2.Response) -> tuple[tuple[int, int], tuple[int, int, int]]:
    """The size of the picture, and the colour of its middle."""
    assert answer.status_code == 200, answer.text
    picture = PIL.Image.open(io.BytesIO(answer.content), formats=["JPEG"])
    width, height = picture.size
    red, green, blue = (int(c) for c in np.asarray(picture)[height // 2, width // 2])
    return picture.size, (red, green, blue)


def is_like(colour: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return max(abs(a - b) for a, b in zip(colour, other, strict=True)) < 12


def test_each_face_of_a_picture_has_its_own_thumbnail(keeping: TestService) -> None:
    faces = add(keeping, RED, GREEN)
    for settled in (False, True):
        if settled:
            assert len(stored(keeping)) == 2
        for face, colour in zip(faces, (RED, GREEN), strict=True):
            answer = thumbnail(keeping, face["face_id"])
            size, middle = shown(answer)
            assert max(size) <= 160
            assert is_like(middle, colour)
            assert answer.headers["Content-Type"] == "image/jpeg"
            assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_stored_is_encrypted_and_tells_nothing(keeping: TestService) -> None:
    [face] = add(keeping, RED, external_image_id="alice")
    [(key, content)] = stored(keeping).items()
    picture = thumbnail(keeping, face["face_id"]).content
    assert picture.startswith(JPEG)
    assert JPEG not in content
    assert not any(picture[at : at + 16] in content for at in range(0, len(picture) - 16, 16))
    for secret in (face["face_id"], "alice", "staff"):
        assert secret not in key
        assert secret.encode() not in content


def test_nothing_is_kept_unless_a_set_wants_it(start: Start) -> None:
    with start() as service:
        make_set(service)
        [face] = add(service, RED)
        answer = thumbnail(service, face["face_id"])
        assert (answer.status_code, code_of(answer)) == (404, "FRS.0303")
        assert stored(service) == {}


def delete_set(service: TestService, face: dict[str, Any]) -> Any:
    return service.client.delete(service.path("face-sets/staff"))


def delete_face(service: TestService, face: dict[str, Any]) -> Any:
    return service.client.delete(
        service.path("face-sets/staff/faces"), params={"face_id": face["face_id"]}
    )


def delete_by_image_id(service: TestService, face: dict[str, Any]) -> Any:
    return service.client.delete(
        service.path("face-sets/staff/faces"),
        params={"external_image_id": face["external_image_id"]},
    )


def delete_batch(service: TestService, face: dict[str, Any]) -> Any:
    return service.client.request(
        "DELETE",
        service.path("face-sets/staff/faces/batch"),
        json={"filter": f"floor:{face['external_fields']['floor']}"},
    )


DELETES = [delete_set, delete_face, delete_by_image_id, delete_batch]


@pytest.mark.parametrize("delete", DELETES)
@pytest.mark.parametrize("settled", [False, True])
def test_a_thumbnail_goes_with_its_face(
    keeping: TestService, delete: Callable[[TestService, Any], Any], *, settled: bool
) -> None:
    [gone] = add(keeping, RED, external_image_id="red", external_fields={"floor": 1})
    [other] = add(keeping, GREEN, external_image_id="green", external_fields={"floor": 2})
    before = stored(keeping) if settled else {}
    assert delete(keeping, gone).status_code == 200
    after = stored(keeping)
    if delete is delete_set:
        assert after == {}
        assert code_of(thumbnail(keeping, gone["face_id"])) == "FRS.0302"
    else:
        assert len(after) == 1
        assert not settled or after.items() < before.items()
        assert code_of(thumbnail(keeping, gone["face_id"])) == "FRS.0303"
        assert shown(thumbnail(keeping, other["face_id"]))


def away(start: Start, tmp_path: Path, *, away: bool) -> dict[str, object]:
    """Settings, or a change to the disk, with which the store of thumbnails is out of reach."""
    directory = tmp_path / "data" / "thumbnails"
    if isinstance(start, partial):
        if away:
            directory.rename(directory.with_name("elsewhere"))
            directory.write_bytes(b"not a directory")
        else:
            directory.unlink()
            directory.with_name("elsewhere").rename(directory)
        return {}
    return {"s3_endpoint": "http://127.0.0.1:9", "s3_timeout": 1.0} if away else {}


@pytest.mark.parametrize("delete", DELETES)
def test_a_store_that_is_away_stops_nobody_and_is_caught_up_with(
    start: Start, tmp_path: Path, delete: Callable[[TestService, Any], Any]
) -> None:
    with start() as service:
        made = service.established
        make_set(service, thumbnails=True)
        [gone] = add(service, RED, external_image_id="red", external_fields={"floor": 1})
        [unlucky] = add(service, BLUE, external_image_id="blue", external_fields={"floor": 3})
        before = stored(service)
    with start(established=made, **away(start, tmp_path, away=True)) as service:
        assert thumbnail(service, unlucky["face_id"]).status_code == 503
        assert delete(service, gone).status_code == 200
        if delete is delete_set:
            assert make_set(service, thumbnails=True).status_code == 200
        [late] = add(service, GREEN)
        assert shown(thumbnail(service, late["face_id"]))
        with pytest.raises(ObjectStoreError):
            service.openfrs.thumbnail_keeper.settle()
        assert shown(thumbnail(service, late["face_id"]))
    with start(established=made, **away(start, tmp_path, away=False)) as service:
        after = stored(service)
        assert len(before) == 2
        assert len(after) == (1 if delete is delete_set else 2)
        assert len(before.keys() & after.keys()) == (0 if delete is delete_set else 1)
        assert is_like(shown(thumbnail(service, late["face_id"]))[1], GREEN)


def test_answers_of_the_vendors_operations_are_as_they_were(keeping: TestService) -> None:
    answer = keeping.client.get(keeping.path("face-sets/staff"))
    info = answer.json()["face_set_info"]
    assert set(info) == {
        *("face_number", "external_fields", "face_set_id", "face_set_name"),
        *("create_date", "face_set_capacity"),
    }
    [face] = add(keeping, RED)
    assert set(face) == {"bounding_box", "external_fields", "external_image_id", "face_id"}


@pytest.mark.parametrize(
    ("value", "status"), [(True, 200), ("true", 200), (False, 404), ("false", 404), (None, 404)]
)
def test_the_field_takes_what_is_a_boolean(
    service: TestService, value: object, status: int
) -> None:
    make_set(service, thumbnails=value)
    [face] = add(service, RED)
    assert thumbnail(service, face["face_id"]).status_code == status


@pytest.mark.parametrize("value", ["perhaps", 2, [], {}])
def test_the_field_takes_nothing_else(service: TestService, value: object) -> None:
    answer = make_set(service, thumbnails=value)
    assert code_of(answer) == "FRS.0012"
    assert "thumbnails" in answer.json()["error_msg"]


def test_a_face_has_a_thumbnail_in_its_own_set_alone(service: TestService) -> None:
    make_set(service, thumbnails=True)
    make_set(service, "other", thumbnails=True)
    [face] = add(service, RED)
    for answer, code in (
        (thumbnail(service, face["face_id"], "other"), "FRS.0303"),
        (thumbnail(service, face["face_id"], "nobody"), "FRS.0302"),
        (thumbnail(service, "Zx81mQpL"), "FRS.0303"),
    ):
        assert (answer.status_code, code_of(answer)) == (400, code)


def test_whoever_may_not_see_the_set_does_not_see_its_faces(service: TestService) -> None:
    make_set(service, thumbnails=True)
    [face] = add(service, RED)
    service.client.headers.pop("X-Auth-Token")
    answer = thumbnail(service, face["face_id"])
    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("application/json")


def test_thumbnails_that_were_exchanged_changed_or_taken_away_are_not_shown(
    service: TestService,
) -> None:
    make_set(service, thumbnails=True)
    [one] = add(service, RED)
    [two] = add(service, GREEN)
    (a, _), (b, content_of_b) = stored(service).items()
    objects = service.openfrs.services.thumbnails.objects
    objects.put(a, content_of_b)
    objects.put(b, content_of_b[:-1] + bytes([content_of_b[-1] ^ 1]))
    for face in (one, two):
        answer = thumbnail(service, face["face_id"])
        assert (answer.status_code, code_of(answer)) == (503, "FRS.0018")
    for key, content in ((a, b""), (b, b"\x01" * 300_000)):
        objects.put(key, content)
    for face in (one, two):
        assert thumbnail(service, face["face_id"]).status_code == 503
    objects.delete(a)
    objects.delete(b)
    for face in (one, two):
        assert thumbnail(service, face["face_id"]).status_code == 404


def test_an_enrolment_that_is_refused_leaves_no_thumbnail(service: TestService) -> None:
    make_set(service, thumbnails=True, quality_gate={"blur": 0.5})
    answer = service.client.post(
        service.path("face-sets/staff/faces"), json={"image_base64": text(BLUE)}
    )
    assert code_of(answer) == "FRS.0708"
    assert stored(service) == {}


def test_a_search_hit_and_an_updated_face_keep_their_thumbnail(service: TestService) -> None:
    make_set(service, thumbnails=True)
    [face] = add(service, RED)
    change = {"face_id": face["face_id"], "external_fields": {"floor": 4}}
    service.client.put(service.path("face-sets/staff/faces"), json=change)
    assert is_like(shown(thumbnail(service, face["face_id"]))[1], RED)
