"""How many faces there are, and where."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProjectCount:
    """The face sets of a project and the faces in all of them."""

    project_id: str
    face_sets: int
    faces: int


@dataclass(frozen=True, slots=True)
class FaceSetCount:
    """The faces of one set; ``key`` is the store's own number of it."""

    key: int
    project_id: str
    name: str
    faces: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Census:
    """Every project that has face sets, and the largest face sets of all of them."""

    projects: Sequence[ProjectCount]
    largest: Sequence[FaceSetCount]
