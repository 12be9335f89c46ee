"""Create, show, list and delete face sets (spec 3.1 to 3.4)."""

import re
from collections.abc import Mapping, Sequence

from openfrs.domain.errors import MalformedParameter
from openfrs.domain.faces import FaceSet
from openfrs.domain.fields import parse_schema
from openfrs.domain.limits import CAPACITY_STEP, Limits
from openfrs.domain.ports import FaceSetStore
from openfrs.domain.quality_gate import parse_gate
from openfrs.domain.retention import check_days
from openfrs.operations.mirror import Mirror


def create(
    store: FaceSetStore,
    project_id: str,
    name: str,
    *,
    capacity: int,
    definitions: Mapping[str, object],
    model: str,
    limits: Limits,
    name_pattern: re.Pattern[str],
    quality_gate: Mapping[str, object],
    thumbnails: bool = False,
    retention_days: int | None = None,
) -> FaceSet:
    """The new face set, bound to the model pack in use.

    Raises MalformedParameter, FaceSetExists, TooManyFaceSets.
    """
    if not name_pattern.fullmatch(name):
        raise MalformedParameter(f"face_set_name: must match {name_pattern.pattern}")
    if not 0 < capacity <= limits.capacity or capacity % CAPACITY_STEP:
        raise MalformedParameter(
            f"face_set_capacity: a multiple of {CAPACITY_STEP} up to {limits.capacity}"
        )
    return store.create_face_set(
        project_id,
        name,
        capacity=capacity,
        schema=parse_schema(definitions),
        model=model,
        limit=limits.face_sets,
        quality_gate=parse_gate(quality_gate),
        retention_days=check_days(retention_days),
        thumbnails=thumbnails,
    )


def show_all(store: FaceSetStore, project_id: str) -> Sequence[FaceSet]:
    """Every face set of the project, the oldest first."""
    return store.face_sets(project_id)


def delete(store: FaceSetStore, mirror: Mirror, project_id: str, name: str) -> None:
    """Removes the face set with all its faces. Raises FaceSetNotFound."""
    face_set = store.face_set(project_id, name)
    store.delete_face_set(face_set)
    mirror.forget(face_set)
