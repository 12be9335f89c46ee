"""The columns of an index: one field of every face, by slot, in the field's own type."""

from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.fields import FieldValue
from openfrs.domain.query import Range
from openfrs.index.bounds import LEAST_LONG, float_at_least, float_at_most, integer_limits

Mask = NDArray[np.bool_]
Number = TypeVar("Number", bound=np.generic)


class Column(Protocol):
    """One field of every face, by slot. Slots that were never written hold nothing."""

    def put(self, slot: int, value: FieldValue | None) -> None:
        """Sets the value of a slot; None where the face lacks the field."""

    def grow(self, capacity: int) -> None:
        """Makes room for slots below ``capacity``."""

    def equals(self, value: FieldValue, used: int) -> Mask:
        """(used,) bool: the slots that hold this value."""

    def between(self, where: Range, used: int) -> Mask:
        """(used,) bool: the slots whose value lies in the range."""


class StringColumn:
    """Strings as codes into a dictionary; code 0 stands for none.

    A string that no slot holds any more leaves the dictionary: it may be personal.
    """

    def __init__(self) -> None:
        self._codes: NDArray[np.int32] = np.zeros(0, np.int32)
        self._code_of: dict[str, int] = {}
        self._strings: list[str | None] = [None]
        self._holders = [0]
        self._free: list[int] = []

    def grow(self, capacity: int) -> None:
        self._codes = grown(self._codes, capacity)

    def put(self, slot: int, value: FieldValue | None) -> None:
        before = int(self._codes[slot])
        code = 0
        if value is not None:
            assert isinstance(value, str)
            code = self._code_of.get(value, 0) or self._new_code(value)
        if code == before:
            return
        self._holders[code] += 1
        self._codes[slot] = code
        self._holders[before] -= 1
        if before and not self._holders[before]:
            self._drop(before)

    def equals(self, value: FieldValue, used: int) -> Mask:
        assert isinstance(value, str)
        code = self._code_of.get(value)
        return np.zeros(used, np.bool_) if code is None else self._codes[:used] == code

    def between(self, where: Range, used: int) -> Mask:
        """Strings compare by code points, as in Python."""
        low, high = where.low, where.high
        assert isinstance(low, str | None)
        assert isinstance(high, str | None)

        def inside(text: str | None) -> bool:
            return (
                text is not None
                and (low is None or low < text or (where.low_included and low == text))
                and (high is None or text < high or (where.high_included and text == high))
            )

        strings = self._strings
        accepted = np.fromiter(map(inside, strings), np.bool_, len(strings))
        return accepted[self._codes[:used]]

    def _new_code(self, text: str) -> int:
        if self._free:
            code = self._free.pop()
            self._strings[code] = text
        else:
            code = len(self._strings)
            self._strings.append(text)
            self._holders.append(0)
        self._code_of[text] = code
        return code

    def _drop(self, code: int) -> None:
        text = self._strings[code]
        assert text is not None
        del self._code_of[text]
        self._strings[code] = None
        self._free.append(code)


class IntegerColumn:
    """64-bit integers, exact against bounds of any size and against decimal bounds."""

    def __init__(self) -> None:
        self._values: NDArray[np.int64] = np.zeros(0, np.int64)
        self._held: Mask = np.zeros(0, np.bool_)

    def grow(self, capacity: int) -> None:
        self._values = grown(self._values, capacity)
        self._held = grown(self._held, capacity)

    def put(self, slot: int, value: FieldValue | None) -> None:
        self._values[slot] = 0 if value is None else value
        self._held[slot] = value is not None

    def equals(self, value: FieldValue, used: int) -> Mask:
        return self.between(_exactly(value), used)

    def between(self, where: Range, used: int) -> Mask:
        low, high = integer_limits(where)
        if low > high:
            return np.zeros(used, np.bool_)
        values = self._values[:used]
        mask: Mask
        if low == high:
            mask = values == low
        else:
            mask = values <= high
            if low > LEAST_LONG:
                mask &= values >= low
        mask &= self._held[:used]
        return mask


class FloatColumn:
    """Doubles; NaN stands for none, as no value is NaN and NaN compares with nothing."""

    def __init__(self) -> None:
        self._values: NDArray[np.float64] = np.zeros(0)

    def grow(self, capacity: int) -> None:
        before = len(self._values)
        self._values = grown(self._values, capacity)
        self._values[before:] = np.nan

    def put(self, slot: int, value: FieldValue | None) -> None:
        self._values[slot] = np.nan if value is None else value

    def equals(self, value: FieldValue, used: int) -> Mask:
        return self.between(_exactly(value), used)

    def between(self, where: Range, used: int) -> Mask:
        values = self._values[:used]
        low, high = where.low, where.high
        assert not isinstance(low, str)
        assert not isinstance(high, str)
        mask: Mask = ~np.isnan(values)
        if low is not None and where.low_included:
            mask &= values >= float_at_least(low)
        elif low is not None:
            mask &= values > float_at_most(low)
        if high is not None and where.high_included:
            mask &= values <= float_at_most(high)
        elif high is not None:
            mask &= values < float_at_least(high)
        return mask


class BooleanColumn:
    """Booleans in a byte: 0 for none, 1 for false, 2 for true."""

    def __init__(self) -> None:
        self._codes: NDArray[np.uint8] = np.zeros(0, np.uint8)

    def grow(self, capacity: int) -> None:
        self._codes = grown(self._codes, capacity)

    def put(self, slot: int, value: FieldValue | None) -> None:
        self._codes[slot] = 0 if value is None else 1 + bool(value)

    def equals(self, value: FieldValue, used: int) -> Mask:
        assert isinstance(value, bool)
        mask: Mask = self._codes[:used] == 1 + value
        return mask

    def between(self, where: Range, used: int) -> Mask:  # noqa: ARG002 - the parser refuses it
        raise TypeError("a boolean field has no ranges")


def grown(array: NDArray[Number], capacity: int) -> NDArray[Number]:
    """A copy with room for ``capacity`` rows, the new ones zero."""
    copy = np.zeros((capacity, *array.shape[1:]), array.dtype)
    copy[: len(array)] = array
    return copy


def _exactly(value: FieldValue) -> Range:
    return Range("", value, value, low_included=True, high_included=True)
