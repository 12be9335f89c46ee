"""The passive liveness check on the wire (spec 3.14, 8.2)."""

import io
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from openfrs.domain.attributes import Attribute, Attributes, HeadPose
from openfrs.domain.faces import DetectedFace, Image
from openfrs.domain.quality import Quality
from openfrs.testing import FakeEngine, FakeLiveness, TestService, make_service, picture
from tests.api.calls import code_of, text

LIVE, ATTACK = (40, 200, 20), (200, 40, 20)
LARGE = 160
"""The fake face in a picture of that size is large enough to be judged without a warning."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TestService]:
    with make_service(tmp_path, liveness=FakeLiveness()) as running:
        yield running


def live(service: TestService, data: bytes, version: str = "v1") -> Any:
    return service.client.post(
        service.path("live-detect-face", version), files={"image_file": data}
    )


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_live_face_is_alive(service: TestService, version: str) -> None:
    answer = live(service, picture(LIVE, size=LARGE), version)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"result", "warning-list"}
    assert set(body["result"]) == {"alive", "confidence", "picture"}
    assert body["result"]["alive"] is True
    assert body["result"]["confidence"] == round(200 / 255, 6)
    assert body["warning-list"] == []


def test_an_attack_is_not(service: TestService) -> None:
    result = live(service, picture(ATTACK, size=LARGE)).json()["result"]
    assert result["alive"] is False
    assert result["confidence"] == round(40 / 255, 6)


def test_the_picture_comes_back_whole_and_upright_as_a_jpeg(service: TestService) -> None:
    pixels = np.zeros((120, 200, 3), np.uint8)
    pixels[10:110, 20:80] = (200, 40, 40)
    pixels[10:30, 20:80] = (0, 0, 0)
    file = io.BytesIO()
    # Orientation 6: the camera was turned, and the picture is to be shown turned to the right.
    exif = Pillow.Exif()
    exif[0x0112] = 6
    Pillow.fromarray(np.ascontiguousarray(np.rot90(pixels))).save(file, "PNG", exif=exif)
    result = live(service, file.getvalue()).json()["result"]
    with Pillow.open(io.BytesIO(b64decode(result["picture"], validate=True))) as found:
        assert found.format == "JPEG"
        assert found.mode == "RGB"
        assert np.abs(np.asarray(found).astype(int) - pixels).mean() < 4


def test_a_picture_comes_in_three_ways(tmp_path: Path) -> None:
    bucket = tmp_path / "bucket"
    bucket.mkdir()
    (bucket / "face.png").write_bytes(picture(LIVE))
    settings: dict[str, Any] = {"image_url_buckets": [f"bucket={bucket}"]}
    with make_service(tmp_path / "data", liveness=FakeLiveness(), **settings) as service:
        path = service.path("live-detect-face")
        answers = [
            service.client.post(path, json={"image_base64": text(LIVE)}).json(),
            service.client.post(path, json={"image_url": "/bucket/face.png"}).json(),
            live(service, picture(LIVE)).json(),
        ]
    assert answers[0]["result"]["alive"] is True
    assert answers[0] == answers[1] == answers[2]


def test_of_several_faces_the_largest_is_judged_with_a_warning(service: TestService) -> None:
    body = live(service, picture(LIVE, ATTACK, size=LARGE)).json()
    assert body["result"]["alive"] is True
    assert body["warning-list"] == [
        {"warningCode": 106, "warningMsg": "The image contains multiple faces."}
    ]
    assert live(service, picture(ATTACK, LIVE, size=LARGE)).json()["result"]["alive"] is False


def test_several_faces_may_be_refused(tmp_path: Path) -> None:
    with make_service(tmp_path, liveness=FakeLiveness(), liveness_faces="single") as service:
        assert code_of(live(service, picture(LIVE, ATTACK))) == "FRS.0709"
        assert live(service, picture(LIVE)).json()["result"]["alive"] is True


@pytest.mark.parametrize(("threshold", "alive"), [(0.78, True), (0.79, False), (0, True)])
def test_the_threshold_is_a_setting(tmp_path: Path, threshold: float, alive: bool) -> None:  # noqa: FBT001
    with make_service(tmp_path, liveness=FakeLiveness(), liveness_threshold=threshold) as service:
        assert live(service, picture(LIVE)).json()["result"]["alive"] is alive


class FaultyEngine(FakeEngine):
    """Finds one fault of each kind in every face."""

    def attributes(
        self, image: Image, faces: Sequence[DetectedFace], wanted: frozenset[Attribute]
    ) -> Sequence[Attributes]:
        found = super().attributes(image, faces, wanted)
        quality, pose = Quality(0.0, 1.0, 1.0, 1.0, 1.0), HeadPose(80, 0, 0)
        return [
            replace(
                one,
                quality=quality if Attribute.QUALITY in wanted else None,
                head_pose=pose if Attribute.HEAD_POSE in wanted else None,
            )
            for one in found
        ]


def test_every_fault_is_warned_of_in_the_order_of_the_codes(tmp_path: Path) -> None:
    with make_service(tmp_path, engine=FaultyEngine(), liveness=FakeLiveness()) as service:
        warnings = live(service, picture(LIVE, ATTACK)).json()["warning-list"]
    assert [one["warningCode"] for one in warnings] == [101, 102, 103, 104, 105, 106]
    assert all(set(one) == {"warningCode", "warningMsg"} for one in warnings)
    assert warnings[1]["warningMsg"] == "The face is blurred."


def test_without_the_models_the_refusal_says_how_to_install_them(tmp_path: Path) -> None:
    with make_service(tmp_path) as service:
        answer = live(service, picture(LIVE))
    assert answer.status_code == 400
    assert code_of(answer) == "FRS.0020"
    assert "openfrs models pull silent-face" in answer.json()["error_msg"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "FRS.0011"),
        ({"image_base64": "a", "image_url": "b"}, "FRS.0012"),
        ({"image_base64": "%"}, "FRS.0015"),
        ({"image_base64": "aGVsbG8="}, "FRS.0016"),
        ({"image_base64": text()}, "FRS.0707"),
        ({"image_base64": "a" * ((8 << 20) + 1)}, "FRS.0017"),
        ({"image_url": "/bucket/none.png"}, "FRS.0022"),
    ],
)
def test_refusals_have_their_codes(
    service: TestService, body: dict[str, object], code: str
) -> None:
    answer = service.client.post(service.path("live-detect-face"), json=body)
    assert code_of(answer) == code
    assert set(answer.json()) == {"error_code", "error_msg"}
