"""Where a mesh lies in the picture, with a stand-in network that finds what is red."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import save

from openfrs.domain.faces import BoundingBox, DetectedFace
from openfrs.engine import face_geometry
from openfrs.engine.align import MEAN_LANDMARKS
from openfrs.engine.face_mesh import BATCH, ENLARGED, FaceMesh
from openfrs.engine.session import Session
from tests.engine.networks import DEPTH, MESH_SIDE, mesh, red_finder


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> FaceMesh:
    path = tmp_path_factory.mktemp("mesh") / "mesh.onnx"
    save(red_finder(), path)
    return FaceMesh(Session(path, threads=1))


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> FaceMesh:
    path = tmp_path_factory.mktemp("mesh") / "mesh.onnx"
    save(mesh(), path)
    return FaceMesh(Session(path, threads=1))


def face(x: float, y: float, side: int, degrees: float = 0.0) -> DetectedFace:
    """A face around a place, turned clockwise."""
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    landmarks = (MEAN_LANDMARKS - 0.5) * side @ turn.T + (x, y)
    corner = round(x + 0.5 - side / 2), round(y + 0.5 - side / 2)
    box = BoundingBox(side, side, *corner)
    return DetectedFace(box, landmarks.astype(np.float32), 0.9)


@given(st.integers(60, 300), st.floats(-180, 180), st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_points_come_back_to_where_they_are_in_the_picture(
    finder: FaceMesh, side: int, degrees: float, right: float, down: float
) -> None:
    image = np.zeros((500, 600, 3), dtype=np.uint8)
    place = (round(300 + right * side), round(250 + down * side))
    cv2.circle(image, place, max(3, side // 20), (255, 0, 0), -1)
    [found] = finder.meshes(image, [face(300, 250, side, degrees)])
    assert found.points.shape == (468, 3)
    assert found.points.dtype == np.float32
    assert found.points[0, :2] == pytest.approx(place, abs=0.3 + side / 300)
    assert found.points[0, 2] == pytest.approx(DEPTH * side * ENLARGED / MESH_SIDE, rel=1e-4)


@given(st.integers(60, 300), st.integers(-100, 100), st.floats(-180, 180))
def test_the_network_sees_half_a_box_more_than_the_box_around_its_middle(
    still: FaceMesh, side: int, shift: int, degrees: float
) -> None:
    # The stand-in puts its landmarks where a mean face in the middle of such a square has them.
    one = face(300 + shift - 0.5, 250 - shift - 0.5, side - side % 2, degrees)
    [found] = still.meshes(np.zeros((500, 600, 3), dtype=np.uint8), [one])
    np.testing.assert_allclose(face_geometry.landmarks(found.points), one.landmarks, atol=1e-2)


def test_the_network_sees_the_face_upright(finder: FaceMesh) -> None:
    # What lies to the right in the chip lies along the line of the eyes in the picture.
    image = np.zeros((500, 600, 3), dtype=np.uint8)
    cv2.circle(image, (300, 250), 10, (255, 0, 0), -1)
    for degrees in (-170.0, -90.0, 0.0, 30.0, 75.0):
        [found] = finder.meshes(image, [face(300, 250, 160, degrees)])
        across, down = found.points[1, :2] - found.points[0, :2]
        assert math.degrees(math.atan2(down, across)) == pytest.approx(degrees, abs=1)


def test_many_faces_have_the_meshes_that_each_has_alone(finder: FaceMesh) -> None:
    image = np.random.default_rng(3).integers(0, 256, (500, 600, 3), dtype=np.uint8)
    faces = [face(100 + 10 * k, 120 + 5 * k, 60 + k, 9 * k) for k in range(BATCH + 3)]
    together = finder.meshes(image, faces)
    assert len(together) == len(faces)
    for one, found in zip(faces, together, strict=True):
        [alone] = finder.meshes(image, [one])
        np.testing.assert_allclose(found.points, alone.points, atol=1e-3)


def test_no_faces_have_no_meshes(finder: FaceMesh) -> None:
    assert finder.meshes(np.zeros((10, 10, 3), dtype=np.uint8), []) == []
