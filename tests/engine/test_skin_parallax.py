"""Depth that the pictures of a turning face show, whatever the mesh claims."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from openfrs.domain.faces import Image
from openfrs.engine.skin_parallax import LEAST_TURN, SkinParallax

Floats = NDArray[np.float64]

SIDE, FACE = 240, 160
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE].astype(np.float64)
TURN = np.concatenate((np.zeros(3), np.linspace(0, 1, 8), np.ones(3)))


def texture(seed: int) -> Image:
    dice = np.random.default_rng(seed)
    spots = cv2.GaussianBlur(dice.normal(0, 1, (SIDE, SIDE)), (0, 0), 2.5)
    grey = np.clip(128 + 160 * spots / np.abs(spots).max(), 0, 255)
    return np.asarray(grey, dtype=np.uint8)


def nose(x: Floats, y: Floats) -> Floats:
    """Height over the face's plane, both from its middle."""
    return 45 * np.exp(-(x**2) / (2 * 14**2) - y**2 / (2 * 28**2))


def face_points() -> Floats:
    """(468, 3): places all over the face, z smaller where nearer."""
    dice = np.random.default_rng(7)
    x, y = dice.uniform(-FACE / 2, FACE / 2, (2, 468))
    return np.column_stack((x, y, -nose(x, y)))


def turned(points: Floats, degrees: float, *, upwards: bool) -> Floats:
    """As a camera far away sees a head that turns aside, or upwards."""
    a, axis = math.radians(degrees), int(upwards)
    moved = points.copy()
    sign = 1 if upwards else -1
    moved[:, axis] = points[:, axis] * math.cos(a) + sign * points[:, 2] * math.sin(a)
    return moved


def head_seen(skin: Image, degrees: float, *, upwards: bool) -> Image:
    a, sign = math.radians(degrees), 1 if upwards else -1
    x, y = COLUMNS - SIDE / 2, ROWS - SIDE / 2
    seen, other = (y, x) if upwards else (x, y)
    there = seen.copy()
    for _ in range(60):  # the place on the face that is seen there
        height = nose(other, there) if upwards else nose(there, other)
        there = 0.5 * there + 0.5 * (seen + sign * height * math.sin(a)) / math.cos(a)
    return pictured(skin, *((other, there) if upwards else (there, other)))


def sheet_seen(skin: Image, degrees: float, bend: float) -> Image:
    x, y = COLUMNS - SIDE / 2, ROWS - SIDE / 2
    return pictured(skin, x / math.cos(math.radians(degrees)) + bend * x**2 / FACE, y)


def pictured(skin: Image, x: Floats, y: Floats) -> Image:
    across, down = ((place + SIDE / 2).astype(np.float32) for place in (x, y))
    grey = cv2.remap(skin, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.dstack([grey] * 3)


def relief(
    pictures: list[Image], points: list[Floats], yaw: Floats, pitch: Floats, *, quarters: int = 0
) -> float | None:
    """What is found in pictures that are turned clockwise by so many quarters."""
    skin = SkinParallax()
    for picture, places in zip(pictures, points, strict=True):
        flat = (places[:, 0] + 1j * places[:, 1]) * 1j**quarters
        mesh = np.column_stack((flat.real + SIDE / 2, flat.imag + SIDE / 2, places[:, 2]))
        skin.keep(np.ascontiguousarray(np.rot90(picture, -quarters)), mesh.astype(np.float32))
    return skin.relief(yaw, pitch, np.full(len(yaw), 90.0 * quarters))


@pytest.mark.parametrize("upwards", [False, True])
@pytest.mark.parametrize(("degrees", "quarters"), [(-22.0, 0), (14.0, 0), (25.0, 0), (20.0, 1)])
def test_a_head_shows_its_depth(*, degrees: float, quarters: int, upwards: bool) -> None:
    skin, angles, none = texture(1), degrees * TURN, np.zeros(len(TURN))
    found = relief(
        [head_seen(skin, angle, upwards=upwards) for angle in angles],
        [turned(face_points(), angle, upwards=upwards) for angle in angles],
        *((none, angles) if upwards else (angles, none)),
        quarters=quarters,
    )
    assert found == pytest.approx(1.0, abs=0.3)


@given(
    degrees=st.floats(12, 30),
    bend=st.floats(-0.3, 0.3),
    light=st.floats(0.5, 1.2),
    seed=st.integers(0, 100),
)
@settings(max_examples=8, deadline=None)
def test_a_sheet_shows_none_though_the_mesh_claims_a_head(
    degrees: float, bend: float, light: float, seed: int
) -> None:
    skin, angles = texture(seed), degrees * TURN
    pictures = [sheet_seen(skin, angle, bend * n) for angle, n in zip(angles, TURN, strict=True)]
    pictures[-3:] = [np.asarray(picture * light).astype(np.uint8) for picture in pictures[-3:]]
    claimed = [turned(face_points(), angle, upwards=False) for angle in angles]
    found = relief(pictures, claimed, angles, np.zeros(len(angles)))
    assert found == pytest.approx(0.0, abs=0.15)


def test_a_small_turn_says_nothing() -> None:
    skin, angles = texture(1), (LEAST_TURN - 1) * TURN
    pictures = [head_seen(skin, angle, upwards=False) for angle in angles]
    points = [turned(face_points(), angle, upwards=False) for angle in angles]
    assert relief(pictures, points, angles, np.zeros(len(angles))) is None
    assert relief([], [], np.zeros(0), np.zeros(0)) is None


@pytest.mark.parametrize(
    "after", [np.full((SIDE, SIDE, 3), 90, np.uint8), np.dstack([texture(9)] * 3)]
)
def test_pictures_that_do_not_match_say_nothing(after: Image) -> None:
    """No skin to be seen, or something else."""
    angles = np.array([0.0] * 4 + [20.0] * 4)
    pictures = [np.dstack([texture(1)] * 3)] * 4 + [after] * 4
    points = [turned(face_points(), angle, upwards=False) for angle in angles]
    assert relief(pictures, points, angles, np.zeros(len(angles))) is None


def test_a_face_at_the_edge_of_the_picture_is_no_fault() -> None:
    angles = 20 * TURN
    points = [face_points() + np.array([-FACE / 2, 2 * FACE, 0]) for _ in angles]
    pictures = [np.dstack([texture(1)] * 3)] * len(angles)
    found = relief(pictures, points, angles, np.zeros(len(angles)))
    assert found is None or found == pytest.approx(0.0, abs=0.15)
