"""A page of the faces that a filter matches, in the order of enrolment."""

from openfrs.domain.faces import FacePage, FaceSet
from openfrs.domain.ports import FaceStore
from openfrs.domain.query import parse_filter
from openfrs.operations.mirror import Mirror


def query(
    store: FaceStore,
    mirror: Mirror,
    face_set: FaceSet,
    filter_text: str | None,
    offset: int,
    limit: int,
) -> FacePage:
    """The page, and how many faces match: both of one moment, whatever is written meanwhile.

    Without a filter every face matches, and nothing is loaded into memory. Raises FilterMalformed
    and FieldNotDefined with the position in the filter, FaceSetNotFound.
    """
    if filter_text is None:
        return store.page(face_set, offset, limit)
    return mirror.page(face_set, parse_filter(filter_text, face_set.schema), offset, limit)
