"""Templates in a byte a number, with a proven bound of what the rounding can change.

A template x, turned (``rotation``), becomes ``centre + step * c + r``, where c are whole numbers of
a byte and r is what the rounding leaves. A probe q, turned likewise, becomes ``unit * w + e``. Then

    q·x = q·centre + step unit (w·c) + step (e·c) + q·r

A scan of the codes finds w·c, a sum of whole numbers that is exact on every processor. The last two
terms are at most the products of the lengths (Cauchy, Schwarz), and the longest c and r of all
rows are known. So a row whose code scores too low for that bound cannot be among the best, and its
float32 numbers need not be read.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openfrs.index.rotation import ERROR, turned
from openfrs.index.scanner import ZERO, Codes
from openfrs.index.typed_columns import with_room

Rows = NDArray[np.float32]

GREATEST = 127
BLOCK = 512  # rows coded at once: their temporaries stay in the cache
HEADROOM = 0.125  # of the range, kept free for templates to come
FIT_AGAIN = 4  # times as many rows
ROUNDING = 2.0**-24  # of one float32 operation
TINY = 1e-20  # more than what float32 squares and products lose by underflow, all together
BEYOND = 1e30  # no product of codes is greater
LEAST_STEP = 1e-27  # a smaller one has no inverse in float32: all is then left to the bound


@dataclass(frozen=True, slots=True)
class Query:
    """A probe as the codes see it: a row's score is ``offset + scale * (weights·code)`` ± error."""

    weights: NDArray[np.float32]
    scale: float
    offset: float
    error: float

    def at_most(self, product: float) -> float:
        """No row whose code scores up to ``product`` has a greater score."""
        return self.offset + self.scale * product + self.error

    def excluded(self, score: float) -> np.float32:
        """The product up to which codes belong to rows with lower scores than that."""
        return self._below(score - self.offset - self.error)

    def behind(self, product: float) -> np.float32:
        """The product up to which codes belong to rows that score less than any of ``product``."""
        return self._below(self.scale * product - 2 * self.error)

    def _below(self, score: float) -> np.float32:
        """Just below the product that makes a score; below all where the codes say nothing."""
        if self.scale <= 0:
            return np.float32(-np.inf)
        product = min(max(score / self.scale, -BEYOND), BEYOND)
        below: np.float32 = np.nextafter(np.float32(product), np.float32(-np.inf))
        return below


class CodedRows:
    """The codes of rows 0 to ``count`` of a matrix that the owner keeps beside them."""

    def __init__(self, dimension: int) -> None:
        self._codes: Codes = np.zeros((0, dimension), np.uint8)
        self.count = 0
        self._fitted = 0  # rows there were when centre and step were last chosen
        self._headroom = HEADROOM
        self._centre: NDArray[np.float32] = np.zeros(dimension, np.float32)
        self._step = np.float32(0)
        self._inverse = np.float32(0)
        self._reach = 0.0  # every turned row is shorter, and what rounds it
        self._residual = 0.0  # no row leaves a longer one
        self._longest = 0.0  # no row has a longer ``step * c``

    @property
    def codes(self) -> Codes:
        return self._codes[: self.count]

    def resize(self, capacity: int) -> None:
        self._codes = with_room(self._codes, self.count, capacity)

    def cover(self, rows: Rows) -> None:
        """Codes all rows; those that are coded already have not changed.

        Centre and step are chosen anew when the rows are many more or a new one does not fit. Each
        of the latter doubles the headroom until the next of the former, so that few follow.
        """
        if len(rows) >= FIT_AGAIN * self._fitted:
            self._headroom = HEADROOM
            self._fit(rows)
        elif not self._encode(rows, self.count, len(rows)):
            self._headroom *= 2
            self._fit(rows)
        self.count = len(rows)

    def replace(self, slot: int, rows: Rows) -> None:
        """Codes one row again."""
        if not self._encode(rows, slot, slot + 1):
            self._headroom *= 2
            self._fit(rows[: self.count])

    def move_last(self, slot: int) -> None:
        """Puts the last code in the place of another, which is gone."""
        self.count -= 1
        self._codes[slot] = self._codes[self.count]
        self._codes[self.count] = 0
        if not self.count:
            self._fitted = 0

    def query(self, probe: NDArray[np.float32], length: float, longest: float) -> Query:
        """The probe in the terms of the codes.

        ``length`` is at least that of the probe, ``longest`` at least that of every row. The error
        holds for a score that is itself a float64 sum.
        """
        exactly = turned(probe[np.newaxis].astype(np.float64))[0]
        unit = max(float(exactly.max()), -float(exactly.min())) / GREATEST
        weights = np.rint(exactly / unit) if unit > 0 else np.zeros_like(exactly)
        remains = exactly - unit * weights
        left = math.sqrt(remains.dot(remains))
        scale = float(self._step) * unit
        sums = 0.0
        if (most := len(probe) * GREATEST * ZERO) >= 1 / ROUNDING:  # beyond exact float32 sums
            sums = len(probe) * ROUNDING * 2 * most * scale
        doubles = 1e-12 * length * (longest + self._reach)
        error = left * self._longest + length * self._residual + sums + doubles + TINY
        offset = float(exactly.dot(self._centre))
        return Query(weights.astype(np.float32), scale, offset, error)

    def _fit(self, rows: Rows) -> None:
        """Chooses centre and step for these rows, and codes them all."""
        low = np.full(rows.shape[1], np.inf, np.float32)
        high = -low
        for first in range(0, len(rows), BLOCK):
            block = turned(rows[first : first + BLOCK])
            np.minimum(low, block.min(axis=0), out=low)
            np.maximum(high, block.max(axis=0), out=high)
        self._centre = (low / 2 + high / 2).astype(np.float32)
        half = float(np.maximum(high - self._centre, self._centre - low).max())
        step = half * (1 + self._headroom) / GREATEST
        self._step = np.float32(step if step > LEAST_STEP else 0)
        self._inverse = np.float32(1 / self._step if self._step else 0)
        reach = GREATEST * step * math.sqrt(rows.shape[1])
        self._reach = 2 * (float(np.linalg.norm(self._centre.astype(np.float64))) + reach)
        self._fitted = len(rows)
        self._residual = self._longest = 0.0
        fits = self._encode(rows, 0, len(rows))
        assert fits

    def _encode(self, rows: Rows, start: int, stop: int) -> bool:
        """Codes some rows; False where one of them does not fit, and the codes are then void."""
        return all(
            self._encode_block(rows[first : min(stop, first + BLOCK)], first)
            for first in range(start, stop, BLOCK)
        )

    def _encode_block(self, rows: Rows, first: int) -> bool:
        """Writes the codes of some rows, and raises the residual to what they leave.

        The residual is found in float32. Its own error is a few roundings of each number and of
        the sum of squares, and that of turning; what is added is more.
        """
        left = turned(rows) - self._centre
        numbers = left * self._inverse
        np.rint(numbers, out=numbers)
        if self._step and float(np.abs(numbers).max()) > GREATEST:
            return False
        self._codes[first : first + len(rows)] = (numbers + np.float32(ZERO)).astype(np.uint8)
        numbers *= self._step
        left -= numbers
        self._longest = max(self._longest, _longest(numbers) + TINY)
        slack = (16 * ROUNDING + ERROR) * self._reach + TINY
        self._residual = max(self._residual, _longest(left) + slack)
        return True


def _longest(rows: Rows) -> float:
    """The length of the longest row, or a little more."""
    squares: NDArray[np.float32] = np.einsum("ij,ij->i", rows, rows)
    return math.sqrt(float(squares.max())) * 1.001
