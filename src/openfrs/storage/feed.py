"""What moved in a face set between two revisions: the feed that mirrors follow."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from openfrs.domain.errors import FaceSetNotFound
from openfrs.domain.faces import FaceChange, FaceSet
from openfrs.storage.database import Database
from openfrs.storage.rows import fields_of, vector_of

_WHOLE = (
    "SELECT face_key, face_id, external_image_id, external_fields, vector"
    " FROM face JOIN template USING (face_key) WHERE face_set_key = ? ORDER BY face_key"
)
_MOVED = (
    "SELECT face_key, face_id, external_image_id, external_fields, CASE WHEN enrolled > ? THEN"
    " (SELECT vector FROM template WHERE template.face_key = face.face_key) END"
    " FROM face WHERE face_set_key = ? AND revision > ?"
)


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference between two revisions of a face set. Satisfies FaceChanges.

    ``faces`` can be walked through once. Until its end is reached, or it is dropped, it holds a
    read transaction: a set of millions is streamed from one moment's view, and never copied.
    """

    revision: int
    complete: bool
    removed: Sequence[int]
    faces: Iterable[FaceChange]


class SqliteFeed:
    """Revisions and changes of face sets. Satisfies FaceFeed."""

    _database: Database

    def revision(self, face_set: FaceSet) -> int:
        """The number of the last write to the set. Raises FaceSetNotFound."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT revision FROM face_set WHERE face_set_key = ?", (face_set.key,)
            ).fetchone()
        if row is None:
            raise FaceSetNotFound(face_set.name)
        revision: int = row[0]
        return revision

    def changes(self, face_set: FaceSet, since: int) -> Changes:
        """What moved after revision ``since``, in one consistent view.

        It is the whole set for a mirror that has nothing yet, and for one so far behind that
        tombstones it would need have been pruned. Raises FaceSetNotFound.
        """
        with ExitStack() as stack:
            connection = stack.enter_context(self._database.read())
            row = connection.execute(
                "SELECT revision, pruned FROM face_set WHERE face_set_key = ?", (face_set.key,)
            ).fetchone()
            if row is None:
                raise FaceSetNotFound(face_set.name)
            revision, pruned = row
            complete = since <= 0 or since < pruned
            if complete:
                removed: list[int] = []
                faces = connection.execute(_WHOLE, (face_set.key,))
            else:
                removed = [
                    key
                    for (key,) in connection.execute(
                        "SELECT face_key FROM tombstone WHERE face_set_key = ? AND revision > ?",
                        (face_set.key, since),
                    )
                ]
                faces = connection.execute(_MOVED, (since, face_set.key, since))
            return Changes(revision, complete, removed, _stream(faces, stack.pop_all()))


def _stream(rows: sqlite3.Cursor, transaction: ExitStack) -> Iterator[FaceChange]:
    with transaction, closing(rows):  # an open cursor would keep the moment beyond the end
        for key, face_id, image_id, fields, blob in rows:
            vector = None if blob is None else vector_of(blob)
            yield FaceChange(key, face_id, image_id, fields_of(fields), vector)
