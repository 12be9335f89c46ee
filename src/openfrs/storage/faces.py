"""Faces and their templates in SQLite: the only durable truth about them.

Every write to a set's faces raises the set's revision by one and stamps the rows it touches, in
one transaction; that is all a mirror needs to follow.
"""

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from openfrs.domain.errors import (
    FaceNotFound,
    FaceSetFull,
    FaceSetNotFound,
    TemplateModelMismatch,
)
from openfrs.domain.faces import Enrolment, Face, FaceSet, FaceUpdate, Template
from openfrs.storage.database import Database
from openfrs.storage.face_sets import SqliteFaceSets
from openfrs.storage.feed import SqliteFeed
from openfrs.storage.rows import (
    SELECT_FACE,
    face_of,
    fields_text,
    keys_text,
    new_id,
    vector_bytes,
    vector_of,
)

TOMBSTONES_A_SET = 10_000
_AMONG = "face_key IN (SELECT value FROM json_each(?))"


class SqliteStore(SqliteFaceSets, SqliteFeed):
    """All that is kept about faces. Satisfies FaceSetStore, FaceStore and FaceFeed.

    Writes return when they are durable. Beyond about ``tombstones`` deletions a mirror that has
    slept through them reloads the set.
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        *,
        new_id: Callable[[], str] = new_id,
        tombstones: int = TOMBSTONES_A_SET,
    ) -> None:
        super().__init__(database, now, new_id)
        self._tombstones = tombstones
        self._unpruned: dict[int, int] = {}  # deletions since the last look, by face set

    def add_faces(self, face_set: FaceSet, enrolments: Sequence[Enrolment]) -> Sequence[Face]:
        """The stored faces, with new ids. All or none: raises FaceSetFull past the capacity.

        Raises TemplateModelMismatch for a template of another model than the set's.
        """
        for enrolment in enrolments:
            if enrolment.template.model != face_set.model:
                raise TemplateModelMismatch(
                    f"face set {face_set.name} holds templates of {face_set.model}, "
                    f"not of {enrolment.template.model}"
                )
        blobs = [vector_bytes(enrolment.template.vector) for enrolment in enrolments]

        def insert(connection: sqlite3.Connection) -> list[Face]:
            revision = _raise_revision(connection, face_set, more_faces=len(enrolments))
            return [
                self._insert(connection, face_set, revision, enrolment, blob)
                for enrolment, blob in zip(enrolments, blobs, strict=True)
            ]

        return self._database.write(insert)

    def _insert(
        self,
        connection: sqlite3.Connection,
        face_set: FaceSet,
        revision: int,
        enrolment: Enrolment,
        blob: bytes,
    ) -> Face:
        box = enrolment.bounding_box
        fields = fields_text(enrolment.external_fields)
        while True:
            face_id = self._new_id()
            cursor = connection.execute(
                "INSERT INTO face (face_set_key, face_id, external_image_id, external_fields,"
                " width, height, top_left_x, top_left_y, enrolled, revision)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (face_id) DO NOTHING",
                (
                    *(face_set.key, face_id, enrolment.external_image_id, fields),
                    *(box.width, box.height, box.top_left_x, box.top_left_y),
                    *(revision, revision),
                ),
            )
            if cursor.rowcount:
                break
        key = cursor.lastrowid
        assert key is not None
        connection.execute("INSERT INTO template VALUES (?, ?)", (key, blob))
        return Face(key, face_id, enrolment.external_image_id, dict(enrolment.external_fields), box)

    def faces(self, face_set: FaceSet, offset: int, limit: int) -> Sequence[Face]:
        """A page of the set in the order of enrolment."""
        with self._database.read() as connection:
            rows = connection.execute(
                SELECT_FACE + " WHERE face_set_key = ? ORDER BY face_key LIMIT ? OFFSET ?",
                (face_set.key, limit, offset),
            ).fetchall()
        return [face_of(row) for row in rows]

    def face(self, face_set: FaceSet, face_id: str) -> Face:
        """The face of that id. Raises FaceNotFound."""
        with self._database.read() as connection:
            row = connection.execute(
                SELECT_FACE + " WHERE face_id = ? AND face_set_key = ?",
                (face_id, face_set.key),
            ).fetchone()
        if row is None:
            raise FaceNotFound(face_id)
        return face_of(row)

    def faces_at(self, face_set: FaceSet, keys: Collection[int]) -> Mapping[int, Face]:
        """The faces of those keys; keys that are gone are left out."""
        with self._database.read() as connection:  # the plus: never walk the set by its index
            rows = connection.execute(
                SELECT_FACE + " WHERE " + _AMONG + " AND +face_set_key = ?",
                (keys_text(list(keys)), face_set.key),
            ).fetchall()
        return {row[0]: face_of(row) for row in rows}

    def template(self, face_set: FaceSet, face_id: str) -> Template:
        """The stored template, as probe of a search. Raises FaceNotFound."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT template.vector FROM face JOIN template USING (face_key)"
                " WHERE face.face_id = ? AND face.face_set_key = ?",
                (face_id, face_set.key),
            ).fetchone()
        if row is None:
            raise FaceNotFound(face_id)
        return Template(vector_of(row[0]), face_set.model)

    def update_face(self, face_set: FaceSet, face_id: str, update: FaceUpdate) -> None:
        """Merges new client data into a face by key. Raises FaceNotFound."""
        fields = fields_text(update.external_fields)

        def merge(connection: sqlite3.Connection) -> None:
            revision = _raise_revision(connection, face_set)
            cursor = connection.execute(
                "UPDATE face SET external_image_id = coalesce(?, external_image_id),"
                " external_fields = json_patch(external_fields, ?), revision = ?"
                " WHERE face_id = ? AND face_set_key = ?",
                (update.external_image_id, fields, revision, face_id, face_set.key),
            )
            if not cursor.rowcount:
                raise FaceNotFound(face_id)

        self._database.write(merge)

    def delete_face(self, face_set: FaceSet, face_id: str) -> None:
        """Removes one face and its template. Raises FaceNotFound."""

        def remove(connection: sqlite3.Connection) -> None:
            revision = _raise_revision(connection, face_set, more_faces=-1)
            row = connection.execute(
                "SELECT face_key FROM face WHERE face_id = ? AND face_set_key = ?",
                (face_id, face_set.key),
            ).fetchone()
            if row is None:
                raise FaceNotFound(face_id)
            self._remove(connection, face_set, revision, [row[0]])

        self._database.write(remove)

    def delete_unchanged(
        self, face_set: FaceSet, keys: Collection[int], as_of: int
    ) -> tuple[int, frozenset[int]]:
        """Removes those of the faces that no write has touched since revision ``as_of``.

        Returns how many were removed, and the keys of those that live on because they changed.
        """
        wanted = keys_text(list(keys))

        def remove(connection: sqlite3.Connection) -> tuple[int, frozenset[int]]:
            found = connection.execute(
                "SELECT face.face_key, face.revision FROM json_each(?) AS wanted"
                " CROSS JOIN face ON face.face_key = wanted.value WHERE face.face_set_key = ?",
                (wanted, face_set.key),
            ).fetchall()
            unchanged = sorted({key for key, revision in found if revision <= as_of})
            revision = _raise_revision(
                connection, face_set, more_faces=-len(unchanged), by=int(bool(unchanged))
            )
            self._remove(connection, face_set, revision, unchanged)
            return len(unchanged), frozenset(key for key, _ in found).difference(unchanged)

        return self._database.write(remove)

    def _remove(
        self, connection: sqlite3.Connection, face_set: FaceSet, revision: int, keys: list[int]
    ) -> None:
        """Deletes the rows, templates with them, and leaves tombstones for the mirrors."""
        gone = keys_text(keys)
        connection.execute(
            "DELETE FROM face WHERE face_key IN (SELECT value FROM json_each(?))", (gone,)
        )
        connection.execute(
            "INSERT INTO tombstone SELECT ?, ?, value FROM json_each(?)",
            (face_set.key, revision, gone),
        )
        self._prune(connection, face_set, len(keys))

    def _prune(self, connection: sqlite3.Connection, face_set: FaceSet, deletions: int) -> None:
        """Drops all but the latest tombstones: now and then, as finding them costs a walk."""
        unpruned = self._unpruned.get(face_set.key, self._tombstones) + deletions
        if unpruned < self._tombstones / 10:
            self._unpruned[face_set.key] = unpruned
            return
        self._unpruned[face_set.key] = 0
        row = connection.execute(
            "SELECT revision FROM tombstone WHERE face_set_key = ?"
            " ORDER BY revision DESC LIMIT 1 OFFSET ?",
            (face_set.key, self._tombstones),
        ).fetchone()
        if row is not None:
            connection.execute(
                "DELETE FROM tombstone WHERE face_set_key = ? AND revision <= ?",
                (face_set.key, row[0]),
            )
            connection.execute(
                "UPDATE face_set SET pruned = ? WHERE face_set_key = ?", (row[0], face_set.key)
            )


def _raise_revision(
    connection: sqlite3.Connection, face_set: FaceSet, *, more_faces: int = 0, by: int = 1
) -> int:
    """The revision of the write that begins. Raises FaceSetNotFound, FaceSetFull."""
    row = connection.execute(
        "UPDATE face_set SET revision = revision + ?, face_number = face_number + ?"
        " WHERE face_set_key = ? RETURNING revision, face_number, capacity",
        (by, more_faces, face_set.key),
    ).fetchone()
    if row is None:
        raise FaceSetNotFound(face_set.name)
    revision: int
    revision, face_number, capacity = row
    if more_faces > 0 and face_number > capacity:
        raise FaceSetFull(
            f"face set {face_set.name} holds {face_number - more_faces} of {capacity} faces, "
            f"{more_faces} more do not fit"
        )
    return revision
