"""The values that layers pass about."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.domain.faces import BoundingBox, DetectedFace, largest


def face(width: int, height: int, score: float = 0.9) -> DetectedFace:
    return DetectedFace(BoundingBox(width, height, 0, 0), np.zeros((5, 2), np.float32), score)


def test_largest_of_no_faces_is_none() -> None:
    assert largest([]) is None


def test_largest_goes_by_area_and_not_by_side_or_score() -> None:
    tall, square, small = face(10, 90, 0.7), face(40, 40, 0.5), face(5, 5, 0.99)
    assert largest([tall, square, small]) is square


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), min_size=1))
def test_largest_is_the_first_of_the_greatest_area(sides: list[tuple[int, int]]) -> None:
    faces = [face(width, height) for width, height in sides]
    areas = [width * height for width, height in sides]
    assert largest(faces) is faces[areas.index(max(areas))]


def test_area_is_width_times_height() -> None:
    assert BoundingBox(width=3, height=7, top_left_x=100, top_left_y=200).area == 21


def test_a_box_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        BoundingBox(1, 2, 3, 4).width = 5  # type: ignore[misc]


def test_overlap_is_intersection_over_union() -> None:
    box = BoundingBox(100, 100, 0, 0)
    assert box.overlap(box) == 1
    assert box.overlap(BoundingBox(100, 100, 300, 300)) == 0
    assert box.overlap(BoundingBox(100, 100, 50, 0)) == pytest.approx(1 / 3)
