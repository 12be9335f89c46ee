"""Face sets in SQLite: create, show, list, and delete with all that is in them."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from openfrs.domain.audit import Touched
from openfrs.domain.errors import FaceSetExists, FaceSetNotFound, TooManyFaceSets
from openfrs.domain.faces import FaceSet
from openfrs.domain.fields import Schema
from openfrs.domain.quality_gate import NO_GATE, QualityGate
from openfrs.storage.database import Database
from openfrs.storage.group_commit import DatabaseClosed
from openfrs.storage.rows import (
    SELECT_FACE_SET,
    face_set_of,
    gate_text,
    schema_text,
    time_text,
)

FACES_ERASED_AT_ONCE = 2_000


class SqliteFaceSets:
    """The face sets of every project. Satisfies FaceSetStore.

    ``new_id`` draws a random id; one that is taken is drawn again.
    """

    def __init__(
        self, database: Database, now: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._database = database
        self._now = now
        self._new_id = new_id
        self._finish_erasures()

    def create_face_set(
        self,
        project_id: str,
        name: str,
        *,
        capacity: int,
        schema: Schema,
        model: str,
        limit: int,
        quality_gate: QualityGate = NO_GATE,
        retention_days: int | None = None,
        thumbnails: bool = False,
    ) -> FaceSet:
        """The new, empty face set. Raises FaceSetExists; TooManyFaceSets past ``limit``."""
        created = self._now().astimezone(UTC)

        def insert(connection: sqlite3.Connection) -> FaceSet:
            names = connection.execute(
                "SELECT name FROM face_set WHERE project_id = ?", (project_id,)
            ).fetchall()
            if (name,) in names:
                raise FaceSetExists(name)
            if len(names) >= limit:
                raise TooManyFaceSets(f"a project has at most {limit} face sets")
            while True:
                face_set_id = self._new_id()
                cursor = connection.execute(
                    "INSERT INTO face_set"
                    " (project_id, face_set_id, name, capacity, schema, model, created,"
                    " quality_gate, retention_days, thumbnails)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (face_set_id) DO NOTHING",
                    (
                        *(project_id, face_set_id, name, capacity),
                        *(schema_text(schema), model, time_text(created)),
                        *(gate_text(quality_gate), retention_days, thumbnails),
                    ),
                )
                if cursor.rowcount:
                    break
            assert cursor.lastrowid is not None
            return FaceSet(
                key=cursor.lastrowid,
                project_id=project_id,
                face_set_id=face_set_id,
                name=name,
                capacity=capacity,
                schema=dict(schema),
                model=model,
                created=created,
                face_number=0,
                quality_gate=dict(quality_gate),
                retention_days=retention_days,
                thumbnails=thumbnails,
            )

        return self._database.write(insert, lambda _: Touched(name))

    def face_set(self, project_id: str, name: str) -> FaceSet:
        """The face set of that name. Raises FaceSetNotFound."""
        with self._database.read() as connection:
            row = connection.execute(
                SELECT_FACE_SET + " WHERE project_id = ? AND name = ?",
                (project_id, name),
            ).fetchone()
        if row is None:
            raise FaceSetNotFound(name)
        return face_set_of(row)

    def face_sets(self, project_id: str) -> Sequence[FaceSet]:
        """Every face set of the project, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                SELECT_FACE_SET + " WHERE project_id = ? ORDER BY face_set_key",
                (project_id,),
            ).fetchall()
        return [face_set_of(row) for row in rows]

    def kept_for_a_time(self) -> Sequence[FaceSet]:
        """The face sets, of every project, whose faces have an end."""
        with self._database.read() as connection:
            rows = connection.execute(
                SELECT_FACE_SET + " WHERE retention_days IS NOT NULL ORDER BY face_set_key"
            ).fetchall()
        return [face_set_of(row) for row in rows]

    def set_retention(self, face_set: FaceSet, days: int | None) -> None:
        """Keeps the set's faces for so many days, or for good. Raises FaceSetNotFound."""

        def change(connection: sqlite3.Connection) -> None:
            found = connection.execute(
                "UPDATE face_set SET retention_days = ? WHERE face_set_key = ?",
                (days, face_set.key),
            )
            if not found.rowcount:
                raise FaceSetNotFound(face_set.name)

        self._database.write(change, lambda _: Touched(face_set.name))

    def delete_face_set(self, face_set: FaceSet) -> None:
        """Removes the set with its faces and templates. Raises FaceSetNotFound.

        The set is gone with the first commit. Its faces, which nobody can reach any more, follow
        in portions, so that writes to other sets need not wait for millions of them.
        """

        def remove(connection: sqlite3.Connection) -> int:
            found = connection.execute(
                "DELETE FROM face_set WHERE face_set_key = ? RETURNING face_number",
                [face_set.key],
            ).fetchone()
            if found is None:
                raise FaceSetNotFound(face_set.name)
            connection.execute("INSERT INTO face_set_erasure VALUES (?)", [face_set.key])
            return int(found[0])

        self._database.write(remove, lambda faces: Touched(face_set.name, count=faces))
        self._erase_faces(face_set.key)

    def _finish_erasures(self) -> None:
        """Erases the faces of deleted sets that a process which died has left behind.

        It is done beside everything else: a set of millions would keep the service from starting.
        """
        with self._database.read() as connection:
            left = connection.execute("SELECT face_set_key FROM face_set_erasure").fetchall()

        def erase() -> None:
            with contextlib.suppress(DatabaseClosed):  # then the next start goes on with it
                for (face_set_key,) in left:
                    self._erase_faces(face_set_key)

        if left:
            threading.Thread(target=erase, name="erasure", daemon=True).start()

    def _erase_faces(self, face_set_key: int) -> None:
        def erase_portion(connection: sqlite3.Connection) -> bool:
            portion = (face_set_key, FACES_ERASED_AT_ONCE)
            faces = connection.execute(
                "DELETE FROM face WHERE face_key IN"
                " (SELECT face_key FROM face WHERE face_set_key = ? ORDER BY face_key LIMIT ?)",
                portion,
            )
            changes = connection.execute(
                "DELETE FROM face_change WHERE (face_set_key, revision, face_key) IN"
                " (SELECT * FROM face_change WHERE face_set_key = ? LIMIT ?)",
                portion,
            )
            if faces.rowcount or changes.rowcount:
                return True
            connection.execute(
                "DELETE FROM face_set_erasure WHERE face_set_key = ?", (face_set_key,)
            )
            return False

        while self._database.write(erase_portion):
            pass
