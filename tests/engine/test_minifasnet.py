"""What the networks of a liveness pack get to see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.domain.faces import BoundingBox
from openfrs.engine.minifasnet import SIDE, crop

# A picture whose red says the column and whose green says the row.
WIDTH, HEIGHT = 240, 200
PLACES = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
PLACES[..., 0] = np.arange(WIDTH)[None]
PLACES[..., 1] = np.arange(HEIGHT)[:, None]


def seen(box: BoundingBox, enlarged: float) -> tuple[float, float, float, float]:
    """Left, top, width and height of what the crop shows."""
    found = crop(PLACES, box, enlarged).astype(float)
    step_x = (found[0, -1, 0] - found[0, 0, 0]) / (SIDE - 1)
    step_y = (found[-1, 0, 1] - found[0, 0, 1]) / (SIDE - 1)
    return (
        found[0, 0, 0] - step_x / 2 + 0.5,
        found[0, 0, 1] - step_y / 2 + 0.5,
        step_x * SIDE,
        step_y * SIDE,
    )


def test_the_box_grows_about_its_middle() -> None:
    assert seen(BoundingBox(20, 30, 100, 80), 2.7) == pytest.approx((83, 54.5, 54, 81), abs=1.5)


def test_a_crop_that_would_leave_the_picture_is_shifted_inside() -> None:
    assert seen(BoundingBox(20, 20, 0, 0), 4.0) == pytest.approx((0, 0, 80, 80), abs=1.5)
    right, bottom = WIDTH - 20, HEIGHT - 20
    assert seen(BoundingBox(20, 20, right, bottom), 4.0) == pytest.approx(
        (WIDTH - 80, HEIGHT - 80, 80, 80), abs=1.5
    )


def test_the_box_grows_no_further_than_the_picture() -> None:
    # 100 of 200 rows: twice is all there is, and the shape of the box stays.
    assert seen(BoundingBox(80, 100, 100, 60), 4.0) == pytest.approx((60, 0, 160, 200), abs=2)


def test_a_face_that_fills_the_picture_is_seen_as_it_is() -> None:
    assert seen(BoundingBox(WIDTH, HEIGHT, 0, 0), 2.7) == pytest.approx(
        (0, 0, WIDTH, HEIGHT), abs=3
    )


@given(
    left=st.integers(0, WIDTH - 1),
    top=st.integers(0, HEIGHT - 1),
    data=st.data(),
    enlarged=st.floats(1, 6),
)
def test_every_box_gives_a_crop(left: int, top: int, data: st.DataObject, enlarged: float) -> None:
    width = data.draw(st.integers(1, WIDTH - left))
    height = data.draw(st.integers(1, HEIGHT - top))
    found = crop(PLACES, BoundingBox(width, height, left, top), enlarged)
    assert found.shape == (SIDE, SIDE, 3)
    # The middle of the face is in sight.
    assert found[..., 0].min() <= left + width / 2 <= found[..., 0].max() + 1
    assert found[..., 1].min() <= top + height / 2 <= found[..., 1].max() + 1
