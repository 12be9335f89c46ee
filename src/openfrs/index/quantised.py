"""Exact search at the speed of memory: a scan of codes finds candidates, float32 rows decide.

The score of a face is the dot product, in float64, of the float32 vectors. A scan of the codes,
a quarter of the bytes, gives every score up to an error that is known (``codes``). The best by
code are scored exactly. When the error does not exclude that a face outside them is as good as the
last of the answer, the scan is made again for all that it does not exclude. So the answer equals
that of scoring every face, whatever the vectors are; only the time depends on them.
"""

import math
from collections.abc import Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import (
    BoundingBox,
    Face,
    FaceBlock,
    FaceChange,
    FacePage,
    FacePatch,
    Hit,
    Vector,
)
from openfrs.domain.fields import Schema
from openfrs.domain.query import Filter
from openfrs.index.codes import TINY, CodedRows, Query
from openfrs.index.columns import Columns
from openfrs.index.scans import Around, Gathered, Scan, Slots
from openfrs.index.typed_columns import Mask, resized, with_room

FIRST_CAPACITY = 64
SCORED_TOGETHER = 1 << 18  # numbers of rows in float64 at once
MOST_GENEROUS = 64.0
TOO_LONG = 1e15  # products of such vectors could leave the range of float32
KEY_BYTES = 180  # a key in the dictionary of slots, and beside its slot

Best = tuple[Slots, NDArray[np.float64]]
"""Slots and their exact scores, the best first."""

_NOTHING: Best = (np.empty(0, np.intp), np.empty(0, np.float64))


