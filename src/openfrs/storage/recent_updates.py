"""The latest commits of this process, as long as they have done nothing but update client data.

A mirror beside many updates would ask SQLite for what moved before each search, and wait for the
interpreter at each of its steps. What the mirror's own process has written it can have from here.
Any other write, and any commit of another process, ends the run: mirrors then ask SQLite again, and
nothing of a face that was deleted stays behind in this memory.
"""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from openfrs.domain.faces import FacePatch
from openfrs.storage.revisions import Standing

PATCHES_KEPT = 8192
NEVER = -1


@dataclass(frozen=True, slots=True)
class Step:
    """One revision of a face set: updates that were written together."""

    stamp: int
    face_set_key: int
    revision: int
    patches: Sequence[FacePatch]


class RecentUpdates:
    """A run of commits with stamps that follow one another. The writer notes, any thread asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: dict[tuple[int, int], tuple[int, Sequence[FacePatch]]] = {}
        self._steps: deque[Step] = deque()
        self._kept = 0  # patches in the steps
        self._after = NEVER  # the run tells of all commits with stamps beyond this one,
        self._until = NEVER  # up to this one

    def note(self, before: Standing, jobs: int, patches: Sequence[FacePatch]) -> None:
        """Notes that so many jobs of the running transaction are these updates of one set.

        Jobs that are undone and tried again begin at the same revision, and are noted anew.
        """
        self._noted[before.key, before.revision + 1] = jobs, patches

    def committed(self, jobs: int, stamp: int) -> None:
        """Takes what was noted into the run, or ends it where not all ``jobs`` were noted.

        Called when the transaction is durable, before anybody can see its ``stamp``.
        """
        noted, self._noted = self._noted, {}
        alone = sum(count for count, _ in noted.values()) == jobs
        with self._lock:
            if not alone or stamp != self._until + 1:
                self._steps.clear()
                self._kept = 0
                self._after = stamp if not alone else stamp - 1
            self._until = stamp
            if alone:
                for (face_set_key, revision), (_, patches) in noted.items():
                    if patches:
                        self._steps.append(Step(stamp, face_set_key, revision, patches))
                        self._kept += len(patches)
            while self._kept > PATCHES_KEPT:
                oldest = self._steps.popleft()
                self._kept -= len(oldest.patches)
                self._after = oldest.stamp

    def lost(self) -> None:
        """Forgets what was noted: the transaction was undone."""
        self._noted = {}

    def since(
        self, face_set_key: int, revision: int, stamp: int, now: int
    ) -> tuple[int, int, list[FacePatch]] | None:
        """What has moved in a set after its ``revision``, read at ``stamp`` or later.

        Until which stamp, to what revision, and how. None where the run does not tell, ``now``
        being the latest stamp.
        """
        with self._lock:
            if stamp < self._after or self._until < now:
                return None
            steps: list[Step] = []
            for step in reversed(self._steps):
                if step.stamp <= stamp:
                    break
                if step.face_set_key == face_set_key and step.revision > revision:
                    steps.append(step)
            until = self._until
        if steps:
            revision = steps[0].revision
        return until, revision, [patch for step in reversed(steps) for patch in step.patches]
