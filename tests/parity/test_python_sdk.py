"""The vendor's unmodified Python SDK runs every operation, on real pictures, over a real socket."""

import base64
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huaweicloudsdkcore.exceptions.exceptions import (
    ClientRequestException,
    ServiceResponseException,
)
from huaweicloudsdkcore.http.formdata import FormFile
from huaweicloudsdkfrs.v2 import model as m
from huaweicloudsdkfrs.v2.frs_client import FrsClient

from tests.parity.server import Server

pytestmark = [pytest.mark.models, pytest.mark.shared]

FIELDS = {"floor": {"type": "integer"}, "badge": {"type": "string"}}


def text_of(picture: Path) -> str:
    return base64.b64encode(picture.read_bytes()).decode()


def file_of(picture: Path) -> Any:
    return FormFile(str(picture))


class TokenClient:
    """The SDK with wrong keys and a right token, which the caller adds to each request."""

    def __init__(self, client: FrsClient, token: str) -> None:
        self._client = client
        self._token = token

    def __getattr__(self, operation: str) -> Any:
        def call(request: Any) -> Any:
            invoker = getattr(self._client, f"{operation}_invoker")(request)
            return invoker.add_header("X-Auth-Token", self._token).invoke()

        return call


@pytest.fixture(params=["access key", "token"])
def client(server: Server, request: pytest.FixtureRequest) -> Any:
    if request.param == "token":
        return TokenClient(server.client("WRONGKEY", "wrong"), server.token())
    return server.client()


@pytest.fixture
def people(shared_data: Path) -> Path:
    return shared_data / "people"


@pytest.fixture
def staff(client: Any) -> Iterator[str]:
    """A face set with two custom fields."""
    name = f"staff-{uuid.uuid4().hex[:8]}"
    answer = client.create_face_set(
        m.CreateFaceSetRequest(
            body=m.CreateFaceSetReq(
                face_set_name=name, face_set_capacity=20000, external_fields=FIELDS
            )
        )
    )
    assert answer.status_code == 200
    info = answer.face_set_info
    assert (info.face_set_name, info.face_set_capacity, info.face_number) == (name, 20000, 0)
    assert info.external_fields == FIELDS
    assert len(info.face_set_id) == 8
    yield name
    answer = client.delete_face_set(m.DeleteFaceSetRequest(face_set_name=name))
    assert answer.face_set_name == name


def add(client: Any, face_set: str, picture: Path, **body: Any) -> Any:
    return client.add_faces_by_base64(
        m.AddFacesByBase64Request(
            face_set_name=face_set,
            body=m.AddFacesBase64Req(image_base64=text_of(picture), **body),
        )
    )


def listed(client: Any, face_set: str) -> list[Any]:
    request = m.ShowFacesByLimitRequest(face_set_name=face_set, offset=0, limit=10)
    faces: list[Any] = client.show_faces_by_limit(request).faces
    return faces


def test_face_sets_are_listed_and_shown(client: Any, staff: str) -> None:
    answer = client.show_all_face_sets(m.ShowAllFaceSetsRequest())
    assert staff in [info.face_set_name for info in answer.face_sets_info]
    shown = client.show_face_set(m.ShowFaceSetRequest(face_set_name=staff))
    assert shown.face_set_info.face_set_name == staff
    assert len(shown.x_request_id) == 32


def test_faces_are_added_three_ways(client: Any, staff: str, people: Path) -> None:
    by_text = add(client, staff, people / "obama.jpg", external_image_id="text", single=True)
    by_url = client.add_faces_by_url(
        m.AddFacesByUrlRequest(
            face_set_name=staff,
            body=m.AddFacesUrlReq(image_url="/people/obama2.jpg", external_image_id="url"),
        )
    )
    by_file = client.add_faces_by_file(
        m.AddFacesByFileRequest(
            face_set_name=staff,
            body=m.AddFacesByFileRequestBody(
                image_file=file_of(people / "biden.jpg"),
                external_image_id="file",
                external_fields={"floor": 3},  # the SDK writes the repr of this dict
                single=True,
            ),
        )
    )
    for answer in (by_text, by_url, by_file):
        assert answer.status_code == 200
        assert answer.face_set_name == staff
        assert len(answer.faces[0].face_id) == 8
        box = answer.faces[0].bounding_box
        assert min(box.width, box.height) > 20
    assert [face.external_image_id for face in listed(client, staff)] == ["text", "url", "file"]
    assert by_file.faces[0].external_fields == {"floor": 3}


