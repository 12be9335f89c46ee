"""A frame around the face is seen; lines on some sides of it are none."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openfrs.domain.faces import BoundingBox, Image
from openfrs.engine.screen_frame import frame
from openfrs.engine.silent_liveness import FRAME
from tests.engine.test_moire import scene

BOX = BoundingBox(width=160, height=200, top_left_x=240, top_left_y=140)
QUIET, SURE = FRAME
OUTER, INNER = (150, 60, 490, 420), (170, 80, 470, 400)
"""Left, top, right, bottom of a device and of its screen."""

SIDES = {
    "left": (150, 60, 170, 420),
    "top": (150, 60, 490, 80),
    "right": (470, 60, 490, 420),
    "bottom": (150, 400, 490, 420),
}


def darkened(picture: Image, *bars: tuple[int, int, int, int]) -> Image:
    """With dark bars that keep the camera's noise."""
    picture = picture.copy()
    for left, top, right, bottom in bars:
        picture[top:bottom, left:right] = picture[top:bottom, left:right] // 6
    return picture


def turned(picture: Image, degrees: float) -> Image:
    matrix = cv2.getRotationMatrix2D((320, 240), degrees, 1)
    moved = cv2.warpAffine(picture, matrix, (640, 480), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, np.uint8)


def test_a_device_around_the_face_is_a_frame() -> None:
    assert frame(darkened(scene(), *SIDES.values()), BOX) > SURE


@pytest.mark.parametrize("degrees", [-6, -3, 2, 6])
def test_a_device_held_askew_is_a_frame(degrees: float) -> None:
    assert frame(turned(darkened(scene(), *SIDES.values()), degrees), BOX) > QUIET


@pytest.mark.parametrize("size", [0.4, 1.0, 3.0])
def test_the_size_of_the_picture_does_not_matter(size: float) -> None:
    picture = darkened(scene(), *SIDES.values())
    scaled = np.asarray(cv2.resize(picture, None, fx=size, fy=size), np.uint8)
    box = BoundingBox(*(round(value * size) for value in (160, 200, 240, 140)))
    assert frame(scaled, box) > SURE


@pytest.mark.parametrize("missing", SIDES)
def test_three_sides_are_no_frame(missing: str) -> None:
    bars = [bar for side, bar in SIDES.items() if side != missing]
    assert frame(darkened(scene(), *bars), BOX) < QUIET


def test_a_frame_that_does_not_go_round_the_face_is_none() -> None:
    beside = BoundingBox(100, 120, 10, 200)
    assert frame(darkened(scene(), *SIDES.values()), beside) < QUIET


@given(seed=st.integers(0, 1000), noise=st.floats(0.5, 20))
@settings(max_examples=30, deadline=None)
def test_textures_and_noise_are_no_frame(seed: int, noise: float) -> None:
    assert frame(scene(seed, noise), BOX) < QUIET


def test_a_border_that_a_program_drew_is_none() -> None:
    left, top, right, bottom = INNER
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[top:bottom, left:right] = scene()[top:bottom, left:right]
    assert frame(picture, BOX) < QUIET


@pytest.mark.parametrize("box", [(640, 480, 0, 0), (160, 200, 0, 140), (1, 1, 639, 479)])
def test_a_face_without_room_around_it_has_no_frame(box: tuple[int, int, int, int]) -> None:
    assert frame(darkened(scene(), *SIDES.values()), BoundingBox(*box)) == 0
