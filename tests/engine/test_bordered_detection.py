"""A made-up face that fills more than the picture."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from onnx import save

from openfrs.domain.faces import BoundingBox, DetectedFace, Image
from openfrs.engine.align import MEAN_LANDMARKS
from openfrs.engine.bordered_detection import GREY, LONG_SIDE, detect_bordered
from openfrs.engine.face_mesh import FaceMesh
from openfrs.engine.session import Session
from tests.engine.networks import mesh


@pytest.fixture(scope="module")
def face_mesh(tmp_path_factory: pytest.TempPathFactory) -> FaceMesh:
    path = tmp_path_factory.mktemp("mesh") / "mesh.onnx"
    save(mesh(), path)
    return FaceMesh(Session(path, threads=1))


def crop(width: int = 60, height: int = 60, green: int = 220) -> Image:
    """Green and blue, which the stand-in mesh takes for a face."""
    image = np.zeros((height, width, 3), dtype=np.uint8)
    image[..., 1:] = green
    return image


def detector(larger: float, moved: float = 0.0) -> Callable[[Image], Sequence[DetectedFace]]:
    """Sees what is not grey where there is grey around it: a face by so many times as large.

    Its landmarks are moved by that part of its size.
    """

    def detect(page: Image) -> Sequence[DetectedFace]:
        assert (page[0, 0] == GREY).all()
        rows, columns = np.nonzero((page != GREY).any(axis=2))
        left, top = columns.min(), rows.min()
        width, height = columns.max() + 1 - left, rows.max() + 1 - top
        size = np.array([width, height]) * larger
        first = np.array([left + width / 2, top + height / 2]) - size / 2
        box = [*np.rint(size).astype(int).tolist(), *np.rint(first).astype(int).tolist()]
        landmarks = first + (MEAN_LANDMARKS + moved) * size - 0.5
        return [DetectedFace(BoundingBox(*box), landmarks.astype(np.float32), 0.8)]

    return detect


@pytest.mark.parametrize(("width", "height"), [(60, 60), (61, 45), (LONG_SIDE * 4, LONG_SIDE * 3)])
def test_a_face_larger_than_the_picture_is_told_within_it(
    face_mesh: FaceMesh, width: int, height: int
) -> None:
    [face] = detect_bordered(detector(1.2), face_mesh, crop(width, height))
    assert face.bounding_box == BoundingBox(width, height, 0, 0)
    size = np.array([width, height]) * 1.2
    expected = MEAN_LANDMARKS * size - size / 12 - 0.5
    np.testing.assert_allclose(face.landmarks, expected, atol=0.02 * max(width, height))
    assert face.detection_score == 0.8


def test_a_face_that_fills_less_than_the_picture_keeps_its_box(face_mesh: FaceMesh) -> None:
    [face] = detect_bordered(detector(0.8), face_mesh, crop(100, 100))
    assert face.bounding_box == BoundingBox(80, 80, 10, 10)
    assert detect_bordered(detector(0.5), face_mesh, crop(100, 100)) == []


def test_what_the_mesh_does_not_see_there_is_no_face(face_mesh: FaceMesh) -> None:
    assert detect_bordered(detector(0.7), face_mesh, crop(100, 100, green=20)) == []
    assert len(detect_bordered(detector(0.7), face_mesh, crop(100, 100))) == 1
    assert detect_bordered(detector(1.2, moved=0.2), face_mesh, crop()) == []


def test_where_nothing_is_found_there_is_nothing(face_mesh: FaceMesh) -> None:
    assert detect_bordered(lambda _: [], face_mesh, crop()) == []