def test_a_search_finds_the_same_person_by_every_way(client: Any, staff: str, people: Path) -> None:
    obama = add(client, staff, people / "obama.jpg", external_image_id="obama").faces[0]
    add(client, staff, people / "biden.jpg", external_image_id="biden")
    probe = people / "obama2.jpg"
    answers = [
        client.search_face_by_base64(
            m.SearchFaceByBase64Request(
                face_set_name=staff,
                body=m.FaceSearchBase64Req(image_base64=text_of(probe), top_n=2),
            )
        ),
        client.search_face_by_url(
            m.SearchFaceByUrlRequest(
                face_set_name=staff,
                body=m.FaceSearchUrlReq(image_url="/people/obama2.jpg", top_n=2),
            )
        ),
        client.search_face_by_file(
            m.SearchFaceByFileRequest(
                face_set_name=staff,
                body=m.SearchFaceByFileRequestBody(image_file=file_of(probe), top_n=2),
            )
        ),
    ]
    for answer in answers:
        assert [face.external_image_id for face in answer.faces] == ["obama", "biden"]
        assert answer.faces[0].similarity > 0.93 > answer.faces[1].similarity
    own = client.search_face_by_face_id(
        m.SearchFaceByFaceIdRequest(
            face_set_name=staff, body=m.FaceSearchFaceIdReq(face_id=obama.face_id)
        )
    )
    assert own.faces[0].face_id == obama.face_id
    assert own.faces[0].similarity == 1


def test_search_filters_sorts_and_returns_fields(client: Any, staff: str, people: Path) -> None:
    for floor in (3, 1, 2):
        add(client, staff, people / "obama.jpg", external_fields={"floor": floor, "badge": "b"})
    answer = client.search_face_by_file(
        m.SearchFaceByFileRequest(
            face_set_name=staff,
            body=m.SearchFaceByFileRequestBody(
                image_file=file_of(people / "obama.jpg"),
                filter="floor:[2 TO *]",
                sort='[{"floor":"asc"}]',
                return_fields='["floor"]',
                threshold=0.9,
            ),
        )
    )
    assert [face.external_fields for face in answer.faces] == [{"floor": 2}, {"floor": 3}]


def test_an_update_is_seen_by_list_and_search_at_once(
    client: Any, staff: str, people: Path
) -> None:
    face = add(
        client, staff, people / "obama.jpg", external_fields={"floor": 3, "badge": "B_12"}
    ).faces[0]
    answer = client.update_face(
        m.UpdateFaceRequest(
            face_set_name=staff,
            body=m.UpdateFaceReq(
                face_id=face.face_id, external_image_id="emp-8", external_fields={"floor": 4}
            ),
        )
    )
    assert answer.face_number == 1
    found = client.show_faces_by_face_id(
        m.ShowFacesByFaceIdRequest(face_set_name=staff, face_id=face.face_id)
    )
    assert found.faces[0].external_image_id == "emp-8"
    assert found.faces[0].external_fields == {"floor": 4, "badge": "B_12"}
    hits = client.search_face_by_face_id(
        m.SearchFaceByFaceIdRequest(
            face_set_name=staff,
            body=m.FaceSearchFaceIdReq(
                face_id=face.face_id, filter="floor:4 && external_image_id:emp-8"
            ),
        )
    )
    assert [hit.face_id for hit in hits.faces] == [face.face_id]


def test_faces_are_deleted_three_ways(client: Any, staff: str, people: Path) -> None:
    first = add(client, staff, people / "obama.jpg", external_image_id="one").faces[0]
    add(client, staff, people / "obama.jpg", external_image_id="two")
    add(
        client, staff, people / "obama.jpg", external_image_id="three", external_fields={"floor": 1}
    )
    by_id = client.delete_face_by_face_id(
        m.DeleteFaceByFaceIdRequest(face_set_name=staff, face_id=first.face_id)
    )
    by_image_id = client.delete_face_by_external_image_id(
        m.DeleteFaceByExternalImageIdRequest(face_set_name=staff, external_image_id="two")
    )
    by_filter = client.batch_delete_faces(
        m.BatchDeleteFacesRequest(
            face_set_name=staff, body=m.DeleteFacesBatchReq(filter="floor:[1 TO 5]")
        )
    )
    assert [answer.face_number for answer in (by_id, by_image_id, by_filter)] == [1, 1, 1]
    assert listed(client, staff) == []


def test_pictures_are_compared_three_ways(client: Any, people: Path) -> None:
    one, two = people / "obama.jpg", people / "obama2.jpg"
    answers = [
        client.compare_face_by_base64(
            m.CompareFaceByBase64Request(
                body=m.FaceCompareBase64Req(image1_base64=text_of(one), image2_base64=text_of(two))
            )
        ),
        client.compare_face_by_url(
            m.CompareFaceByUrlRequest(
                body=m.FaceCompareUrlReq(
                    image1_url="/people/obama.jpg", image2_url="/people/obama2.jpg"
                )
            )
        ),
        client.compare_face_by_file(
            m.CompareFaceByFileRequest(
                body=m.CompareFaceByFileRequestBody(
                    image1_file=file_of(one), image2_file=file_of(two)
                )
            )
        ),
    ]
    similarities = {answer.similarity for answer in answers}
    assert len(similarities) == 1
    assert similarities.pop() > 0.93
    assert answers[0].image1_face.bounding_box.width > 20
    same = client.compare_face_by_file(
        m.CompareFaceByFileRequest(
            body=m.CompareFaceByFileRequestBody(image1_file=file_of(one), image2_file=file_of(one))
        )
    )
    assert same.similarity == 1


