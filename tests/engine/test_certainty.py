import numpy as np
import pytest

from openfrs.domain.faces import BoundingBox, DetectedFace
from openfrs.engine.align import MEAN_LANDMARKS
from openfrs.engine.certainty import FACE, GREY, SIDE, chips

SKIN = (200, 120, 80)


def face(left: float, top: float, side: float, *, turned: bool = False) -> DetectedFace:
    """A face whose square from the eyebrows to the chin has that corner and side."""
    landmarks = MEAN_LANDMARKS * side + (left, top) - 0.5
    if turned:  # on its head
        landmarks = 2 * np.array([left + side / 2, top + side / 2]) - 1 - landmarks
    return DetectedFace(BoundingBox(1, 1, 0, 0), landmarks.astype(np.float32), 1.0)


@pytest.mark.parametrize("side", [FACE // 2, FACE, 5 * FACE])
def test_faces_have_the_same_size_and_place_whatever_theirs_in_the_picture(side: int) -> None:
    page = np.zeros((7 * FACE, 7 * FACE, 3), np.uint8)
    page[40 : 40 + side, 30 : 30 + side] = SKIN
    [chip] = chips(page, [face(30, 40, side)])
    assert chip.shape == (SIDE, SIDE, 3)
    rows, columns = np.nonzero(chip[..., 0] > GREY[0] + 10)
    first, last = (SIDE - FACE) // 2, (SIDE + FACE) // 2 - 1
    for places in (rows, columns):
        assert abs(places.min() - first) <= 2
        assert abs(places.max() - last) <= 2


def test_a_turned_face_is_upright() -> None:
    page = np.zeros((200, 200, 3), np.uint8)
    page[100 : 100 + FACE // 2, 100 : 100 + FACE] = SKIN  # the chin's half
    page[100 + FACE // 2 : 100 + FACE, 100 : 100 + FACE] = 90  # the forehead's
    [chip] = chips(page, [face(100, 100, FACE, turned=True)])
    middle = SIDE // 2
    assert chip[middle - FACE // 4, middle].tolist() == [90, 90, 90]
    assert chip[middle + FACE // 4, middle].tolist() == list(SKIN)


def test_beyond_the_picture_is_grey() -> None:
    [chip] = chips(np.zeros((FACE, FACE, 3), np.uint8), [face(0, 0, FACE)])
    assert tuple(chip[0, 0].tolist()) == GREY
    assert chip[SIDE // 2, SIDE // 2].tolist() == [0, 0, 0]