class QuantisedIndex:
    """The faces of one set: codes, templates and typed columns, all by slot.

    Satisfies FaceIndex. The slots in use are the first ones: the last face moves into the place of
    one that is removed, and nothing of a face stays behind. What is measured and could be otherwise
    stands as attributes of the class, for tests to make the rare common.
    """

    scored_alone = 256
    """Faces that are scored without a scan."""
    coded_together = 512
    """New faces that ``put`` lets wait, to be coded at once or by the next search."""
    gathered = 4096
    gathered_share = 0.2
    """Faces that match, and their share of all, up to which they are copied out for the scan."""
    sampled = 1 << 13
    """Faces that give a first limit where the best of all hold too few that match."""

    def __init__(self, schema: Schema, dimension: int) -> None:
        self._rows: NDArray[np.float32] = np.zeros((0, dimension), np.float32)
        self._shape = (dimension,)
        self._coded = CodedRows(dimension)
        self._coding = Lock()
        self._columns = Columns(schema)
        self._keys: NDArray[np.int64] = np.zeros(0, np.int64)
        self._face_ids: NDArray[np.bytes_] = np.zeros(0, "S8")
        self._boxes: NDArray[np.int32] = np.zeros((0, 4), np.int32)
        self._slot_of: dict[int, int] = {}
        self._longest = 0.0  # no vector is longer
        self._generosity = 1.0  # how many more candidates recent searches have needed
        self.widened = 0
        """Searches that had to look twice; of those that run at once, some may go uncounted."""

    def __len__(self) -> int:
        return len(self._slot_of)

    @property
    def nbytes(self) -> int:
        """The memory it takes, in bytes: nearly all of it, and what grows with the faces."""
        row: int = 4 * self._shape[0] + 16 + self._face_ids.itemsize + KEY_BYTES
        slots = len(self) * (row + self._columns.slot_bytes)
        return slots + self._coded.codes.nbytes + self._columns.shared_bytes

    def fill(self, block: FaceBlock) -> None:
        """Adds faces, none of which is there yet.

        Raises ValueError for templates of another dimension or with numbers that are not finite.
        """
        first, count = len(self), len(block.face_keys)
        last = first + count
        vectors = block.vectors
        if vectors.shape != (count, *self._shape):
            raise ValueError(f"templates of {vectors.shape} in an index of {self._shape}")
        longest = math.sqrt(float(np.einsum("ij,ij->i", vectors, vectors).max(initial=0.0)))
        if not math.isfinite(longest):
            raise ValueError("a template holds numbers that are not finite")
        self._longest = max(self._longest, longest * 1.001 + TINY)
        if last > len(self._keys):
            self._resize(max(FIRST_CAPACITY, 2 * first, last))
        face_ids = np.array(block.face_ids, np.bytes_)
        if face_ids.itemsize > self._face_ids.itemsize:
            self._face_ids = self._face_ids.astype(face_ids.dtype)
        self._rows[first:last] = vectors
        self._keys[first:last] = block.face_keys
        self._face_ids[first:last] = face_ids
        self._boxes[first:last] = block.bounding_boxes
        self._columns.fill(first, block)
        self._slot_of.update(zip(block.face_keys.tolist(), range(first, last), strict=True))

    def put(self, change: FaceChange) -> None:
        """Adds a face, or replaces the client data of one that is there.

        Raises ValueError for a template of another dimension or with numbers that are not finite,
        and for a new face without one.
        """
        face, vector = change.face, change.vector
        slot = self._slot_of.get(face.face_key)
        if vector is not None:
            self._longest = max(self._longest, self._length(vector))
        elif slot is None:
            raise ValueError("a new face comes with its template")
        if slot is None:
            slot = self._new_slot(face)
        if vector is not None:
            self._rows[slot] = vector
            before = slot - self._coded.count  # faces that wait for their codes before this one
            if before < 0:
                self._coded.replace(slot, self._rows)
            elif before >= self.coded_together:
                self._coded.cover(self._rows[: slot + 1])
        self._columns.put(slot, face)

    def patch(self, patch: FacePatch) -> None:
        """Changes the client data of a face that is there."""
        self._columns.patch(self._slot_of[patch.face_key], patch)

    def remove(self, face_key: int) -> None:
        """Takes a face out; unknown keys are passed over."""
        slot = self._slot_of.pop(face_key, None)
        if slot is None:
            return
        self._columns.clear(slot)
        coded = self._coded.count
        if slot < coded:  # the codes stay without a gap: the last coded row, then the last row
            self._move(coded - 1, slot)
            self._coded.move_last(slot)
            slot = coded - 1
        last = len(self)
        self._move(last, slot)
        self._rows[last] = 0.0
        self._face_ids[last] = b""
        self._boxes[last] = 0
        if FIRST_CAPACITY < len(self._keys) >= 4 * last:
            self._resize(max(FIRST_CAPACITY, 2 * last))

    def search(
        self,
        probe: Vector,
        top_n: int,
        where: Filter | None = None,
        *,
        at_least: float = -math.inf,
    ) -> Sequence[Hit]:
        """The ``top_n`` best faces among those that match: exact, by score, ties by face id.

        Those that score below ``at_least`` are left out. Raises ValueError for a probe that
        ``put`` would refuse.
        """
        slots, scores = self._found(probe, top_n, where)
        if at_least > -math.inf:  # the best come first
            count = int(np.count_nonzero(scores >= at_least))
            slots, scores = slots[:count], scores[:count]
        return list(map(Hit, self._faces(slots), scores.tolist()))

    def _found(self, probe: Vector, top_n: int, where: Filter | None) -> Best:
        length = self._length(probe)
        used = matching = len(self)
        if top_n <= 0:
            return _NOTHING
        mask = None
        if where is not None:
            mask = self._columns.matching(where, used)
            matching = int(np.count_nonzero(mask))
            if matching == used:
                mask = None
        if matching <= max(top_n, self.scored_alone) or max(length, self._longest) > TOO_LONG:
            return self._best(self._slots(mask), probe, top_n)
        self._code_the_rest()
        query = self._coded.query(probe, length, self._longest)
        codes = self._coded.codes
        if mask is not None and matching < max(self.gathered_share * used, self.gathered):
            return self._answer(probe, top_n, query, Gathered(codes, np.flatnonzero(mask)))
        return self._answer(probe, top_n, query, Around(codes, mask, matching))

    def select(self, where: Filter) -> frozenset[int]:
        """The keys of all faces that match."""
        used = len(self)
        return frozenset(self._keys[:used][self._columns.matching(where, used)].tolist())

    def page(self, where: Filter, offset: int, limit: int) -> FacePage:
        """A page of the faces that match, in the order of enrolment, and how many there are.

        Keys rise with enrolment; slots do not.
        """
        slots = self._slots(self._columns.matching(where, len(self)))
        order = np.argsort(self._keys[slots])[offset : offset + limit]
        return FacePage(len(slots), self._faces(slots[order]))

    def _answer(self, probe: Vector, top_n: int, query: Query, scan: Scan) -> Best:
        """The best faces of a scan that holds more than ``top_n``."""
        wanted = top_n + min(3 * top_n, 1000) + 20
        scores, slots, rest = scan.best(query.weights, int(self._generosity * wanted))
        best = self._best(_likely(scores, slots, top_n, query), probe, top_n)
        full = len(best[1]) == top_n
        if rest == -math.inf or (full and best[1][-1] > query.at_most(rest)):
            self._generosity = max(1.0, 0.98 * self._generosity)
            return best
        # Where templates lie close together this happens often, and a second scan costs more than
        # more candidates from the first. Searches at once may lose each other's lesson; no matter.
        self._generosity = min(MOST_GENEROUS, 2 * self._generosity)
        self.widened += 1
        if not full and (sample := scan.sample(self.sampled)) is not None:
            best = self._answer(probe, top_n, query, sample)
            full = len(best[1]) == top_n
        limit = query.excluded(float(best[1][-1])) if full else np.float32(-np.inf)
        scores, slots = scan.above(query.weights, limit)
        return self._best(_likely(scores, slots, top_n, query), probe, top_n)

    def _best(self, slots: Slots, probe: Vector, top_n: int) -> Best:
        """The best of some slots, by exact scores."""
        scores = self._exact(slots, probe)
        if len(scores) > top_n:
            last = np.partition(scores, len(scores) - top_n)[len(scores) - top_n]
            kept = scores >= last
            slots, scores = slots[kept], scores[kept]
        order = np.lexsort((self._face_ids[slots], -scores))[:top_n]
        return slots[order], scores[order]

    def _faces(self, slots: Slots) -> list[Face]:
        """What stands in the slots."""
        return list(
            map(
                Face,
                self._keys[slots].tolist(),
                [face_id.decode() for face_id in self._face_ids[slots].tolist()],
                self._columns.image_ids(slots),
                self._columns.fields(slots),
                [BoundingBox(*box) for box in self._boxes[slots].tolist()],
            )
        )

    def _exact(self, slots: Slots, probe: Vector) -> NDArray[np.float64]:
        """(N,) float64: each the same number whatever slots are beside it."""
        scores = np.empty(len(slots), np.float64)
        together = max(1, SCORED_TOGETHER // len(probe))
        for first in range(0, len(slots), together):
            rows = self._rows.take(slots[first : first + together], axis=0).astype(np.float64)
            rows *= probe
            rows.sum(axis=1, out=scores[first : first + together])
        return scores

    def _slots(self, mask: Mask | None) -> Slots:
        return np.arange(len(self)) if mask is None else np.flatnonzero(mask)

    def _code_the_rest(self) -> None:
        """Codes the faces that ``put`` has left; of searches that run at once, the first does."""
        used = len(self)
        if self._coded.count < used:
            with self._coding:
                if self._coded.count < used:
                    self._coded.cover(self._rows[:used])

    def _length(self, vector: Vector) -> float:
        """Its length or a little more, whatever float32 loses."""
        if vector.shape != self._shape:
            raise ValueError(f"a template of {vector.shape} numbers in an index of {self._shape}")
        length = math.sqrt(vector.dot(vector))
        if not math.isfinite(length):
            raise ValueError("a template holds numbers that are not finite")
        return length * 1.001 + TINY

    def _new_slot(self, face: Face) -> int:
        slot = len(self._slot_of)
        if slot == len(self._keys):
            self._resize(max(FIRST_CAPACITY, 2 * slot))
        face_id = face.face_id.encode("ascii")
        if len(face_id) > self._face_ids.itemsize:
            self._face_ids = self._face_ids.astype(f"S{len(face_id)}")
        self._face_ids[slot] = face_id
        self._keys[slot] = face.face_key
        box = face.bounding_box
        self._boxes[slot] = (box.width, box.height, box.top_left_x, box.top_left_y)
        self._slot_of[face.face_key] = slot
        return slot

    def _move(self, source: int, target: int) -> None:
        """Puts a face into a slot that is free."""
        if source == target:
            return
        self._rows[target] = self._rows[source]
        self._face_ids[target] = self._face_ids[source]
        self._boxes[target] = self._boxes[source]
        self._keys[target] = self._keys[source]
        self._columns.move(source, target)
        self._slot_of[int(self._keys[source])] = target

    def _resize(self, capacity: int) -> None:
        used = min(len(self._rows), capacity)
        self._rows = with_room(self._rows, used, capacity)
        self._keys = resized(self._keys, capacity)
        self._face_ids = resized(self._face_ids, capacity)
        self._boxes = resized(self._boxes, capacity)
        self._coded.resize(capacity)
        self._columns.resize(capacity)


def _likely(scores: NDArray[np.float32], slots: Slots, top_n: int, query: Query) -> Slots:
    """The slots that their code does not exclude from the best."""
    if len(scores) <= top_n:
        return slots
    last = np.partition(scores, len(scores) - top_n)[len(scores) - top_n]
    return slots[scores > query.behind(float(last))]
