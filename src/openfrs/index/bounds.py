"""Bounds of a filter brought to the type of a column, without losing a digit.

A filter may hold integers beyond 64 bits against a column of integers, decimals against integers
(``floor:[1.5 TO *]``) and long integers against doubles. Each is replaced by the nearest bound in
the column's own type that lets the same values through.
"""

import math

from openfrs.domain.query import Range

LEAST_LONG = -(2**63)
GREATEST_LONG = 2**63 - 1


def integer_limits(where: Range) -> tuple[int, int]:
    """The least and the greatest 64-bit integer of a range; it is empty where they cross."""
    low, high = where.low, where.high
    assert not isinstance(low, str)
    assert not isinstance(high, str)
    least, greatest = LEAST_LONG, GREATEST_LONG
    if low is not None:
        least = max(least, math.ceil(low) if where.low_included else math.floor(low) + 1)
    if high is not None:
        greatest = min(greatest, math.floor(high) if where.high_included else math.ceil(high) - 1)
    return least, greatest


def float_at_least(bound: float) -> float:
    """The least double that is not below the bound; Python compares int and float exactly."""
    nearest = _nearest(bound)
    return nearest if nearest >= bound else math.nextafter(nearest, math.inf)


def float_at_most(bound: float) -> float:
    """The greatest double that is not above the bound."""
    nearest = _nearest(bound)
    return nearest if nearest <= bound else math.nextafter(nearest, -math.inf)


def _nearest(bound: float) -> float:
    try:
        return float(bound)
    except OverflowError:
        return math.inf if bound > 0 else -math.inf
