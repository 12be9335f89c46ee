"""What moved in a face set between two revisions: the feed that mirrors follow."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from openfrs.domain.errors import FaceSetNotFound
from openfrs.domain.faces import BoundingBox, Face, FaceBlock, FaceChange, FacePatch, FaceSet
from openfrs.storage.database import Database
from openfrs.storage.rows import keys_text, vector_of

CHANGES_AT_ONCE = 2_000
FACES_A_BLOCK = 1024
_WHOLE = (
    "SELECT face_key, face_id, external_image_id, external_fields,"
    " width, height, top_left_x, top_left_y, vector FROM face JOIN template USING (face_key)"
    " WHERE face_set_key = ? ORDER BY face_key"
)
# Rows come as one JSON text: each row of a cursor would give the interpreter up and wait for it.
_LOGGED = (
    "SELECT json_group_array(CASE WHEN face.face_key IS NULL THEN -moved.face_key"
    " ELSE moved.face_key END) FROM (SELECT DISTINCT face_key FROM face_change"
    " WHERE face_set_key = ? AND revision > ?) AS moved LEFT JOIN face USING (face_key)"
)
_ROW = (
    "'[' || face.face_key || ',' || json_quote(face_id) || ',' || json_quote(external_image_id)"
    " || ',' || external_fields || ',' || width || ',' || height || ',' || top_left_x"
    " || ',' || top_left_y || ',' || (enrolled > ?) || ']'"
)
_MOVED = (
    f"SELECT group_concat({_ROW}) FROM face"  # noqa: S608
    " WHERE face_key IN (SELECT value FROM json_each(?))"
)
# The usual catch-up of a busy mirror in one statement: a set's standing, and the latest changes.
_RECENT = (
    "SELECT revision, pruned, (SELECT group_concat(CASE WHEN face.face_key IS NULL"  # noqa: S608
    f" THEN '[' || moved.face_key || ']' ELSE {_ROW} END)"
    " FROM (SELECT DISTINCT face_key FROM face_change WHERE face_set_key = ? AND revision > ?"
    " LIMIT ?) AS moved LEFT JOIN face USING (face_key)) FROM face_set WHERE face_set_key = ?"
)
_VECTORS = (
    "SELECT face_key, vector FROM template WHERE face_key IN (SELECT value FROM json_each(?))"
)


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference between two revisions of a face set. Satisfies FaceChanges.

    ``faces`` and ``blocks`` can be walked through once. Until the end is reached, or they are
    dropped, they may hold a read transaction: a set of millions is streamed from one moment's
    view, and never copied.
    """

    revision: int
    stamp: int
    complete: bool = False
    removed: Sequence[int] = ()
    patches: Iterable[FacePatch] = ()
    faces: Iterable[FaceChange] = ()
    blocks: Iterable[FaceBlock] = ()


class SqliteFeed:
    """Revisions and changes of face sets. Satisfies FaceFeed."""

    _database: Database

    def stamp(self) -> int:
        """A number that rises with every commit; see FaceFeed."""
        return self._database.stamp()

    def revision(self, face_set: FaceSet) -> int:
        """The number of the last write to the set. Raises FaceSetNotFound."""
        row = self._database.look_up(
            "SELECT revision FROM face_set WHERE face_set_key = ?", (face_set.key,)
        )
        if row is None:
            raise FaceSetNotFound(face_set.name)
        revision: int = row[0]
        return revision

    def changes(self, face_set: FaceSet, since: int, stamp: int | None = None) -> Changes:
        """What moved after revision ``since``, in one consistent view.

        It is the whole set for a mirror that has nothing yet, and for one so far behind that
        the log does not go back to it. ``stamp`` is that of the changes which brought the mirror
        to ``since``. Raises FaceSetNotFound.
        """
        now = self.stamp()  # before anything is read: what comes later is told again
        if stamp is not None and since > 0:
            own = self._database.recent.since(face_set.key, since, stamp, now)
            if own is not None:
                until, revision, patches = own
                return Changes(revision, until, patches=patches)
        recent = self._recent_changes(face_set, since, now) if since > 0 else None
        if recent is not None:
            return recent
        with ExitStack() as stack:
            connection = stack.enter_context(self._database.read())
            row = connection.execute(
                "SELECT revision, pruned FROM face_set WHERE face_set_key = ?", (face_set.key,)
            ).fetchone()
            if row is None:
                raise FaceSetNotFound(face_set.name)
            revision, pruned = row
            if since == revision:
                return Changes(revision, now)
            if since <= 0 or since < pruned:
                rows = connection.execute(_WHOLE, (face_set.key,))
                return Changes(revision, now, complete=True, blocks=_whole(rows, stack.pop_all()))
            [text] = connection.execute(_LOGGED, (face_set.key, since)).fetchone()
            keys: list[int] = json.loads(text)
            removed = [-key for key in keys if key < 0]
            moved = [key for key in keys if key > 0]
            faces = _moved(connection, moved, since, stack.pop_all())
            return Changes(revision, now, removed=removed, faces=faces)

    def _recent_changes(self, face_set: FaceSet, since: int, now: int) -> Changes | None:
        """What moved, where that is few faces and no new one among them; None otherwise."""
        row = self._database.look_up(
            _RECENT, (since, face_set.key, since, CHANGES_AT_ONCE + 1, face_set.key)
        )
        if row is None:
            raise FaceSetNotFound(face_set.name)
        revision, pruned, text = row
        rows = json.loads(f"[{text or ''}]")
        if since < pruned or len(rows) > CHANGES_AT_ONCE:
            return None
        removed = [row[0] for row in rows if len(row) == 1]
        moved = [row for row in rows if len(row) > 1]
        if any(enrolled for *_, enrolled in moved):
            return None
        faces = [FaceChange(_face(row), None) for row in moved]
        return Changes(revision, now, removed=removed, faces=faces)


def _face(row: Sequence[Any]) -> Face:
    key, face_id, image_id, fields, width, height, x, y, _ = row
    return Face(key, face_id, image_id, fields, BoundingBox(width, height, x, y))


def _whole(rows: sqlite3.Cursor, transaction: ExitStack) -> Iterator[FaceBlock]:
    with transaction, closing(rows):  # an open cursor would keep the moment beyond the end
        while portion := rows.fetchmany(FACES_A_BLOCK):
            keys, face_ids, image_ids, fields, *box, blobs = zip(*portion, strict=True)
            yield FaceBlock(
                np.array(keys, np.int64),
                face_ids,
                image_ids,
                json.loads(f"[{','.join(fields)}]"),
                np.array(box, np.int32).T,
                np.frombuffer(b"".join(blobs), "<f4").reshape(len(keys), -1),
            )


def _moved(
    connection: sqlite3.Connection, keys: Sequence[int], since: int, transaction: ExitStack
) -> Iterator[FaceChange]:
    """The faces of those keys, with the vectors of those enrolled after ``since``."""
    with transaction:
        for start in range(0, len(keys), CHANGES_AT_ONCE):
            portion = keys_text(keys[start : start + CHANGES_AT_ONCE])
            [text] = connection.execute(_MOVED, (since, portion)).fetchone()
            rows = json.loads(f"[{text}]")
            enrolled = [row[0] for row in rows if row[-1]]
            vectors = {}
            if enrolled:
                found = connection.execute(_VECTORS, (keys_text(enrolled),)).fetchall()
                vectors = {key: vector_of(blob) for key, blob in found}
            for row in rows:
                yield FaceChange(_face(row), vectors.get(row[0]))
