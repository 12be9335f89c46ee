"""Faces and their templates in SQLite: the only durable truth about them.

Every write to a set's faces raises the set's revision, stamps the rows it touches and logs their
keys, in one transaction; that is all a mirror needs to follow. Additions, or updates, of one set
that wait for the disk at the same time are one step of the revision.
"""

import sqlite3
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from openfrs.domain.errors import FaceNotFound, FaceSetFull, TemplateModelMismatch
from openfrs.domain.faces import (
    Enrolment,
    Face,
    FacePage,
    FacePatch,
    FaceSet,
    FaceUpdate,
    Template,
)
from openfrs.storage.change_log import CHANGES_KEPT, ChangeLog
from openfrs.storage.database import Database
from openfrs.storage.face_sets import SqliteFaceSets
from openfrs.storage.feed import SqliteFeed
from openfrs.storage.revisions import Standing, by_face_set, raise_revision, standing
from openfrs.storage.rows import (
    SELECT_FACE,
    face_of,
    fields_text,
    keys_text,
    new_id,
    vector_bytes,
    vector_of,
)
from openfrs.storage.updates import Update, merge_updates

DELETED_AT_ONCE = 2_000
_SELECT_PAGE = SELECT_FACE + " WHERE face_set_key = ? ORDER BY face_key LIMIT ? OFFSET ?"
_AMONG = "face_key IN (SELECT value FROM json_each(?))"

Addition = tuple[FaceSet, Sequence[Enrolment], Sequence[bytes]]


