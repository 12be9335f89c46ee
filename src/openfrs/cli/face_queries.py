"""Faces by page and by filter, as the service lists them."""

from collections.abc import Iterator

from openfrs.cli.target import Json, Target, face_set_path

PAGE = 1000
"""Faces that are asked for at a time where all are wanted."""


def page_of(
    target: Target, face_set: str, filter_text: str | None, offset: int, limit: int
) -> tuple[int, list[Json]]:
    """How many faces there are or match, and the page. Raises CommandFailed."""
    if filter_text is None:
        where = {"offset": offset, "limit": limit}
        faces = target.ask("GET", face_set_path(face_set, "/faces"), params=where)["faces"]
        info = target.ask("GET", face_set_path(face_set))["face_set_info"]
        return info["face_number"], faces
    answer = _query(target, face_set, filter_text, offset, limit)
    return answer["total"], answer["faces"]


def all_of(target: Target, face_set: str, filter_text: str | None, offset: int) -> Iterator[Json]:
    """Every face from ``offset`` on, that matches if there is a filter."""
    while True:
        _, faces = page_of(target, face_set, filter_text, offset, PAGE)
        yield from faces
        if len(faces) < PAGE:
            return
        offset += PAGE


def count(target: Target, face_set: str, filter_text: str) -> int:
    """How many faces match. Raises CommandFailed."""
    total: int = _query(target, face_set, filter_text, 0, 1)["total"]
    return total


def bears(target: Target, face_set: str, image_id: str) -> bool:
    """Whether a face has that external_image_id."""
    return count(target, face_set, f"external_image_id:{image_id}") > 0


def _query(target: Target, face_set: str, filter_text: str, offset: int, limit: int) -> Json:
    return target.ask(
        "POST",
        face_set_path(face_set, "/faces/query"),
        version="openfrs/v1",
        json={"filter": filter_text, "offset": offset, "limit": limit},
    )
