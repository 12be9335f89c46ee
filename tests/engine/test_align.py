import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from openfrs.engine.align import (
    MEAN_LANDMARKS,
    MEAN_POINTS,
    chip,
    clockwise_angle,
    similarity_transform,
    square,
)

angles = st.floats(-3.1, 3.1)
scales = st.floats(0.1, 10)
shifts = st.tuples(st.floats(-50, 50), st.floats(-50, 50))


def turned(
    points: NDArray[np.float64], angle: float, scale: float, shift: tuple[float, float]
) -> NDArray[np.float64]:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(points @ turn.T * scale + shift)


@given(angles, scales, shifts)
def test_a_similarity_is_found_again(
    angle: float, scale: float, shift: tuple[float, float]
) -> None:
    matrix = similarity_transform(MEAN_POINTS, turned(MEAN_POINTS, angle, scale, shift))
    expected = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(matrix, np.column_stack((expected, shift)), atol=1e-6)


def test_no_other_similarity_lies_nearer() -> None:
    dice = np.random.default_rng(1)
    source, target = dice.normal(size=(5, 2)), dice.normal(size=(5, 2))
    best = similarity_transform(source, target)

    def distance(matrix: NDArray[np.float64]) -> float:
        return float(((source @ matrix[:, :2].T + matrix[:, 2] - target) ** 2).sum())

    a, b, x, y = best[0, 0], best[1, 0], best[0, 2], best[1, 2]
    for _ in range(200):
        p, q, r, s = np.array([a, b, x, y]) + dice.normal(0, 0.05, 4)
        assert distance(np.array([[p, -q, r], [q, p, s]])) >= distance(best)


def test_points_that_are_all_one_are_only_shifted() -> None:
    matrix = similarity_transform(np.full((5, 2), 3.0), np.full((5, 2), 10.0))
    np.testing.assert_allclose(matrix, [[1, 0, 7], [0, 1, 7]])


@given(angles, scales, shifts)
def test_the_square_of_a_mean_face_is_where_the_face_is(
    angle: float, scale: float, shift: tuple[float, float]
) -> None:
    frame = square(turned(MEAN_LANDMARKS, angle, scale, shift))
    corner = frame @ [1, 1, 1]
    expected = turned(np.array([[1.0, 1.0]]), angle, scale, shift)[0]
    np.testing.assert_allclose(corner, expected, atol=1e-5)


@pytest.mark.parametrize("degrees", [-170, -90, -30, 0, 45, 90, 179])
def test_the_angle_is_counted_clockwise(degrees: int) -> None:
    landmarks = turned(MEAN_LANDMARKS, np.radians(degrees), 50, (100, 100))
    assert clockwise_angle(landmarks) == pytest.approx(degrees, abs=1e-6)


def test_a_face_lying_on_its_right_side_is_turned_by_90() -> None:
    # The eyes are on the right of the picture, the left one above: the head points to the right.
    landmarks = np.array([[80.0, 30], [80, 70], [60, 50], [30, 30], [30, 70]])
    assert clockwise_angle(landmarks) == pytest.approx(90, abs=1)


def test_a_chip_shows_each_point_where_the_mean_face_has_it() -> None:
    size, padding = 150, 0.25
    places = turned(MEAN_POINTS, 0.4, 180, (210, 120))
    image = np.zeros((500, 500, 3), dtype=np.uint8)
    for x, y in places:
        cv2.circle(image, (round(float(x)), round(float(y))), 4, (255, 255, 255), -1)
    made = chip(image, places, size=size, padding=padding)
    assert made.shape == (size, size, 3)
    for x, y in (MEAN_POINTS + padding) / (1 + 2 * padding) * size:
        assert made[round(float(y)), round(float(x))].min() > 200
    assert (made > 128).mean() < 0.02


def test_what_lies_outside_the_picture_is_black() -> None:
    image = np.full((40, 40, 3), 200, dtype=np.uint8)
    made = chip(image, MEAN_POINTS * 40 + [20.0, 20.0], size=60, padding=0.25)
    assert (made[:10, :10] == 200).all()
    assert (made[-10:, -10:] == 0).all()


@pytest.mark.parametrize("factor", [2.3, 4.6, 6.5, 14.9])
def test_a_large_face_is_averaged_and_not_sampled(factor: float) -> None:
    stripes = np.zeros((1600, 1600, 3), dtype=np.uint8)
    stripes[::2] = 255
    side = 60 / 1.5 * factor
    made = chip(stripes, MEAN_POINTS * side + 300.0, size=60, padding=0.25)
    np.testing.assert_allclose(made, 128, atol=2)


def test_shrinking_moves_nothing() -> None:
    # A smooth picture looks the same whether it is averaged first or not.
    y, x = np.mgrid[0:900, 0:900]
    image = np.repeat((x * 0.15 + y * 0.1)[:, :, None], 3, axis=2).astype(np.uint8)
    places = turned(MEAN_POINTS, 0.3, 420, (230, 150))
    made = chip(image, places, size=60, padding=0.25)
    matrix = similarity_transform((MEAN_POINTS + 0.25) / 1.5 * 60 - 0.5, places)
    for row, column in ((5, 5), (30, 30), (10, 50), (54, 20)):
        at = matrix @ [column, row, 1]
        assert made[row, column, 0] == pytest.approx(at[0] * 0.15 + at[1] * 0.1, abs=1.5)


def test_a_face_far_outside_the_picture_is_black() -> None:
    image = np.full((40, 40, 3), 200, dtype=np.uint8)
    assert (chip(image, MEAN_POINTS * 400 + 5000.0, size=60, padding=0.25) == 0).all()
