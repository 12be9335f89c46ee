"""Comparison of two pictures (spec 3.12)."""

from pathlib import Path
from typing import Any

import pytest

from openfrs.testing import TestService, make_service, picture
from tests.api.calls import GREEN, RED, REDDISH, code_of, text


def compare(service: TestService, **body: Any) -> Any:
    return service.client.post(service.path("face-compare"), json=body)


def test_the_largest_faces_are_compared(service: TestService) -> None:
    answer = compare(service, image1_base64=text(RED, GREEN), image2_base64=text(REDDISH)).json()
    assert set(answer) == {"image1_face", "image2_face", "similarity"}
    box = {"width": 56, "height": 56, "top_left_x": 0, "top_left_y": 0}
    assert answer["image1_face"] == {"bounding_box": box}
    assert answer["image2_face"] == {"bounding_box": box}
    assert 0.93 < answer["similarity"] < 1


def test_identical_pictures_are_alike_and_strangers_are_not(service: TestService) -> None:
    same = compare(service, image1_base64=text(RED), image2_base64=text(RED)).json()
    other = compare(service, image1_base64=text(RED), image2_base64=text(GREEN)).json()
    assert same["similarity"] == 1.0
    assert other["similarity"] < 0.93


def test_the_two_pictures_may_come_in_different_ways(service: TestService) -> None:
    answer = service.client.post(
        service.path("face-compare"),
        data={"image1_base64": text(RED)},
        files={"image2_file": picture(RED)},
    )
    assert answer.json()["similarity"] == 1.0


def test_two_pictures_together_are_bounded_as_one(tmp_path: Path) -> None:
    one = picture(RED)
    with make_service(tmp_path, picture_bytes=2 * len(one) - 1) as small:
        answer = small.client.post(
            small.path("face-compare"), files={"image1_file": one, "image2_file": one}
        )
        assert code_of(answer) == "FRS.0017"
    with make_service(tmp_path / "larger", picture_bytes=2 * len(one)) as large:
        answer = large.client.post(
            large.path("face-compare"), files={"image1_file": one, "image2_file": one}
        )
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"image1_base64": text(RED)}, "FRS.0011"),
        ({"image2_base64": text(RED)}, "FRS.0011"),
        ({"image1_base64": "a", "image1_url": "/b/o", "image2_base64": "a"}, "FRS.0012"),
        ({"image1_base64": text(RED), "image2_base64": text()}, "FRS.0501"),
        ({"image1_base64": text(), "image2_base64": text(RED)}, "FRS.0501"),
        ({"image1_base64": text(RED), "image2_base64": "%"}, "FRS.0015"),
    ],
)
def test_refusals_have_their_codes(service: TestService, body: dict[str, str], code: str) -> None:
    assert code_of(compare(service, **body)) == code


@pytest.mark.parametrize("bad", ["image1", "image2"])
@pytest.mark.parametrize("content", [text(), "%"])
def test_a_refusal_names_the_picture(service: TestService, bad: str, content: str) -> None:
    pictures = {"image1": text(RED), "image2": text(RED)} | {bad: content}
    answer = compare(service, **{f"{name}_base64": sent for name, sent in pictures.items()})
    assert bad in answer.json()["error_msg"]
