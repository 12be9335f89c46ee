"""The columns of numbers and booleans: one field of every face, by slot, in the field's own type.

A column turns a term of a filter into a test, once a query; the test is then asked block by block.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.fields import FieldValue
from openfrs.domain.query import Range
from openfrs.index.bounds import float_at_least, float_at_most, integer_limits

Mask = NDArray[np.bool_]
Row = TypeVar("Row", bound=np.generic)

Values = Sequence[FieldValue | None]
"""Of several faces; None for one that lacks the field."""

Test = Callable[[int, int], Mask | bool]
"""Which slots of ``start`` to ``stop`` match: a mask, the caller's to change, or all or none."""


class Column(Protocol):
    """One field of every face, by slot. Slots that were never written hold nothing."""

    def fill(self, first: int, values: Values) -> None:
        """Sets the values of slots that were never written, from ``first`` on."""

    def put(self, slot: int, value: FieldValue | None) -> None:
        """Sets the value of a slot; None where the face lacks the field."""

    def values(self, slots: NDArray[np.intp]) -> list[FieldValue | None]:
        """What each slot holds; None where the face lacks the field."""

    def move(self, source: int, target: int) -> None:
        """Gives the value of one slot to another, which holds nothing, and takes it from there."""

    def resize(self, capacity: int) -> None:
        """Makes room for slots below ``capacity``; none beyond holds a value."""

    def equals(self, value: FieldValue, used: int) -> Test:
        """Tests for this value, of slots below ``used``."""

    def between(self, where: Range, used: int) -> Test:
        """Tests for values in the range, of slots below ``used``."""

    @property
    def slot_bytes(self) -> int:
        """Memory that each slot takes."""

    @property
    def shared_bytes(self) -> int:
        """Memory beside that of the slots."""


class IntegerColumn:
    """Integers of 32 or 64 bits, exact against bounds of any size and against decimal bounds."""

    shared_bytes = 0

    def __init__(self, bits: int) -> None:
        self._values: NDArray[Any] = np.zeros(0, f"i{bits // 8}")
        self._held: Mask = np.zeros(0, np.bool_)
        self._holders = 0
        self._least, self._greatest = -(1 << (bits - 1)), (1 << (bits - 1)) - 1

    @property
    def slot_bytes(self) -> int:
        return self._values.itemsize + 1

    def resize(self, capacity: int) -> None:
        self._values = resized(self._values, capacity)
        self._held = resized(self._held, capacity)

    def fill(self, first: int, values: Values) -> None:
        stop = first + len(values)
        held = np.fromiter((value is not None for value in values), np.bool_, len(values))
        self._values[first:stop] = [0 if value is None else value for value in values]
        self._held[first:stop] = held
        self._holders += int(np.count_nonzero(held))

    def put(self, slot: int, value: FieldValue | None) -> None:
        held = value is not None
        self._values[slot] = value if held else 0
        self._holders += held - bool(self._held[slot])
        self._held[slot] = held

    def values(self, slots: NDArray[np.intp]) -> list[FieldValue | None]:
        held = self._held[slots].tolist()
        return [
            value if known else None
            for value, known in zip(self._values[slots].tolist(), held, strict=True)
        ]

    def move(self, source: int, target: int) -> None:
        self._values[target], self._held[target] = self._values[source], self._held[source]
        self._values[source], self._held[source] = 0, False

    def equals(self, value: FieldValue, used: int) -> Test:
        return self.between(exactly(value), used)

    def between(self, where: Range, used: int) -> Test:
        low, high = integer_limits(where)
        low, high = max(low, self._least), min(high, self._greatest)
        if low > high or not self._holders:
            return nothing
        values = self._values
        at_least, at_most = values.dtype.type(low), values.dtype.type(high)
        from_the_least, to_the_greatest = low == self._least, high == self._greatest

        def inside(start: int, stop: int) -> Mask | bool:
            block = values[start:stop]
            mask: Mask
            if low == high:
                mask = block == at_least
            elif from_the_least and to_the_greatest:
                return True
            elif from_the_least:
                mask = block <= at_most
            else:
                mask = block >= at_least
                if not to_the_greatest:
                    mask &= block <= at_most
            return mask

        return inside if self._holders == used else both(_of(self._held), inside)