class SqliteStore(SqliteFaceSets, SqliteFeed):
    """All that is kept about faces. Satisfies FaceSetStore, FaceStore and FaceFeed.

    Writes return when they are durable. Beyond about ``changes_kept`` changes, or a tenth of the
    set, a mirror that has slept through them reloads the set.
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        *,
        new_id: Callable[[], str] = new_id,
        changes_kept: int = CHANGES_KEPT,
    ) -> None:
        super().__init__(database, now, new_id)
        self._log = ChangeLog(changes_kept)

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
        return self._database.write_together(self._add_all, (face_set, enrolments, blobs))

    def _add_all(
        self, connection: sqlite3.Connection, additions: Sequence[Addition]
    ) -> Sequence[list[Face] | Exception]:
        return by_face_set(connection, additions, lambda addition: addition[0], self._add_to_set)

    def _add_to_set(
        self, connection: sqlite3.Connection, now: Standing, additions: Sequence[Addition]
    ) -> list[list[Face] | Exception]:
        """The additions that fit, in their order; each that does not is refused alone."""
        outcomes: list[list[Face] | Exception] = []
        added: list[int] = []
        revision, face_number = now.revision + 1, now.face_number
        for face_set, enrolments, blobs in additions:
            if face_number + len(enrolments) > now.capacity and enrolments:
                outcomes.append(
                    FaceSetFull(
                        f"face set {face_set.name} holds {face_number} of {now.capacity} faces, "
                        f"{len(enrolments)} more do not fit"
                    )
                )
                continue
            face_number += len(enrolments)
            faces = [
                self._insert(connection, face_set, revision, enrolment, blob)
                for enrolment, blob in zip(enrolments, blobs, strict=True)
            ]
            added += [face.face_key for face in faces]
            outcomes.append(faces)
        if any(isinstance(outcome, list) for outcome in outcomes):
            raise_revision(connection, now, more_faces=len(added))
            self._log.note(connection, now, added)
        return outcomes

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
            rows = connection.execute(_SELECT_PAGE, (face_set.key, limit, offset)).fetchall()
        return [face_of(row) for row in rows]

    def page(self, face_set: FaceSet, offset: int, limit: int) -> FacePage:
        """A page of the set, with the number of all faces at the same moment.

        Raises FaceSetNotFound.
        """
        with self._database.read() as connection:
            total = standing(connection, face_set).face_number
            rows = connection.execute(_SELECT_PAGE, (face_set.key, limit, offset)).fetchall()
        return FacePage(total, [face_of(row) for row in rows])

    def face(self, face_set: FaceSet, face_id: str) -> Face:
        """The face of that id. Raises FaceNotFound."""
        row = self._database.look_up(
            SELECT_FACE + " WHERE face_id = ? AND face_set_key = ?", (face_id, face_set.key)
        )
        if row is None:
            raise FaceNotFound(face_id)
        return face_of(row)

    def template(self, face_set: FaceSet, face_id: str) -> Template:
        """The stored template, as probe of a search. Raises FaceNotFound."""
        row = self._database.look_up(
            "SELECT template.vector FROM face JOIN template USING (face_key)"
            " WHERE face.face_id = ? AND face.face_set_key = ?",
            (face_id, face_set.key),
        )
        if row is None:
            raise FaceNotFound(face_id)
        return Template(vector_of(row[0]), face_set.model)

    def update_face(self, face_set: FaceSet, face_id: str, update: FaceUpdate) -> None:
        """Merges new client data into a face by key. Raises FaceNotFound."""
        text = fields_text(update.external_fields)
        self._database.write_together(
            self._update_all,
            Update(face_set, face_id, update.external_image_id, update.external_fields, text),
        )

    def _update_all(
        self, connection: sqlite3.Connection, updates: Sequence[Update]
    ) -> Sequence[Exception | None]:
        return by_face_set(connection, updates, lambda update: update.face_set, self._update_in_set)

    def _update_in_set(
        self, connection: sqlite3.Connection, now: Standing, updates: Sequence[Update]
    ) -> list[Exception | None]:
        latest, found = merge_updates(connection, now, updates)
        if latest:
            raise_revision(connection, now)
            self._log.note(connection, now, list(latest))
        patches = [
            FacePatch(key, update.external_image_id, update.external_fields)
            for key, update in latest.items()
        ]
        self._database.recent.note(now, len(updates), patches)
        return [
            None if update.face_id in found else FaceNotFound(update.face_id) for update in updates
        ]

    def delete_face(self, face_set: FaceSet, face_id: str) -> None:
        """Removes one face and its template. Raises FaceNotFound."""

        def remove(connection: sqlite3.Connection) -> None:
            now = standing(connection, face_set)
            row = connection.execute(
                "SELECT face_key FROM face WHERE face_id = ? AND face_set_key = ?",
                (face_id, face_set.key),
            ).fetchone()
            if row is None:
                raise FaceNotFound(face_id)
            self._remove(connection, now, [row[0]])

        self._database.write(remove)

    def delete_unchanged(
        self, face_set: FaceSet, keys: Collection[int], as_of: int
    ) -> tuple[int, frozenset[int]]:
        """Removes those of the faces that no write has touched since revision ``as_of``.

        Returns how many were removed, and the keys of those that live on because they changed.
        Many faces go in portions, each durable by itself, so that other writes need not wait for
        all of them; each face is looked at in the transaction that removes it.
        """
        wanted = sorted(keys)
        deleted, changed = self._delete_portion(face_set, wanted[:DELETED_AT_ONCE], as_of)
        for start in range(DELETED_AT_ONCE, len(wanted), DELETED_AT_ONCE):
            portion = wanted[start : start + DELETED_AT_ONCE]
            more, more_changed = self._delete_portion(face_set, portion, as_of)
            deleted += more
            changed |= more_changed
        return deleted, changed

    def _delete_portion(
        self, face_set: FaceSet, keys: Sequence[int], as_of: int
    ) -> tuple[int, frozenset[int]]:
        wanted = keys_text(keys)

        def remove(connection: sqlite3.Connection) -> tuple[int, frozenset[int]]:
            now = standing(connection, face_set)
            found = connection.execute(
                "SELECT face.face_key, face.revision FROM json_each(?) AS wanted"
                " CROSS JOIN face ON face.face_key = wanted.value WHERE face.face_set_key = ?",
                (wanted, face_set.key),
            ).fetchall()
            unchanged = sorted({key for key, revision in found if revision <= as_of})
            if unchanged:
                self._remove(connection, now, unchanged)
            return len(unchanged), frozenset(key for key, _ in found).difference(unchanged)

        return self._database.write(remove)

    def _remove(self, connection: sqlite3.Connection, now: Standing, keys: Sequence[int]) -> None:
        """Deletes the rows, templates with them, and logs the keys for the mirrors."""
        raise_revision(connection, now, more_faces=-len(keys))
        connection.execute(f"DELETE FROM face WHERE {_AMONG}", (keys_text(keys),))  # noqa: S608
        self._log.note(connection, now, keys)