@pytest.mark.parametrize("suffix", ["", "_intl"])
def test_faces_are_detected_three_ways(client: Any, people: Path, suffix: str) -> None:
    kind = "Intl" if suffix else ""
    picture = people / "obama.jpg"
    by_text = getattr(client, f"detect_face_by_base64{suffix}")(
        getattr(m, f"DetectFaceByBase64{kind}Request")(
            body=m.FaceDetectBase64Req(image_base64=text_of(picture), attributes="1,2,4,12,21")
        )
    )
    by_url = getattr(client, f"detect_face_by_url{suffix}")(
        getattr(m, f"DetectFaceByUrl{kind}Request")(
            body=m.FaceDetectUrlReq(image_url="/people/obama.jpg")
        )
    )
    by_file = getattr(client, f"detect_face_by_file{suffix}")(
        getattr(m, f"DetectFaceByFile{kind}Request")(
            body=getattr(m, f"DetectFaceByFile{kind}RequestBody")(image_file=file_of(picture))
        )
    )
    assert by_text.faces[0].bounding_box == by_url.faces[0].bounding_box
    assert by_text.faces[0].bounding_box == by_file.faces[0].bounding_box
    attributes = by_text.faces[0].attributes
    assert attributes.gender == "male"
    assert 25 <= attributes.age <= 75
    assert attributes.dress.glass == "unknown"
    assert attributes.face_angle == 0


@pytest.mark.parametrize("suffix", ["", "_intl"])
def test_videos_are_judged_three_ways(client: Any, clips: Path, suffix: str) -> None:
    kind = "Intl" if suffix else ""
    clip = clips / "left.mp4"
    asked = {"actions": "1", "action_time": "0-1900", "nod_threshold": 10.0}
    answers = [
        getattr(client, f"detect_live_by_base64{suffix}")(
            getattr(m, f"DetectLiveByBase64{kind}Request")(
                body=m.LiveDetectBase64Req(video_base64=text_of(clip), **asked)
            )
        ),
        getattr(client, f"detect_live_by_url{suffix}")(
            getattr(m, f"DetectLiveByUrl{kind}Request")(
                body=m.LiveDetectUrlReq(video_url="/clips/left.mp4", **asked)
            )
        ),
        getattr(client, f"detect_live_by_file{suffix}")(
            getattr(m, f"DetectLiveByFile{kind}Request")(
                body=getattr(m, f"DetectLiveByFile{kind}RequestBody")(
                    video_file=file_of(clip), **asked
                )
            )
        ),
    ]
    for answer in answers:
        assert answer.video_result.alive is True
        [action] = answer.video_result.actions
        assert action.action == 1
        assert 0.5 <= action.confidence <= 1
        assert base64.b64decode(answer.video_result.picture).startswith(b"\xff\xd8")
        assert answer.warning_list == []
    with pytest.raises(ClientRequestException) as refusal:
        getattr(client, f"detect_live_by_base64{suffix}")(
            getattr(m, f"DetectLiveByBase64{kind}Request")(
                body=m.LiveDetectBase64Req(video_base64=text_of(clip), actions="6")
            )
        )
    assert refusal.value.error_code == "FRS.0702"


def test_refusals_carry_code_message_and_request_id(client: Any, people: Path) -> None:
    with pytest.raises(ServiceResponseException) as refusal:
        client.show_face_set(m.ShowFaceSetRequest(face_set_name="库 1/é"))
    assert refusal.value.status_code == 400
    assert refusal.value.error_code == "FRS.0302"
    assert len(refusal.value.request_id) == 32


def test_a_wrong_secret_is_refused(server: Server) -> None:
    client = server.client(secret_key="wrong")
    with pytest.raises(ClientRequestException) as refusal:
        client.show_all_face_sets(m.ShowAllFaceSetsRequest())
    assert refusal.value.status_code == 401
    assert refusal.value.error_code == "APIG.0301"


def test_a_client_without_project_id_finds_it_by_region(server: Server) -> None:
    """``with_region`` makes the SDK look the project up by the region's name first (spec 12.2)."""
    client = server.client_of_region()
    assert client.show_all_face_sets(m.ShowAllFaceSetsRequest()).status_code == 200
