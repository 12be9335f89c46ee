"""One to many: the most similar faces of a face set (spec 3.10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from openfrs.domain.audit import NAMED, about
from openfrs.domain.errors import MalformedParameter
from openfrs.domain.faces import Candidate, FaceSet, Template
from openfrs.domain.limits import Limits
from openfrs.domain.pictures import PictureSource
from openfrs.domain.ports import FaceEngine, FaceStore
from openfrs.domain.query import (
    Direction,
    Filter,
    parse_filter,
    parse_return_fields,
    parse_sort,
)
from openfrs.operations.mirror import Mirror
from openfrs.operations.recognition import ReadPicture, largest_face, require_same_model

DEFAULT_TOP_N = 10


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What to look for beside the probe, checked against the face set's schema."""

    top_n: int
    threshold: float
    where: Filter | None
    sort: dict[str, Direction]
    return_fields: tuple[str, ...]


def parse_query(
    face_set: FaceSet,
    *,
    top_n: int,
    threshold: float,
    filter_text: str | None,
    sort: Sequence[object],
    return_fields: Sequence[object],
) -> SearchQuery:
    """The query in its checked form.

    Raises FilterMalformed, FieldNotDefined, SortNotSupported, ReturnFieldNotDefined,
    MalformedParameter.
    """
    return SearchQuery(
        top_n=top_n,
        threshold=threshold,
        where=None if filter_text is None else parse_filter(filter_text, face_set.schema),
        sort=parse_sort(sort, face_set.schema),
        return_fields=parse_return_fields(return_fields, face_set.schema),
    )


def check_range(top_n: int, threshold: float, limits: Limits) -> None:
    """Raises MalformedParameter where top_n or threshold leaves its range (spec 6.4)."""
    if not 0 <= top_n <= limits.top_n:
        raise MalformedParameter(f"top_n: 0 to {limits.top_n}")
    if not 0 <= threshold <= 1:
        raise MalformedParameter("threshold: 0 to 1")


def by_picture(
    mirror: Mirror,
    engine: FaceEngine,
    read: ReadPicture,
    face_set: FaceSet,
    picture: PictureSource,
    query: SearchQuery,
) -> Sequence[Candidate]:
    """The candidates for the largest face of a picture.

    Raises TemplateModelMismatch, a leaf of ImageRefused, NoFaceDetected.
    """
    require_same_model(face_set, engine)
    _, probe = largest_face(engine, read(picture))
    return by_template(mirror, engine, face_set, probe, query)


def by_face_id(
    faces: FaceStore,
    mirror: Mirror,
    engine: FaceEngine,
    face_set: FaceSet,
    face_id: str,
    query: SearchQuery,
) -> Sequence[Candidate]:
    """The candidates for a face of the set, itself among them with similarity 1.

    Raises TemplateModelMismatch, FaceNotFound.
    """
    about(target=f"face {face_id}")
    require_same_model(face_set, engine)
    probe = faces.template(face_set, face_id)
    return by_template(mirror, engine, face_set, probe, query)


def by_template(
    mirror: Mirror,
    engine: FaceEngine,
    face_set: FaceSet,
    probe: Template,
    query: SearchQuery,
) -> Sequence[Candidate]:
    """The best ``top_n`` at or above the threshold, then put in the order asked for (spec 6.2).

    Raises TemplateModelMismatch.
    """
    require_same_model(face_set, engine)
    calibration = engine.calibration
    hits = mirror.search(
        face_set,
        probe.vector,
        query.top_n,
        query.where,
        at_least=calibration.least_score(query.threshold),
    )
    similarities = calibration.similarities([hit.score for hit in hits])
    candidates = [
        Candidate(hit.face, similarity)
        for hit, similarity in zip(hits, similarities, strict=True)
        if similarity >= query.threshold
    ]
    about(face_set.name, [found.face.face_id for found in candidates[:NAMED]], len(candidates))
    return _sorted(candidates, query.sort)


def _sorted(candidates: list[Candidate], sort: dict[str, Direction]) -> list[Candidate]:
    """Ordered by the fields, faces that lack one last, ties by similarity as they came."""
    for name, direction in reversed(sort.items()):
        having = [c for c in candidates if name in c.face.external_fields]
        lacking = [c for c in candidates if name not in c.face.external_fields]
        having.sort(
            key=lambda candidate: cast("float", candidate.face.external_fields[name]),
            reverse=direction is Direction.DESCENDING,
        )
        candidates = having + lacking
    return candidates
