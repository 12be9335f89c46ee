"""Detection and attributes (spec 3.11, 7)."""

from typing import Any

import pytest

from openfrs.testing import TestService, picture
from tests.api.calls import GREEN, RED, code_of, text


def detect(service: TestService, **body: Any) -> Any:
    return service.client.post(service.path("face-detect"), json=body)


def test_every_face_is_found_the_largest_first(service: TestService) -> None:
    faces = detect(service, image_base64=text(GREEN, RED)).json()["faces"]
    assert faces == [
        {"bounding_box": {"width": 56, "height": 56, "top_left_x": 0, "top_left_y": 0}},
        {"bounding_box": {"width": 48, "height": 48, "top_left_x": 64, "top_left_y": 0}},
    ]


def test_a_picture_without_a_face_is_no_error(service: TestService) -> None:
    answer = detect(service, image_base64=text())
    assert (answer.status_code, answer.json()) == (200, {"faces": []})


def test_only_attributes_asked_for_appear(service: TestService) -> None:
    [face] = detect(service, image_base64=text(RED), attributes=" 2, 21 ").json()["faces"]
    assert face["attributes"] == {"age": 200, "face_angle": 0}


def test_what_cannot_be_measured_is_unknown_or_left_out(service: TestService) -> None:
    every = "0,1,2,3,4,5,6,7,8,11,12,13,21"
    [face] = detect(service, image_base64=text(RED), attributes=every).json()["faces"]
    middle = {"point": [{"x": 28, "y": 28}]}
    assert face["attributes"] == {
        "headpose": {"yaw_angle": 40.0, "roll_angle": 0.0, "pitch_angle": 0.0},
        "gender": "male",
        "age": 200,
        "landmark": dict.fromkeys(
            (
                "eyes_contour",
                "mouth_contour",
                "face_contour",
                "eyebrow_contour",
                "nose_contour",
            ),
            middle,
        ),
        "dress": {"glass": "unknown", "hat": "unknown"},
        "smile": "unknown",
        "mask": "unknown",
        "hair": "unknown",
        "beard": "unknown",
        "quality": {
            "total_score": 0.8431,
            "blur": 0.1569,
            "pose": 0.0,
            "occlusion": 0.0,
            "illumination": 0.0,
        },
        "expression": {"type": "unknown", "probability": 0.0},
        "face_angle": 0,
    }


def test_a_form_carries_attributes_too(service: TestService) -> None:
    answer = service.client.post(
        service.path("face-detect"),
        data={"attributes": "1"},
        files={"image_file": ("a.bmp", picture(GREEN, file_format="BMP"))},
    )
    assert answer.json()["faces"][0]["attributes"] == {"gender": "female"}


@pytest.mark.parametrize("codes", ["99", "9", "10", "a", "1,,2", "1;2", "-1"])
def test_unknown_codes_are_refused(service: TestService, codes: str) -> None:
    assert code_of(detect(service, image_base64=text(RED), attributes=codes)) == "FRS.0012"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "FRS.0011"),
        ({"image_base64": "a", "image_url": "b"}, "FRS.0012"),
        ({"image_base64": "aGVsbG8="}, "FRS.0016"),
        ({"attributes": 5, "image_base64": "a"}, "FRS.0012"),
    ],
)
def test_refusals_have_their_codes(
    service: TestService, body: dict[str, object], code: str
) -> None:
    assert code_of(detect(service, **body)) == code
