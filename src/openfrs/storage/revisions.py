"""Where a face set stands when a write begins, and the step that the write takes."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from openfrs.domain.errors import FaceSetNotFound
from openfrs.domain.faces import FaceSet

Item = TypeVar("Item")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Standing:
    """A face set inside a write transaction, before the write; the write is ``revision + 1``."""

    key: int
    revision: int
    face_number: int
    capacity: int


def standing(connection: sqlite3.Connection, face_set: FaceSet) -> Standing:
    """Where the set stands now. Raises FaceSetNotFound."""
    row = connection.execute(
        "SELECT face_set_key, revision, face_number, capacity FROM face_set WHERE face_set_key = ?",
        (face_set.key,),
    ).fetchone()
    if row is None:
        raise FaceSetNotFound(face_set.name)
    return Standing(*row)


def raise_revision(
    connection: sqlite3.Connection, before: Standing, *, more_faces: int = 0
) -> None:
    """Makes the next revision the set's."""
    connection.execute(
        "UPDATE face_set SET revision = ?, face_number = face_number + ? WHERE face_set_key = ?",
        (before.revision + 1, more_faces, before.key),
    )


def by_face_set(
    connection: sqlite3.Connection,
    items: Sequence[Item],
    face_set_of: Callable[[Item], FaceSet],
    write: Callable[[sqlite3.Connection, Standing, Sequence[Item]], Sequence[T | Exception]],
) -> list[T | Exception]:
    """The outcome of each item, in their order: what ``write`` says of all items of its set.

    Items whose set is gone are refused with FaceSetNotFound.
    """
    sets: dict[int, list[int]] = {}
    for place, item in enumerate(items):
        sets.setdefault(face_set_of(item).key, []).append(place)
    outcomes: dict[int, T | Exception] = {}
    for places in sets.values():
        try:
            now = standing(connection, face_set_of(items[places[0]]))
        except FaceSetNotFound:
            gone = (FaceSetNotFound(face_set_of(items[place]).name) for place in places)
            outcomes.update(zip(places, gone, strict=True))
            continue
        written = write(connection, now, [items[place] for place in places])
        outcomes.update(zip(places, written, strict=True))
    return [outcomes[place] for place in range(len(items))]
