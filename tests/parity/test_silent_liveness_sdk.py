"""The vendor's unmodified Python SDK asks whether a face in a picture is live."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.http.formdata import FormFile
from huaweicloudsdkfrs.v2 import model as m
from PIL import Image as Pillow

from tests.parity.server import Server

pytestmark = [pytest.mark.models, pytest.mark.shared]


def by_base64(server: Server, picture: Path) -> Any:
    data = base64.b64encode(picture.read_bytes()).decode()
    return server.client().detect_live_face_by_base64(
        m.DetectLiveFaceByBase64Request(body=m.LiveDetectFaceBase64Req(image_base64=data))
    )


def test_a_live_face_is_found_three_ways(liveness_server: Server, shared_data: Path) -> None:
    picture = shared_data / "people" / "obama.jpg"
    client = liveness_server.client()
    answers = [
        by_base64(liveness_server, picture),
        client.detect_live_face_by_url(
            m.DetectLiveFaceByUrlRequest(body=m.LiveDetectFaceUrlReq(image_url="/people/obama.jpg"))
        ),
        client.detect_live_face_by_file(
            m.DetectLiveFaceByFileRequest(
                body=m.DetectLiveFaceByFileRequestBody(image_file=FormFile(str(picture)))
            )
        ),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.result.alive is True
        assert 0.5 < answer.result.confidence <= 1
        assert answer.warning_list == []
        assert len(answer.x_request_id) == 32
    assert len({answer.result.confidence for answer in answers}) == 1
    with (
        Pillow.open(io.BytesIO(base64.b64decode(answers[0].result.picture))) as returned,
        Pillow.open(picture) as sent,
    ):
        assert returned.format == "JPEG"
        assert returned.size == sent.size


def test_warnings_have_code_and_message(liveness_server: Server, shared_data: Path) -> None:
    pictures = sorted((shared_data / "dlib-faces").glob("*.jpg"))
    answer = by_base64(liveness_server, next(p for p in pictures if p.name != "dogs.jpg"))
    assert 106 in [warning.warning_code for warning in answer.warning_list]
    assert "The image contains multiple faces." in [
        warning.warning_msg for warning in answer.warning_list
    ]


def test_a_picture_without_a_face_is_refused(liveness_server: Server, shared_data: Path) -> None:
    with pytest.raises(ClientRequestException) as refusal:
        by_base64(liveness_server, shared_data / "dlib-faces" / "dogs.jpg")
    assert refusal.value.status_code == 400
    assert refusal.value.error_code == "FRS.0707"


def test_without_the_liveness_pack_the_refusal_says_what_to_do(
    server: Server, shared_data: Path
) -> None:
    with pytest.raises(ClientRequestException) as refusal:
        by_base64(server, shared_data / "people" / "obama.jpg")
    assert refusal.value.error_code == "FRS.0020"
    assert "openfrs models pull silent-face" in refusal.value.error_msg
