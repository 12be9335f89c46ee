"""Erases the faces whose time has come, set by set, through the store: so every mirror follows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from openfrs.domain.errors import FaceSetNotFound
from openfrs.domain.faces import FaceSet
from openfrs.domain.ports import AgeingFaces
from openfrs.domain.retention import oldest_kept

FACES_AT_ONCE = 2_000
WHENEVER_CHANGED = 2**63 - 1  # later than any revision: an update does not make a face younger


@dataclass(frozen=True, slots=True)
class Expired:
    """How many faces of a set have been erased because of their age."""

    face_set: FaceSet
    faces: int


def erase_expired(store: AgeingFaces, now: datetime) -> Iterator[Expired]:
    """Erases, and tells of each set with a retention when it is done; sets without are not read.

    Many faces go in portions, each durable by itself, so that other writes need not wait.
    """
    for face_set in store.kept_for_a_time():
        assert face_set.retention_days is not None
        moment = oldest_kept(now, face_set.retention_days)
        erased, last = 0, 0
        try:
            while keys := store.enrolled_before(face_set, moment, beyond=last, limit=FACES_AT_ONCE):
                erased += store.delete_unchanged(face_set, keys, WHENEVER_CHANGED)[0]
                last = keys[-1]
        except FaceSetNotFound:  # deleted meanwhile, with all its faces
            continue
        yield Expired(face_set, erased)