class FloatColumn:
    """Doubles; NaN stands for none, as no value is NaN and NaN compares with nothing."""

    slot_bytes = 8
    shared_bytes = 0

    def __init__(self) -> None:
        self._values: NDArray[np.float64] = np.zeros(0)

    def resize(self, capacity: int) -> None:
        before = len(self._values)
        self._values = resized(self._values, capacity)
        self._values[before:] = np.nan

    def fill(self, first: int, values: Values) -> None:
        numbers = [np.nan if value is None else value for value in values]
        self._values[first : first + len(values)] = numbers

    def put(self, slot: int, value: FieldValue | None) -> None:
        self._values[slot] = np.nan if value is None else value

    def values(self, slots: NDArray[np.intp]) -> list[FieldValue | None]:
        return [None if value != value else value for value in self._values[slots].tolist()]

    def move(self, source: int, target: int) -> None:
        self._values[target] = self._values[source]
        self._values[source] = np.nan

    def equals(self, value: FieldValue, used: int) -> Test:
        return self.between(exactly(value), used)

    def between(self, where: Range, used: int) -> Test:  # noqa: ARG002 - others need it
        values, low, high = self._values, where.low, where.high
        assert not isinstance(low, str)
        assert not isinstance(high, str)

        def above(start: int, stop: int) -> Mask | bool:
            block = values[start:stop]
            if low is None:
                return np.logical_not(np.isnan(block)) if high is None else True
            if where.low_included:
                return np.greater_equal(block, float_at_least(low))
            return np.greater(block, float_at_most(low))

        def below(start: int, stop: int) -> Mask | bool:
            block = values[start:stop]
            if high is None:
                return True
            if where.high_included:
                return np.less_equal(block, float_at_most(high))
            return np.less(block, float_at_least(high))

        return both(above, below)


_BOOLEANS = (None, False, True)


class BooleanColumn:
    """Booleans in a byte: 0 for none, 1 for false, 2 for true."""

    slot_bytes = 1
    shared_bytes = 0

    def __init__(self) -> None:
        self._codes: NDArray[np.uint8] = np.zeros(0, np.uint8)

    def resize(self, capacity: int) -> None:
        self._codes = resized(self._codes, capacity)

    def fill(self, first: int, values: Values) -> None:
        codes = [0 if value is None else 1 + bool(value) for value in values]
        self._codes[first : first + len(values)] = codes

    def put(self, slot: int, value: FieldValue | None) -> None:
        self._codes[slot] = 0 if value is None else 1 + bool(value)

    def values(self, slots: NDArray[np.intp]) -> list[FieldValue | None]:
        return [_BOOLEANS[code] for code in self._codes[slots].tolist()]

    def move(self, source: int, target: int) -> None:
        self._codes[target] = self._codes[source]
        self._codes[source] = 0

    def equals(self, value: FieldValue, used: int) -> Test:  # noqa: ARG002 - others need it
        assert isinstance(value, bool)
        codes, code = self._codes, np.uint8(1 + value)
        return lambda start, stop: np.equal(codes[start:stop], code)

    def between(self, where: Range, used: int) -> Test:  # noqa: ARG002 - the parser refuses it
        raise TypeError("a boolean field has no ranges")


def nothing(start: int, stop: int) -> Mask | bool:  # noqa: ARG001 - as every test is asked
    return False


def both(one: Test, other: Test) -> Test:
    """What passes two tests; the second is not asked of a block where the first finds nothing."""

    def test(start: int, stop: int) -> Mask | bool:
        mask = one(start, stop)
        if mask is False or (mask is not True and not mask.any()):
            return False
        more = other(start, stop)
        if mask is True or more is False:
            return more
        return mask if more is True else np.logical_and(mask, more, out=mask)

    return test


def either(one: Test, other: Test) -> Test:
    """What passes one of two tests; the second is not asked where the first finds everything."""

    def test(start: int, stop: int) -> Mask | bool:
        mask = one(start, stop)
        if mask is True or (mask is not False and mask.all()):
            return True
        more = other(start, stop)
        if mask is False or more is True:
            return more
        return mask if more is False else np.logical_or(mask, more, out=mask)

    return test


def opposite(one: Test) -> Test:
    """What does not pass a test."""

    def test(start: int, stop: int) -> Mask | bool:
        mask = one(start, stop)
        return not mask if isinstance(mask, bool) else np.logical_not(mask, out=mask)

    return test


def resized(array: NDArray[Row], capacity: int) -> NDArray[Row]:
    """A copy of the rows that fit, and zeros up to the capacity."""
    copy = with_room(array, min(capacity, len(array)), capacity)
    copy[len(array) :] = 0
    return copy


def with_room(array: NDArray[Row], used: int, capacity: int) -> NDArray[Row]:
    """A copy of the first rows, and room up to the capacity that takes no memory yet.

    NumPy asks for large pages where it allocates without zeros, and only there: that makes the
    copy several times faster, and scans a little.
    """
    copy = np.empty((capacity, *array.shape[1:]), array.dtype)
    copy[:used] = array[:used]
    return copy


def exactly(value: FieldValue) -> Range:
    return Range("", value, value, low_included=True, high_included=True)


def _of(mask: Mask) -> Test:
    return lambda start, stop: mask[start:stop].copy()
