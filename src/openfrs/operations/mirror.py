"""The mirror: one index a face set, caught up with the store by revision.

Nothing is written here but what the store has made durable, and nothing is answered before the
index stands where the store stood when the question came: any write that was acknowledged, by
this or another process, is seen by the next search.
"""

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import structlog

from openfrs.domain.errors import FaceSetNotFound
from openfrs.domain.faces import FacePage, FaceSet, Hit, Vector
from openfrs.domain.fields import Schema
from openfrs.domain.ports import FaceFeed, FaceIndex
from openfrs.domain.query import Filter
from openfrs.operations.reflection import Reflection

T = TypeVar("T")

log = structlog.get_logger("openfrs.mirror")


@dataclass(frozen=True, slots=True)
class MirrorUsage:
    """What a mirror holds now, and how often it has loaded and evicted a face set so far."""

    sets: int
    faces: int
    bytes: int
    loads: int
    evictions: int


class Mirror:
    """Searches and selections over all face sets, each loaded when it is first asked for.

    Beyond ``budget`` bytes the sets that were not asked for the longest are evicted; 0 sets no
    bound. A set that is being asked stays, so one that is larger than the budget works alone.
    """

    def __init__(
        self,
        feed: FaceFeed,
        make_index: Callable[[Schema, int], FaceIndex],
        dimension: int,
        *,
        budget: int = 0,
    ) -> None:
        self._feed = feed
        self._make_index = make_index
        self._dimension = dimension
        self._budget = budget
        self._lock = threading.Lock()
        self._reflections: dict[int, Reflection] = {}  # the longest unasked first
        self._loads = 0
        self._evictions = 0

    def search(
        self,
        face_set: FaceSet,
        probe: Vector,
        top_n: int,
        where: Filter | None = None,
        *,
        at_least: float = -math.inf,
    ) -> Sequence[Hit]:
        """The ``top_n`` best faces of the set that match and score no less than ``at_least``.

        Raises FaceSetNotFound.
        """
        hits, _ = self._ask(
            face_set, lambda index: index.search(probe, top_n, where, at_least=at_least)
        )
        return hits

    def select(self, face_set: FaceSet, where: Filter) -> tuple[frozenset[int], int]:
        """The keys of all faces that match, and the revision of which that is true.

        Raises FaceSetNotFound.
        """
        return self._ask(face_set, lambda index: index.select(where))

    def page(self, face_set: FaceSet, where: Filter, offset: int, limit: int) -> FacePage:
        """A page of the faces that match, in the order of enrolment, and how many there are.

        Page and number are of one revision of the set. Raises FaceSetNotFound.
        """
        found, _ = self._ask(face_set, lambda index: index.page(where, offset, limit))
        return found

    def forget(self, face_set: FaceSet) -> None:
        """Drops what is held of a set, because it was deleted or to save memory."""
        with self._lock:
            self._reflections.pop(face_set.key, None)

    def usage(self) -> MirrorUsage:
        """How much is held at this moment."""
        with self._lock:
            held = list(self._reflections.values())
            return MirrorUsage(
                sets=len(held),
                faces=sum(len(reflection.index) for reflection in held),
                bytes=sum(reflection.nbytes for reflection in held),
                loads=self._loads,
                evictions=self._evictions,
            )

    def _ask(self, face_set: FaceSet, question: Callable[[FaceIndex], T]) -> tuple[T, int]:
        """The answer of the set's index, at least as new as the moment of asking."""
        try:
            least = self._feed.stamp()
            with self._reflection(face_set) as reflection:
                while True:
                    with reflection.access.shared():
                        if reflection.stamp >= least:
                            return question(reflection.index), reflection.revision
                    self._catch_up(reflection, least)
        except FaceSetNotFound:
            self.forget(face_set)
            raise

    def _catch_up(self, reflection: Reflection, least: int) -> None:
        before = reflection.nbytes
        loaded = reflection.catch_up(self._feed, self._empty_index, least, self._make_room)
        if loaded:
            with self._lock:
                self._loads += 1
            log.info(
                "face set loaded",
                face_set_id=reflection.face_set.face_set_id,
                faces=len(reflection.index),
                bytes=reflection.nbytes,
            )
        if reflection.nbytes > before:
            self._make_room()

    def _empty_index(self, face_set: FaceSet) -> FaceIndex:
        return self._make_index(face_set.schema, self._dimension)

    @contextmanager
    def _reflection(self, face_set: FaceSet) -> Iterator[Reflection]:
        """The set's reflection, which is not evicted as long as it is in use here."""
        with self._lock:
            known = self._reflections.pop(face_set.key, None)
            reflection = known or Reflection(face_set, self._empty_index(face_set))
            self._reflections[face_set.key] = reflection
            reflection.users += 1
            others = [] if known else [other.face_set for other in self._reflections.values()]
        try:
            self._forget_deleted(others)
            yield reflection
        finally:
            with self._lock:
                reflection.users -= 1

    def _make_room(self) -> None:
        """Evicts sets that nobody is asking, the longest unasked first, down to the budget."""
        if not self._budget:
            return
        evicted = []
        with self._lock:
            held = sum(reflection.nbytes for reflection in self._reflections.values())
            for key, reflection in list(self._reflections.items()):
                if held <= self._budget:
                    break
                if not reflection.users:
                    held -= reflection.nbytes
                    evicted.append(self._reflections.pop(key))
            self._evictions += len(evicted)
        for reflection in evicted:
            log.info(
                "face set evicted",
                face_set_id=reflection.face_set.face_set_id,
                bytes=reflection.nbytes,
            )

    def _forget_deleted(self, face_sets: Sequence[FaceSet]) -> None:
        """Drops sets that another process has deleted; nobody will ask for them again."""
        for face_set in face_sets:
            try:
                self._feed.revision(face_set)
            except FaceSetNotFound:
                self.forget(face_set)
