"""The mirror: one index a face set, caught up with the store by revision.

Nothing is written here but what the store has made durable, and nothing is answered before the
index has the store's revision: any write that was acknowledged, by this or another process, is
seen by the next search.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from openfrs.domain.errors import FaceSetNotFound
from openfrs.domain.faces import FaceSet, Hit, Vector
from openfrs.domain.fields import Schema
from openfrs.domain.ports import FaceFeed, FaceIndex
from openfrs.domain.query import Filter

T = TypeVar("T")

NOTHING_YET = -1


class Mirror:
    """Searches and selections over all face sets, each loaded when it is first asked for."""

    def __init__(
        self, feed: FaceFeed, make_index: Callable[[Schema, int], FaceIndex], dimension: int
    ) -> None:
        self._feed = feed
        self._make_index = make_index
        self._dimension = dimension
        self._lock = threading.Lock()
        self._reflections: dict[int, _Reflection] = {}

    def search(
        self, face_set: FaceSet, probe: Vector, top_n: int, where: Filter | None = None
    ) -> Sequence[Hit]:
        """The ``top_n`` best faces of the set that match. Raises FaceSetNotFound."""
        hits, _ = self._ask(face_set, lambda index: index.search(probe, top_n, where))
        return hits

    def select(self, face_set: FaceSet, where: Filter) -> tuple[frozenset[int], int]:
        """The keys of all faces that match, and the revision of which that is true.

        Raises FaceSetNotFound.
        """
        return self._ask(face_set, lambda index: index.select(where))

    def forget(self, face_set: FaceSet) -> None:
        """Drops what is held of a set, because it was deleted or to save memory."""
        with self._lock:
            self._reflections.pop(face_set.key, None)

    def _ask(self, face_set: FaceSet, question: Callable[[FaceIndex], T]) -> tuple[T, int]:
        """The answer of the set's index, at least as new as the moment of asking."""
        try:
            least = self._feed.revision(face_set)
            reflection = self._reflection(face_set)
            while True:
                with reflection.access.shared():
                    if reflection.revision >= least:
                        return question(reflection.index), reflection.revision
                reflection.catch_up(self._feed, self._empty_index, least)
        except FaceSetNotFound:
            self.forget(face_set)
            raise

    def _empty_index(self, face_set: FaceSet) -> FaceIndex:
        return self._make_index(face_set.schema, self._dimension)

    def _reflection(self, face_set: FaceSet) -> "_Reflection":
        with self._lock:
            known = self._reflections.get(face_set.key)
            if known is not None:
                return known
            others = [reflection.face_set for reflection in self._reflections.values()]
            new = _Reflection(face_set, self._empty_index(face_set))
            self._reflections[face_set.key] = new
        self._forget_deleted(others)
        return new

    def _forget_deleted(self, face_sets: Sequence[FaceSet]) -> None:
        """Drops sets that another process has deleted; nobody will ask for them again."""
        for face_set in face_sets:
            try:
                self._feed.revision(face_set)
            except FaceSetNotFound:
                self.forget(face_set)


class _Reflection:
    """One face set in memory, and the revision it is true of.

    ``access`` guards both: held alone to change them, shared to ask. ``_catching_up`` lets one
    thread do the work that all wait for.
    """

    def __init__(self, face_set: FaceSet, index: FaceIndex) -> None:
        self.face_set = face_set
        self.index = index
        self.revision = NOTHING_YET
        self.access = SharedLock()
        self._catching_up = threading.Lock()

    def catch_up(
        self, feed: FaceFeed, empty_index: Callable[[FaceSet], FaceIndex], least: int
    ) -> None:
        """Brings the index to the store's revision, ``least`` or later. Raises FaceSetNotFound."""
        with self._catching_up:
            if self.revision >= least:
                return
            changes = feed.changes(self.face_set, self.revision)
            if changes.complete:
                # Built aside, so that the old index answers whom it can until it is replaced.
                index = empty_index(self.face_set)
                for change in changes.faces:
                    index.put(change)
                with self.access.alone():
                    self.index, self.revision = index, changes.revision
                return
            with self.access.alone():
                before, self.revision = self.revision, NOTHING_YET
                # Should this fail half-way, the revision stays unknown and all is loaded again.
                for key in changes.removed:
                    self.index.remove(key)
                for change in changes.faces:
                    self.index.put(change)
                assert changes.revision >= before
                self.revision = changes.revision


class SharedLock:
    """A lock that many may share, or one hold alone; who waits to be alone goes first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sharing = 0
        self._alone = False
        self._waiting = 0

    @contextmanager
    def shared(self) -> Iterator[None]:
        with self._changed:
            while self._alone or self._waiting:
                self._changed.wait()
            self._sharing += 1
        try:
            yield
        finally:
            with self._changed:
                self._sharing -= 1
                if not self._sharing:
                    self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._changed:
            self._waiting += 1
            while self._alone or self._sharing:
                self._changed.wait()
            self._waiting -= 1
            self._alone = True
        try:
            yield
        finally:
            with self._changed:
                self._alone = False
                self._changed.notify_all()
