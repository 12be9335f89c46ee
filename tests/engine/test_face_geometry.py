"""Contours and smiles of made-up meshes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from openfrs.engine import face_geometry

EYES, FOREHEAD, CHIN = (33, 263), 10, 152
CORNERS, LIPS = (61, 291), (13, 14)


def mouth(width: float, raised: float, open_by: float = 0.0) -> NDArray[np.float32]:
    """A face whose eyes' outer corners are 100 pixels apart, and its mouth in parts of that."""
    points = np.zeros((468, 3), np.float32)
    points[list(EYES), 0] = -50, 50
    points[FOREHEAD, 1], points[CHIN, 1] = -60, 140
    points[list(CORNERS), 0] = -50 * width, 50 * width
    points[list(CORNERS), 1] = 80 - 100 * raised
    points[list(LIPS), 1] = 80 - 50 * open_by, 80 + 50 * open_by
    return points


def placed(points: NDArray[np.float32], degrees: float, scale: float) -> NDArray[np.float32]:
    """The face, turned around the line of sight, enlarged and moved."""
    turn = np.radians(degrees)
    across, down = np.cos(turn), np.sin(turn)
    matrix = np.array([[across, -down, 0], [down, across, 0], [0, 0, 1]])
    return np.asarray(scale * points @ matrix.T + (300, 200, 0), np.float32)


WIDTHS, RAISES = st.floats(0.35, 0.9), st.floats(-0.1, 0.15)


@given(WIDTHS, RAISES, st.floats(0, 0.3), st.floats(0, 0.1))
def test_a_wider_and_higher_mouth_smiles_no_less(
    width: float, raised: float, wider: float, higher: float
) -> None:
    if face_geometry.smile(mouth(width, raised)) == "yes":
        assert face_geometry.smile(mouth(width + wider, raised + higher)) == "yes"


@given(st.floats(-180, 180), st.floats(0.2, 20))
def test_place_size_and_roll_of_a_face_do_not_matter_to_its_smile(
    degrees: float, scale: float
) -> None:
    assert face_geometry.smile(placed(mouth(0.62, 0.05), degrees, scale)) == "yes"
    assert face_geometry.smile(placed(mouth(0.5, 0.0), degrees, scale)) == "none"


def test_a_gaping_mouth_is_no_smile() -> None:
    assert face_geometry.smile(mouth(0.7, 0.05, open_by=0.3)) == "yes"
    assert face_geometry.smile(mouth(0.7, 0.05, open_by=0.5)) == "none"


@given(st.integers(1, 50), st.integers(1, 50), st.floats(-1e4, 1e4), st.integers(0, 100))
def test_contours_lie_inside_the_picture(width: int, height: int, shift: float, seed: int) -> None:
    points = np.random.default_rng(seed).standard_normal((468, 3)) * 40 + shift
    found = face_geometry.landmark(points.astype(np.float32), width, height)
    for contour in (found.eyes, found.mouth, found.face, found.eyebrows, found.nose):
        assert all(0 <= x < width and 0 <= y < height for x, y in contour)


def test_contours_are_the_points_of_their_numbers() -> None:
    points = np.column_stack((np.arange(468), np.arange(468) / 2, np.zeros(468)))
    found = face_geometry.landmark(points.astype(np.float32), 500, 500)
    assert found.face[0] == (10, 5)
    assert found.eyes[16] == (362, 181)
    assert [x for x, _ in found.nose] == list(face_geometry.NOSE)
