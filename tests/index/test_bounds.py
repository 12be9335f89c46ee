import math
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from openfrs.domain.query import Range
from openfrs.index.bounds import float_at_least, float_at_most, integer_limits

WHOLE = st.integers(-(10**40), 10**40) | st.integers(-(2**64), 2**64)
DECIMAL = st.floats(allow_nan=False, allow_infinity=False)


@given(WHOLE | DECIMAL)
def test_no_double_lies_between_a_bound_and_its_double(bound: float) -> None:
    above, below = float_at_least(bound), float_at_most(bound)
    assert Fraction(below) <= Fraction(bound) <= Fraction(above)
    assert above in (below, math.nextafter(below, math.inf))


def test_a_bound_beyond_every_double_lets_all_or_nothing_through() -> None:
    assert float_at_least(10**400) == math.inf
    assert float_at_most(-(10**400)) == -math.inf
    assert math.isfinite(float_at_most(10**400))
    assert math.isfinite(float_at_least(-(10**400)))


@given(
    low=st.none() | WHOLE | DECIMAL,
    high=st.none() | WHOLE | DECIMAL,
    low_included=st.booleans(),
    high_included=st.booleans(),
    data=st.data(),
)
def test_integer_limits_let_the_same_integers_through(
    *,
    low: float | None,
    high: float | None,
    low_included: bool,
    high_included: bool,
    data: st.DataObject,
) -> None:
    least, greatest = integer_limits(Range("x", low, high, low_included, high_included))
    near = [int(end) + step for end in (low, high) if end is not None for step in (-1, 0, 1)]
    near = [value for value in near if -(2**63) <= value < 2**63]
    value = data.draw(st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, *near]))
    above = low is None or (low <= value if low_included else low < value)
    below = high is None or (value <= high if high_included else value < high)
    assert (least <= value <= greatest) == (above and below)
