"""Faces by page and by filter, as the service lists them."""

from collections.abc import Iterator

from openfrs.cli.failures import Refused
from openfrs.cli.target import Json, Target, face_set_path

PAGE = 1000
"""Faces that are asked for at a time where all are wanted."""


def page_of(
    target: Target, face_set: str, filter_text: str | None, offset: int, limit: int
) -> tuple[int, list[Json]]:
    """How many faces there are, or match, and a page of them, in the order of their enrolment.

    Raises CommandFailed; where the filter is at fault, with a mark below the place in it.
    """
    body: Json = {"offset": offset, "limit": limit}
    if filter_text is not None:
        body["filter"] = filter_text
    path = face_set_path(face_set, "/faces/query")
    try:
        answer = target.ask("POST", path, version="openfrs/v1", json=body)
    except Refused as refusal:
        if filter_text is None or refusal.position is None:
            raise
        mark = f"\n  {filter_text}\n  {' ' * refusal.position}^"
        raise Refused(refusal.code, refusal.message + mark) from None
    return answer["total"], answer["faces"]


def all_of(target: Target, face_set: str, filter_text: str | None, offset: int) -> Iterator[Json]:
    """Every face from ``offset`` on, that matches if there is a filter. Raises as ``page_of``."""
    while True:
        _, faces = page_of(target, face_set, filter_text, offset, PAGE)
        yield from faces
        if len(faces) < PAGE:
            return
        offset += PAGE


def count(target: Target, face_set: str, filter_text: str) -> int:
    """How many faces match. Raises as ``page_of``."""
    total, _ = page_of(target, face_set, filter_text, 0, 1)
    return total


def bears(target: Target, face_set: str, image_id: str) -> bool:
    """Whether a face has that external_image_id. Raises as ``page_of``."""
    return count(target, face_set, f"external_image_id:{image_id}") > 0
