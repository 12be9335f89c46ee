"""The column of strings: codes into a dictionary that knows the order of what it holds."""

from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.fields import FieldValue
from openfrs.domain.query import Range
from openfrs.index.typed_columns import Mask, Test, Values, nothing, resized

Order = NDArray[np.int32]
"""Codes in the order of their strings."""

ORDER_AT_LEAST = 256  # strings; fewer are looked through
ORDER_AGAIN = 1024  # strings that came or went since the order was made
TEXT_BYTES = 180  # of a string in the dictionary beside its characters, about


class StringColumn:
    """Strings as codes; code 0 stands for none.

    A string that no slot holds any more leaves the dictionary: it may be personal. The order of
    the strings is found at the first range that asks for it. Strings that came and went since are
    looked at one by one, and put in order when they have become many.
    """

    slot_bytes = 4

    def __init__(self) -> None:
        self._codes: NDArray[np.int32] = np.zeros(0, np.int32)
        self._code_of: dict[str, int] = {}
        self._strings: list[str | None] = [None]
        self._holders = [0]
        self._free: list[int] = []
        self._text_bytes = 0
        # The order as it was once found, and the codes that have come or gone since.
        self._sorted: tuple[Order, set[int]] | None = None

    @property
    def shared_bytes(self) -> int:
        if self._sorted is None:
            return self._text_bytes
        order, changed = self._sorted
        return self._text_bytes + order.nbytes + 100 * len(changed)

    def resize(self, capacity: int) -> None:
        self._codes = resized(self._codes, capacity)

    def fill(self, first: int, values: Values) -> None:
        known = self._code_of.get
        codes = [
            0 if value is None else known(str(value)) or self._new_code(str(value))
            for value in values
        ]
        self._codes[first : first + len(codes)] = codes
        for code, holders in Counter(codes).items():
            self._holders[code] += holders

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

    def values(self, slots: NDArray[np.intp]) -> list[FieldValue | None]:
        strings = self._strings
        return [strings[code] for code in self._codes[slots].tolist()]

    def move(self, source: int, target: int) -> None:
        self._codes[target] = self._codes[source]
        self._codes[source] = 0

    def equals(self, value: FieldValue, used: int) -> Test:  # noqa: ARG002 - others need it
        assert isinstance(value, str)
        code = self._code_of.get(value)
        if code is None:
            return nothing
        codes, wanted = self._codes, np.int32(code)
        return lambda start, stop: np.equal(codes[start:stop], wanted)

    def between(self, where: Range, used: int) -> Test:  # noqa: ARG002 - others need it
        """Strings compare by code points, as in Python."""
        accepted = self._accepted(where)
        if not accepted.any():
            return nothing
        codes = self._codes
        return lambda start, stop: accepted[codes[start:stop]]

    def _accepted(self, where: Range) -> Mask:
        """By code: does the string lie in the range?"""
        strings = self._strings
        too_low, low_enough = _ends(where)

        def inside(text: str | None) -> bool:
            return text is not None and not too_low(text) and low_enough(text)

        if len(strings) < ORDER_AT_LEAST:
            return np.fromiter(map(inside, strings), np.bool_, len(strings))
        order, changed = self._in_order()
        accepted: Mask = np.zeros(len(strings), np.bool_)
        first = self._end(order, changed, too_low)
        accepted[order[first : self._end(order, changed, low_enough)]] = True
        for code in changed:
            accepted[code] = inside(strings[code])
        return accepted

    def _in_order(self) -> tuple[Order, set[int]]:
        """The codes in order, and those among them that have lost their place.

        Searches that run at once may find the order twice; each sets both parts together.
        """
        if self._sorted is None:
            known: list[int] = []
            changed = set(self._code_of.values())
        else:
            order, changed = self._sorted
            if len(changed) <= ORDER_AGAIN:
                return self._sorted
            known = [code for code in order.tolist() if code not in changed]
        strings = self._strings
        known += sorted(code for code in changed if strings[code] is not None)
        known.sort(key=self._text)  # quick, as most is in order
        self._sorted = np.array(known, np.int32), set()
        return self._sorted

    def _end(self, order: Order, changed: set[int], before: Callable[[str], bool]) -> int:
        """Where the strings end that lie ``before``, by halving; changed codes are stepped over."""
        low, high = 0, len(order)
        while low < high:
            middle = probe = (low + high) // 2
            while probe < high and int(order[probe]) in changed:
                probe += 1
            if probe < high and before(self._text(int(order[probe]))):
                low = probe + 1
            else:
                high = middle
        return low

    def _text(self, code: int) -> str:
        text = self._strings[code]
        assert text is not None
        return text

    def _new_code(self, text: str) -> int:
        if self._free:
            code = self._free.pop()
            self._strings[code] = text
        else:
            code = len(self._strings)
            self._strings.append(text)
            self._holders.append(0)
        self._code_of[text] = code
        self._text_bytes += TEXT_BYTES + len(text)
        if self._sorted is not None:
            self._sorted[1].add(code)
        return code

    def _drop(self, code: int) -> None:
        text = self._text(code)
        del self._code_of[text]
        self._strings[code] = None
        self._free.append(code)
        self._text_bytes -= TEXT_BYTES + len(text)
        if self._sorted is not None:
            self._sorted[1].add(code)


def _ends(where: Range) -> tuple[Callable[[str], bool], Callable[[str], bool]]:
    """Does a string lie below the range? Does it lie below the range's upper end, or on it?"""
    low, high = where.low, where.high
    assert not isinstance(low, int | float)
    assert not isinstance(high, int | float)

    def too_low(text: str) -> bool:
        return low is not None and (text < low if where.low_included else text <= low)

    def low_enough(text: str) -> bool:
        return high is None or (text <= high if where.high_included else text < high)

    return too_low, low_enough
