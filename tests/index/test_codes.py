import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from openfrs.index.codes import GREATEST, HEADROOM, CodedRows
from openfrs.index.rotation import turned
from openfrs.index.scanner import ZERO

Rows = NDArray[np.float32]


def coded(rows: Rows, capacity: int = 1000) -> CodedRows:
    made = CodedRows(rows.shape[1])
    made.resize(max(capacity, len(rows)))
    made.cover(rows)
    return made


def decoded(made: CodedRows) -> NDArray[np.float64]:
    numbers = made.codes.astype(np.float64) - ZERO
    return made._centre + float(made._step) * numbers


def check(made: CodedRows, rows: Rows) -> None:
    """The residual bounds what the codes leave, and the error what that makes of any product."""
    assert made.codes.shape == rows.shape
    exactly = rows.astype(np.float64)
    left = turned(exactly) - decoded(made)
    assert np.linalg.norm(left, axis=1).max() <= made._residual
    longest = float(np.linalg.norm(exactly, axis=1).max()) * 1.01 + 1e-20
    probes = [*np.random.default_rng(0).standard_normal((3, rows.shape[1])), rows[0], left[-1]]
    for probe in probes:
        probe32 = np.asarray(probe, np.float32)
        length = float(np.linalg.norm(probe32.astype(np.float64))) * 1.01 + 1e-20
        query = made.query(probe32, length, longest)
        assert np.array_equal(query.weights, np.rint(query.weights))
        assert np.abs(query.weights).max() <= GREATEST
        products = (made.codes.astype(np.float64) - ZERO) @ query.weights
        scores = (exactly * probe32).sum(axis=1)
        assert (scores <= query.offset + query.scale * products + query.error).all()
        assert (scores >= query.offset + query.scale * products - query.error).all()
        for row in range(0, len(rows), 7):
            assert scores[row] <= query.at_most(float(products[row]))
            worse = scores[products <= query.excluded(scores[row])]
            assert (worse < scores[row]).all()
            worse = scores[products <= query.behind(float(products[row]))]
            assert (worse < scores[row]).all()


@pytest.mark.parametrize("scale", [1e-30, 1e-22, 1e-12, 1.0, 1e8, 1e14])
@pytest.mark.parametrize("dimension", [1, 3, 4, 16, 48, 128])
def test_the_bounds_hold_at_any_scale(dimension: int, scale: float) -> None:
    dice = np.random.default_rng(dimension)
    rows = (scale * (dice.standard_normal((150, dimension)) + 3)).astype(np.float32)
    check(coded(rows), rows)


def test_the_bounds_hold_for_rows_of_very_different_lengths() -> None:
    dice = np.random.default_rng(1)
    lengths = 10.0 ** dice.uniform(-25, 8, (200, 1))
    rows = (dice.standard_normal((200, 64)) * lengths).astype(np.float32)
    check(coded(rows), rows)


def test_equal_rows_and_zeros_have_bounds() -> None:
    for value in (0.0, 0.5, -3.0):
        rows = np.full((20, 8), value, np.float32)
        check(coded(rows), rows)


@given(
    changes=st.lists(
        st.tuples(
            st.sampled_from(["add", "replace", "remove"]), st.integers(0, 40), st.floats(-3, 3)
        ),
        max_size=12,
    ),
    dimension=st.sampled_from([3, 16]),
)
def test_codes_stay_true_through_any_changes(
    changes: list[tuple[str, int, float]], dimension: int
) -> None:
    """Rows come, change in place and go; some fit the range that was chosen, some do not."""
    dice = np.random.default_rng(2)
    matrix = np.zeros((1000, dimension), np.float32)
    made = CodedRows(dimension)
    made.resize(16)
    used = 0
    for action, number, exponent in changes:
        size = 10.0**exponent
        if action == "add":
            matrix[used : used + number] = size * dice.standard_normal((number, dimension))
            used += number
            made.resize(used + 1)
            if used:
                made.cover(matrix[:used])
        elif used and action == "replace":
            matrix[number % used] = size * dice.standard_normal(dimension)
            made.replace(number % used, matrix)
        elif used:
            made.move_last(number % used)
            matrix[number % used] = matrix[used - 1]
            used -= 1
            assert not made._codes[used].any()
    if used:
        check(made, matrix[:used])


def test_rows_that_outgrow_the_range_again_and_again_are_coded_again_a_few_times_only() -> None:
    rows = np.random.default_rng(3).standard_normal((1000, 16)).astype(np.float32)
    rows *= np.float32(1.01) ** np.arange(1000, dtype=np.float32)[:, np.newaxis]
    made = coded(rows[:500])
    fits = set()
    for count in range(501, 1001):
        made.cover(rows[:count])
        fits.add(made._fitted)
    assert 2 <= len(fits) <= 10
    check(made, rows)


def test_a_range_that_fits_has_little_headroom_when_there_are_many_more_rows() -> None:
    dice = np.random.default_rng(4)
    rows = dice.standard_normal((4000, 16)).astype(np.float32)
    rows[20:40] *= 10
    made = coded(rows[:20], capacity=4000)
    made.cover(rows[:25])
    assert made._headroom > HEADROOM
    made.cover(rows)
    assert made._headroom == HEADROOM


@pytest.mark.parametrize("dimension", [1, 2, 3, 4, 12, 16, 64, 100, 128, 512])
def test_turning_keeps_products_and_spreads_one_number_over_its_group(dimension: int) -> None:
    dice = np.random.default_rng(5)
    one, other = dice.standard_normal((2, 20, dimension))
    assert np.allclose(turned(one) @ turned(other).T, one @ other.T)
    assert np.allclose(turned(one.astype(np.float32)), turned(one), atol=1e-4)
    group = next(size for size in (64, 16, 4, 1) if dimension % size == 0)
    single = np.eye(1, dimension)
    assert np.isclose(np.abs(turned(single)).max(), group**-0.5)
