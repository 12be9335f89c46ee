"""Brings new thumbnails to the object store, and erases those whose faces are gone.

A thumbnail is committed with its face, and the order to erase it with the face's deletion, both in
the database. So neither enrolment nor deletion waits for the store or fails with it, and wherever a
process dies, what it left is known. One process at a time works through what is due: an object is
never put after it has been erased.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TypeVar

import structlog

from openfrs.domain.objects import ObjectStoreError, ObjectStoreUnavailable
from openfrs.domain.ports import ObjectStore, ThumbnailStore
from openfrs.domain.thumbnails import Thumbnail

T = TypeVar("T")

AT_ONCE = 8
A_TURN = 256
LOOK_SECONDS = 0.5
RETRY_SECONDS = 15.0
END_SECONDS = 5.0

log = structlog.get_logger("openfrs.thumbnails")


class ThumbnailKeeper:
    """Keeps the object store as the database says. Safe to use in several processes at once.

    ``turn`` is entered for each portion of the work, by one process at a time.
    """

    def __init__(
        self,
        store: ThumbnailStore,
        objects: ObjectStore,
        turn: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._store = store
        self._objects = objects
        self._turn = turn
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Works beside everything else from now on, until ``close``."""
        self._thread = threading.Thread(target=self._loop, name="thumbnails", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the work after what is under way; the rest is done after the next start."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(END_SECONDS)

    def settle(self) -> None:
        """Does all that is due now.

        Raises ObjectStoreError where the store does not let it; what is left stays due.
        """
        while not self._ending.is_set() and self._portion():
            pass

    def orphans(self) -> Sequence[str]:
        """Keys of objects that belong to no face: a database from a backup knows no later ones.

        Raises ObjectStoreError.
        """
        found = set(self._objects.keys())  # a key is known before its object is put
        return sorted(found.difference(self._store.object_keys()))

    def missing(self) -> Sequence[str]:
        """Keys of thumbnails whose objects are gone though their faces are there.

        Raises ObjectStoreError.
        """
        expected = self._expected()  # an object is put before it is expected
        lost = expected.difference(self._objects.keys())
        return sorted(lost & self._expected())

    def erase_orphans(self) -> int:
        """How many objects belonged to no face, and are gone. Raises ObjectStoreError."""
        orphans = self.orphans()
        for key in orphans:
            self._objects.delete(key)
        return len(orphans)

    def _expected(self) -> set[str]:
        return {key for key, stored in self._store.object_keys().items() if stored}

    def _portion(self) -> bool:
        """A part of what is due; False where nothing was. Raises ObjectStoreError."""
        with self._turn():
            erase = self._store.to_erase(A_TURN)
            put = self._store.to_store(A_TURN)
            failures = [
                *_work_off(erase, self._objects.delete, self._store.erased),
                *_work_off(put, self._put, self._stored),
            ]
        if failures:
            raise failures[0]
        return bool(erase or put)

    def _put(self, due: tuple[int, Thumbnail]) -> None:
        _, thumbnail = due
        assert thumbnail.sealed is not None
        self._objects.put(thumbnail.key, thumbnail.sealed)

    def _stored(self, done: Sequence[tuple[int, Thumbnail]]) -> None:
        self._store.stored([face_key for face_key, _ in done])

    def _loop(self) -> None:
        settled, pause = -1, 0.0
        while not self._ending.wait(pause):
            try:
                stamp, pause = self._store.stamp(), LOOK_SECONDS
                if stamp == settled:
                    continue
                self.settle()
            except ObjectStoreError as error:
                log.warning("thumbnails wait for their store", reason=str(error))
                settled, pause = -1, RETRY_SECONDS
            except Exception:  # the database was closed over it, or something nobody foresaw
                if self._ending.is_set():
                    return
                log.exception("thumbnails could not be kept")
                settled, pause = -1, RETRY_SECONDS
            else:
                settled = stamp


def _work_off(
    due: Sequence[T], act: Callable[[T], None], note: Callable[[Sequence[T]], None]
) -> Sequence[ObjectStoreError]:
    """Acts on each, several at a time, and notes those that went well; what failed, and why.

    Where the store cannot be reached, the rest is left alone.
    """
    failures: list[ObjectStoreError] = []
    away = threading.Event()

    def went_well(one: T) -> bool:
        if away.is_set():
            return False
        try:
            act(one)
        except ObjectStoreError as error:
            failures.append(error)
            if isinstance(error, ObjectStoreUnavailable):
                away.set()
            return False
        return True

    if due:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            done = [one for one, well in zip(due, pool.map(went_well, due), strict=True) if well]
        if done:
            note(done)
    return failures
