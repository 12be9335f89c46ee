"""Calibration against spec 11: rising, in 0..1, 1 for the same picture."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.domain.scores import Calibration

PLAIN = Calibration(((-1.0, 0.0), (0.0, 0.1), (0.5, 0.93), (0.8, 0.99), (1.0, 1.0)))
scores = st.floats(-1, 1)


@st.composite
def calibrations(draw: st.DrawFn) -> Calibration:
    inner = draw(st.integers(0, 6))
    xs = draw(st.sets(st.floats(-0.99, 0.99), min_size=inner, max_size=inner))
    ys = draw(st.sets(st.floats(0.01, 0.99), min_size=inner, max_size=inner))
    points = zip(sorted(xs), sorted(ys), strict=True)
    return Calibration(((-1.0, 0.0), *points, (1.0, 1.0)))


@given(calibrations(), scores, scores)
def test_a_better_score_is_never_less_similar(
    calibration: Calibration, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert calibration.similarity(low) <= calibration.similarity(high)


@given(calibrations(), scores)
def test_similarity_lies_in_0_to_1_with_six_digits(calibration: Calibration, score: float) -> None:
    similarity = calibration.similarity(score)
    assert 0.0 <= similarity <= 1.0
    assert round(similarity, 6) == similarity
    assert type(similarity) is float


@given(calibrations())
def test_the_ends_are_0_and_1(calibration: Calibration) -> None:
    assert calibration.similarity(-1.0) == 0.0
    assert calibration.similarity(1.0) == 1.0


@given(calibrations())
def test_each_point_is_met(calibration: Calibration) -> None:
    for score, similarity in calibration.points:
        assert calibration.similarity(score) == round(similarity, 6)


def test_between_two_points_the_map_is_a_line() -> None:
    assert PLAIN.similarity(0.25) == 0.515
    assert PLAIN.similarity(0.65) == 0.96


@pytest.mark.parametrize("score", [1.0000002, -1.0000002, 2.0, -2.0])
def test_a_score_beyond_the_range_is_clamped_into_it(score: float) -> None:
    assert PLAIN.similarity(score) == (1.0 if score > 0 else 0.0)


@given(st.lists(st.floats(-1, 1, width=32), min_size=128, max_size=128).filter(any))
def test_a_template_compared_with_itself_has_similarity_1(numbers: list[float]) -> None:
    vector = np.array(numbers, np.float64)
    unit = (vector / np.linalg.norm(vector)).astype(np.float32)
    assert PLAIN.similarity(float(unit @ unit)) == 1.0


def test_a_numpy_score_gives_a_plain_float() -> None:
    assert type(PLAIN.similarity(float(np.float32(0.5)))) is float


@pytest.mark.parametrize(
    "points",
    [
        ((-1.0, 0.0), (0.0, 0.5)),
        ((0.0, 0.0), (1.0, 1.0)),
        ((-1.0, 0.1), (1.0, 1.0)),
        ((-1.0, 0.0), (1.0, 0.9)),
        ((-1.0, 0.0),),
        ((-1.0, 0.0), (0.5, 0.5), (0.5, 0.6), (1.0, 1.0)),
        ((-1.0, 0.0), (0.4, 0.5), (0.5, 0.5), (1.0, 1.0)),
        ((-1.0, 0.0), (0.5, 0.4), (0.4, 0.5), (1.0, 1.0)),
        ((-1.0, 0.0), (0.4, 0.5), (0.5, 0.4), (1.0, 1.0)),
        ((-1.0, 0.0), (0.5, 1.0), (1.0, 1.0)),
        ((-1.0, 0.0), (2.0, 0.5), (1.0, 1.0)),
    ],
)
def test_points_that_do_not_rise_over_the_whole_range_are_refused(
    points: tuple[tuple[float, float], ...],
) -> None:
    with pytest.raises(ValueError, match="calibration"):
        Calibration(points)


@pytest.mark.parametrize("where", [(math.nan, 0.5), (0.5, math.nan)])
def test_a_point_that_is_no_number_is_refused(where: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="calibration"):
        Calibration(((-1.0, 0.0), where, (1.0, 1.0)))


@pytest.mark.parametrize(
    "rates",
    [
        ((0.3, 0.5), (0.3, 0.1)),
        ((0.3, 0.5), (0.6, 0.5)),
        ((0.6, 0.1), (0.3, 0.5)),
        ((0.3, 0.0),),
        ((0.3, 1.5),),
        ((1.1, 0.5),),
        ((0.3, math.nan),),
    ],
)
def test_rates_that_do_not_fall_are_refused(rates: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValueError, match="rates"):
        Calibration(PLAIN.points, rates)


def test_no_points_are_refused() -> None:
    with pytest.raises(ValueError, match="calibration"):
        Calibration(())
