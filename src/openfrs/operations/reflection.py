"""One face set in memory, and the moment of the store that it is true of."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, islice

from openfrs.domain.faces import FaceSet
from openfrs.domain.ports import FaceChanges, FaceFeed, FaceIndex

NOTHING_YET = -1
CHANGES_READ_AHEAD = 10_000


class Reflection:
    """An index with its revision, and what it weighs.

    ``stamp`` is the store's as it was before that revision was read: whoever sees it unchanged
    need not ask for more. ``access`` guards index, revision and stamp: held alone to change them,
    shared to ask. One thread does the catching up that all wait for. ``users`` belongs to the
    mirror.
    """

    def __init__(self, face_set: FaceSet, index: FaceIndex) -> None:
        self.face_set = face_set
        self.index = index
        self.revision = NOTHING_YET
        self.stamp = NOTHING_YET
        self.access = SharedLock()
        self.nbytes = 0  # of the index, and of a new one that is being built beside it
        self.users = 0
        self._catching_up = threading.Lock()

    def catch_up(
        self,
        feed: FaceFeed,
        empty_index: Callable[[FaceSet], FaceIndex],
        least: int,
        grown: Callable[[], None],
    ) -> bool:
        """Brings the index to where the store stands at the stamp ``least``, or later.

        True where the set was loaded from the beginning; ``grown`` is called now and then on the
        way. Raises FaceSetNotFound.
        """
        with self._catching_up:
            if self.stamp >= least:
                return False
            changes = feed.changes(self.face_set, self.revision, self.stamp)
            if changes.complete:
                # Built aside, so that the old index answers whom it can until it is replaced.
                index = self._built(empty_index(self.face_set), changes, grown)
                with self.access.alone():
                    self.index = index
                    self.revision, self.stamp = changes.revision, changes.stamp
            else:
                self._change(changes)
            self.nbytes = self.index.nbytes
            return changes.complete

    def _built(
        self, index: FaceIndex, changes: FaceChanges, grown: Callable[[], None]
    ) -> FaceIndex:
        old = self.index.nbytes
        try:
            for block in changes.blocks:
                index.fill(block)
                self.nbytes = old + index.nbytes
                grown()
        except BaseException:
            self.nbytes = old
            raise
        return index

    def _change(self, changes: FaceChanges) -> None:
        """Applies single changes; those of the usual catch-up are read before anybody must wait."""
        faces = iter(changes.faces)
        ahead = list(islice(faces, CHANGES_READ_AHEAD))
        with self.access.alone():
            before, self.revision = self.revision, NOTHING_YET
            # Should this fail half-way, the revision stays unknown and all is loaded again.
            for key in changes.removed:
                self.index.remove(key)
            for patch in changes.patches:
                self.index.patch(patch)
            for change in chain(ahead, faces):
                self.index.put(change)
            assert changes.revision >= before
            self.revision, self.stamp = changes.revision, changes.stamp


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
