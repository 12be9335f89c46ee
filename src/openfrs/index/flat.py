"""Exact search in memory: the reference that every other index must equal.

The score of a face is the dot product, in float64, of the float32 vectors. A float32 pass finds
the candidates; its rounding is bounded, so the cut is widened by twice that bound and what stays
is scored again. The answer depends on neither the order of summation, nor the slots, nor whether
a filter made the index gather rows or scan them all.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import FaceChange, Hit, Vector
from openfrs.domain.fields import Schema
from openfrs.domain.query import Filter
from openfrs.index.columns import Columns
from openfrs.index.typed_columns import Mask, grown

FIRST_CAPACITY = 64
GATHER_BELOW = 0.1  # of all slots: fewer are cheaper to copy out than to scan around
ROUNDING = 2.0**-24  # of one float32 operation

Slots = NDArray[np.intp]


class FlatIndex:
    """The faces of one set: a matrix of templates beside typed columns, both by slot.

    Satisfies FaceIndex. A removed face's slot is blanked and given to the next new one.
    """

    def __init__(self, schema: Schema, dimension: int) -> None:
        self._matrix: NDArray[np.float32] = np.zeros((0, dimension), np.float32)
        self._columns = Columns(schema)
        self._keys: NDArray[np.int64] = np.zeros(0, np.int64)
        self._face_ids: NDArray[np.bytes_] = np.zeros(0, "S8")
        self._live: Mask = np.zeros(0, np.bool_)
        self._slot_of: dict[int, int] = {}
        self._free: list[int] = []
        self._used = 0  # slots ever taken; free ones lie among them
        self._longest = 0.0  # the greatest length of a vector, about 1

    def __len__(self) -> int:
        return len(self._slot_of)

    def put(self, change: FaceChange) -> None:
        """Adds a face, or replaces the client data of one that is there.

        Raises ValueError for a template of another dimension or with numbers that are not finite,
        and for a new face without one.
        """
        slot = self._slot_of.get(change.face_key)
        vector = change.vector
        if vector is not None:
            self._longest = max(self._longest, self._length(vector))
        elif slot is None:
            raise ValueError("a new face comes with its template")
        if slot is None:
            slot = self._take_slot()
            self._slot_of[change.face_key] = slot
            self._keys[slot] = change.face_key
            self._set_face_id(slot, change.face_id)
            self._live[slot] = True
        if vector is not None:
            self._matrix[slot] = vector
        self._columns.put(slot, change)

    def remove(self, face_key: int) -> None:
        """Takes a face out; unknown keys are passed over."""
        slot = self._slot_of.pop(face_key, None)
        if slot is None:
            return
        self._live[slot] = False
        self._matrix[slot] = 0.0
        self._face_ids[slot] = b""
        self._columns.clear(slot)
        self._free.append(slot)

    def search(self, probe: Vector, top_n: int, where: Filter | None = None) -> Sequence[Hit]:
        """The ``top_n`` best faces among those that match: exact, by score, ties by face id.

        Raises ValueError for a probe that ``put`` would refuse.
        """
        margin = self._rounding_error(self._length(probe))
        if top_n <= 0 or not self._slot_of:
            return []
        mask = None if where is None and not self._free else self._matching(where)
        slots = self._candidates(probe, top_n, mask, margin)
        scores = (self._matrix[slots].astype(np.float64) * probe).sum(axis=1)
        best = np.lexsort((self._face_ids[slots], -scores))[:top_n]
        return list(map(Hit, self._keys[slots[best]].tolist(), scores[best].tolist()))

    def select(self, where: Filter) -> frozenset[int]:
        """The keys of all faces that match."""
        return frozenset(self._keys[: self._used][self._matching(where)].tolist())

    def _matching(self, where: Filter | None) -> Mask:
        live = self._live[: self._used]
        if where is None:
            return live
        mask = self._columns.matching(where, self._used)
        mask &= live
        return mask

    def _candidates(self, probe: Vector, top_n: int, mask: Mask | None, margin: float) -> Slots:
        """Slots that hold every one of the ``top_n`` best, and few more."""
        matrix = self._matrix[: self._used]
        slots = None
        if mask is not None:
            matching = int(np.count_nonzero(mask))
            if matching <= top_n:
                return np.flatnonzero(mask)
            if matching < GATHER_BELOW * self._used:
                slots = np.flatnonzero(mask)
                matrix = matrix[slots]
        scores = _products(matrix, probe)
        if mask is not None and slots is None:
            scores[~mask] = -np.inf
        if top_n < len(scores):
            last = np.partition(scores, len(scores) - top_n)[len(scores) - top_n]
            cut = np.nextafter(np.float32(float(last) - 2 * margin), np.float32(-np.inf))
            kept = np.flatnonzero(scores >= cut)
        else:
            kept = np.arange(len(scores))
        return kept if slots is None else slots[kept]

    def _rounding_error(self, length: float) -> float:
        """How far a float32 dot product may lie from the true one, summed in any order.

        The bound is n u / (1 - n u) times the product of the lengths (Higham, Accuracy and
        Stability of Numerical Algorithms, 3.1); the last term covers what underflows.
        """
        steps: float = (self._matrix.shape[1] + 1) * ROUNDING
        return steps / (1 - steps) * self._longest * length + 1e-30

    def _length(self, vector: Vector) -> float:
        if vector.shape != self._matrix.shape[1:]:
            raise ValueError(
                f"a template of {vector.shape} numbers in an index of {self._matrix.shape[1:]}"
            )
        length = math.sqrt(float(np.dot(vector, vector)))
        if not math.isfinite(length):
            raise ValueError("a template holds numbers that are not finite")
        return length

    def _take_slot(self) -> int:
        if self._free:
            return self._free.pop()
        if self._used == len(self._keys):
            self._grow(max(FIRST_CAPACITY, 2 * self._used))
        self._used += 1
        return self._used - 1

    def _grow(self, capacity: int) -> None:
        self._matrix = grown(self._matrix, capacity)
        self._keys = grown(self._keys, capacity)
        self._face_ids = grown(self._face_ids, capacity)
        self._live = grown(self._live, capacity)
        self._columns.grow(capacity)

    def _set_face_id(self, slot: int, face_id: str) -> None:
        text = face_id.encode("ascii")
        if len(text) > self._face_ids.itemsize:
            self._face_ids = self._face_ids.astype(f"S{len(text)}")
        self._face_ids[slot] = text


def _products(matrix: NDArray[np.float32], probe: Vector) -> NDArray[np.float32]:
    """(N,) float32 dot products.

    ``einsum`` reads memory as fast as the BLAS does, on this thread alone: BLAS threads that wait
    for each other would cost concurrent searches more than they give one.
    """
    products: NDArray[np.float32] = np.einsum("ij,j->i", matrix, probe)
    return products
