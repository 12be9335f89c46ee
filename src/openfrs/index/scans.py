"""The two ways to find the best codes among the faces that match a filter.

Few are copied out and scanned by themselves; many are found by a scan of everything, from which
the others are taken away. Both answer with slots.
"""

import math
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openfrs.index import scanner
from openfrs.index.scanner import Codes
from openfrs.index.typed_columns import Mask

GATHERED_BYTES = 1 << 19  # codes copied out at once: still in the cache when they are scanned
HEAP_COST = 2  # of a change in the heap: codes that could be read meanwhile
SAMPLED = 24  # of a sample, that may be among those wanted
MARGIN = 1.2  # of rows asked for, where a part of them will not match

Slots = NDArray[np.intp]
Scores = NDArray[np.float32]
Weights = NDArray[np.float32]


class Scan(Protocol):
    """The codes that may be in the answer."""

    def best(self, weights: Weights, count: int) -> tuple[Scores, Slots, float]:
        """About ``count`` of the best products and their slots, and what no other exceeds."""

    def above(self, weights: Weights, limit: np.float32) -> tuple[Scores, Slots]:
        """All products that exceed the limit, and their slots."""

    def sample(self, count: int) -> "Scan | None":
        """About ``count`` of these codes; None where that would be most of them."""


class Around:
    """Every code, but for those that a mask takes away afterwards."""

    def __init__(self, codes: Codes, mask: Mask | None, matching: int) -> None:
        self._codes = codes
        self._mask = mask
        self._matching = matching

    def best(self, weights: Weights, count: int) -> tuple[Scores, Slots, float]:
        total = len(self._codes)
        if self._mask is not None:
            count = int(count * MARGIN * total / self._matching)
        count = min(count, total)
        if HEAP_COST * count * (1 + math.log(total / count)) > SAMPLED * total / count:
            limit = self._estimate(weights, count)
            return *self.above(weights, limit), float(limit)
        scores, _, slots = scanner.best([self._codes], weights, count)
        rest = float(scores.min()) if count < total else -np.inf
        return *self._matched(scores, slots), rest

    def _estimate(self, weights: Weights, count: int) -> np.float32:
        """A product that about ``count`` codes exceed, rather more than fewer.

        A heap of many takes longer than the scan; a look at some codes tells where to cut.
        """
        step = max(1, count // SAMPLED)
        sample = self._codes[::step]
        wanted = SAMPLED + 3 * math.isqrt(SAMPLED) + 1
        scores = scanner.best([np.ascontiguousarray(sample)], weights, wanted)[0]
        return scores.min() if wanted < len(sample) else np.float32(-np.inf)

    def above(self, weights: Weights, limit: np.float32) -> tuple[Scores, Slots]:
        scores, _, slots = scanner.above([self._codes], weights, limit)
        return self._matched(scores, slots)

    def sample(self, count: int) -> "Scan | None":
        step = self._matching // count
        if step < 2:
            return None
        if self._mask is None:
            return Gathered(self._codes, np.arange(0, len(self._codes), step))
        return Gathered(self._codes, np.flatnonzero(self._mask)[::step])

    def _matched(self, scores: Scores, slots: Slots) -> tuple[Scores, Slots]:
        if self._mask is None:
            return scores, slots
        kept = self._mask[slots]
        return scores[kept], slots[kept]


class Gathered:
    """The codes of some slots."""

    def __init__(self, codes: Codes, slots: Slots) -> None:
        self._codes = codes
        self._slots = slots
        self._together = max(1, GATHERED_BYTES // codes.shape[1])

    def best(self, weights: Weights, count: int) -> tuple[Scores, Slots, float]:
        count = min(count, len(self._slots))
        scores, blocks, rows = scanner.best(self._blocks(), weights, count)
        rest = float(scores.min()) if count < len(self._slots) else -np.inf
        return scores, self._slots[blocks * self._together + rows], rest

    def above(self, weights: Weights, limit: np.float32) -> tuple[Scores, Slots]:
        scores, blocks, rows = scanner.above(self._blocks(), weights, limit)
        return scores, self._slots[blocks * self._together + rows]

    def sample(self, count: int) -> "Scan | None":
        step = len(self._slots) // count
        return None if step < 2 else Gathered(self._codes, self._slots[::step])

    def _blocks(self) -> Iterator[Codes]:
        for first in range(0, len(self._slots), self._together):
            yield self._codes.take(self._slots[first : first + self._together], axis=0)
