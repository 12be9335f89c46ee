"""A made-up face, marked by five pixels on a grey square, in pictures turned by quarters."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import save

from openfrs.domain.faces import BoundingBox, DetectedFace, Image
from openfrs.engine.align import MEAN_LANDMARKS
from openfrs.engine.face_mesh import FaceMesh
from openfrs.engine.session import Session
from openfrs.engine.turned_detection import SURE, detect_turned, upright
from tests.engine.networks import mesh

SIDE = 60
MARKS = np.arange(1, 6, dtype=np.uint8) * 50
"""The red of each landmark's pixel."""


@pytest.fixture(scope="module")
def face_mesh(tmp_path_factory: pytest.TempPathFactory) -> FaceMesh:
    path = tmp_path_factory.mktemp("mesh") / "mesh.onnx"
    save(mesh(), path)
    return FaceMesh(Session(path, threads=1))


def portrait(grey: int = 200, moved: int = 0) -> Image:
    """140 by 100 pixels; the face's box is 60 by 60, right of the middle.

    The stand-in mesh believes in bright faces, and that their landmarks have not moved.
    """
    image = np.zeros((100, 140, 3), dtype=np.uint8)
    image[25:85, 70:130] = (0, grey, grey)
    for (x, y), red in zip(np.rint(MEAN_LANDMARKS * SIDE).astype(int), MARKS, strict=True):
        image[25 + y - moved, 70 + x, 0] = red
    return image


def marked(image: Image) -> DetectedFace:
    """The face as it lies in the picture, turned or not."""
    rows, columns = np.nonzero(image[:, :, 1])
    left, top = int(columns.min()), int(rows.min())
    box = BoundingBox(int(columns.max()) + 1 - left, int(rows.max()) + 1 - top, left, top)
    landmarks = [np.argwhere(image[:, :, 0] == red)[0][::-1] for red in MARKS]
    return DetectedFace(box, np.array(landmarks, dtype=np.float32), 0.8)


def detect(image: Image) -> Sequence[DetectedFace]:
    """Sees upright faces only: the first eye is left of the other, above the mouth."""
    face = marked(image)
    eye, other, _, mouth, _ = face.landmarks
    return [face] if eye[0] < other[0] and eye[1] < mouth[1] else []


def turned(image: Image, quarters: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.rot90(image, quarters))


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_face_is_told_as_it_lies_in_the_picture_given(
    face_mesh: FaceMesh, quarters: int
) -> None:
    image = turned(portrait(), quarters)
    assert detect(image) == []
    [face] = detect_turned(detect, face_mesh, image)
    expected = marked(image)
    assert face.bounding_box == expected.bounding_box
    np.testing.assert_allclose(face.landmarks, expected.landmarks, atol=1e-4)
    assert face.detection_score == expected.detection_score


def test_what_the_mesh_does_not_see_is_no_turned_face(face_mesh: FaceMesh) -> None:
    assert detect_turned(detect, face_mesh, turned(portrait(grey=40), 1)) == []


def test_where_the_mesh_sees_it_elsewhere_there_is_no_turned_face(face_mesh: FaceMesh) -> None:
    assert detect_turned(detect, face_mesh, turned(portrait(moved=14), 1)) == []


def test_a_turned_face_must_be_surer_than_what_was_seen_without_turning(
    face_mesh: FaceMesh,
) -> None:
    image = turned(portrait(), 1)
    assert len(detect_turned(detect, face_mesh, image, above=0.79)) == 1
    assert detect_turned(detect, face_mesh, image, above=0.8) == []


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_lying_face_is_not_upright_however_sure(face_mesh: FaceMesh, quarters: int) -> None:
    image = turned(portrait(), quarters)
    face = marked(image)
    sure = DetectedFace(face.bounding_box, face.landmarks, 1.0)
    assert not upright(image, [sure], face_mesh)


def test_a_face_is_upright_where_detector_or_mesh_is_sure(face_mesh: FaceMesh) -> None:
    image = portrait()
    assert upright(image, [marked(image)], face_mesh)
    assert not upright(image, [], face_mesh)
    image = portrait(grey=40)
    face = marked(image)
    assert not upright(image, [face], face_mesh)
    assert upright(image, [DetectedFace(face.bounding_box, face.landmarks, SURE)], face_mesh)
