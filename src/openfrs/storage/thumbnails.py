"""Thumbnails in SQLite: whose they are, those on their way to the object store, those to erase.

What a face's deletion leaves to erase is noted by a trigger (migrations/0006), so that no way of
deleting can forget it.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence

from openfrs.domain.errors import FaceNotFound
from openfrs.domain.faces import FaceSet
from openfrs.domain.thumbnails import Thumbnail
from openfrs.storage.database import Database
from openfrs.storage.rows import keys_text


class SqliteThumbnails:
    """The thumbnails of every face set. Satisfies ThumbnailStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stamp(self) -> int:
        """A number that rises with every commit, of this or another process."""
        return self._database.stamp()

    def thumbnail(self, face_set: FaceSet, face_id: str) -> Thumbnail | None:
        """The face's thumbnail, or None where it has none. Raises FaceNotFound."""
        row = self._database.look_up(
            "SELECT thumbnail.object_key, thumbnail.sealed FROM face"
            " LEFT JOIN thumbnail USING (face_key)"
            " WHERE face.face_id = ? AND face.face_set_key = ?",
            (face_id, face_set.key),
        )
        if row is None:
            raise FaceNotFound(face_id)
        key, sealed = row
        return None if key is None else Thumbnail(key, sealed)

    def to_store(self, limit: int) -> Sequence[tuple[int, Thumbnail]]:
        """Thumbnails that the object store does not have yet, by face keys; the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT face_key, object_key, sealed FROM thumbnail WHERE sealed IS NOT NULL"
                " ORDER BY face_key LIMIT ?",
                (limit,),
            ).fetchall()
        return [(face_key, Thumbnail(key, sealed)) for face_key, key, sealed in rows]

    def stored(self, face_keys: Collection[int]) -> None:
        """Notes that the object store has these faces' thumbnails, and drops them here."""

        def drop(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE thumbnail SET sealed = NULL"
                " WHERE face_key IN (SELECT value FROM json_each(?))",
                (keys_text(list(face_keys)),),
            )

        self._database.write(drop)

    def to_erase(self, limit: int) -> Sequence[str]:
        """Keys of objects whose faces are gone."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT object_key FROM object_erasure LIMIT ?", (limit,)
            ).fetchall()
        return [key for (key,) in rows]

    def erased(self, keys: Collection[str]) -> None:
        """Notes that these objects are gone."""

        def forget(connection: sqlite3.Connection) -> None:
            connection.execute(
                "DELETE FROM object_erasure WHERE object_key IN (SELECT value FROM json_each(?))",
                (keys_text(list(keys)),),
            )

        self._database.write(forget)

    def object_keys(self) -> Mapping[str, bool]:
        """The keys of all thumbnails, and whether the object store has them."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT object_key, sealed IS NULL FROM thumbnail")
            return {key: bool(stored) for key, stored in rows}
