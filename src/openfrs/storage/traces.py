"""What erased faces have left in a database, asked of it and of its files."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from openfrs.domain.faces import FaceSet
from openfrs.storage.copying import as_it_is
from openfrs.storage.database import Database, Turn
from openfrs.storage.rows import keys_text

_COUNT = "SELECT count(*) FROM"
_AMONG = "IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class StoredFace:
    """A face that is to go: its ids and the bytes of its template."""

    face_key: int
    face_id: str
    template: bytes


@dataclass(frozen=True, slots=True)
class RowsLeft:
    """Rows that there are of faces; ``log_entries`` are numbers without any data of theirs."""

    faces: int
    templates: int
    log_entries: int


class Traces:
    """Looks at faces by their keys, before and after they are erased."""

    def __init__(self, database: Database, path: Path) -> None:
        self._database = database
        self._path = path

    def dimension(self, face_set: FaceSet) -> int | None:
        """How many numbers the set's templates have; None where it holds no face."""
        row = self._database.look_up(
            "SELECT length(vector) / 4 FROM face JOIN template USING (face_key)"
            " WHERE face_set_key = ? LIMIT 1",
            (face_set.key,),
        )
        return None if row is None else row[0]

    def stored(self, face_set: FaceSet, keys: Sequence[int]) -> Sequence[StoredFace]:
        """Those of the faces that the set has now, in the order of their enrolment."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT face_key, face_id, vector FROM face JOIN template USING (face_key)"  # noqa: S608
                f" WHERE face_set_key = ? AND face_key {_AMONG} ORDER BY face_key",
                (face_set.key, keys_text(keys)),
            ).fetchall()
        return [StoredFace(*row) for row in rows]

    def left(self, keys: Sequence[int], face_ids: Sequence[str]) -> RowsLeft:
        """The rows that there still are of these faces, of whatever face set."""
        with self._database.read() as connection:

            def count(sql: str, *parameters: object) -> int:
                [number] = connection.execute(sql, parameters).fetchone()
                assert isinstance(number, int)
                return number

            return RowsLeft(
                count(
                    f"{_COUNT} face WHERE face_key {_AMONG} OR face_id {_AMONG}",
                    keys_text(keys),
                    # The ids are letters and digits.
                    "[" + ",".join(f'"{face_id}"' for face_id in face_ids) + "]",
                ),
                count(f"{_COUNT} template WHERE face_key {_AMONG}", keys_text(keys)),
                count(f"{_COUNT} face_change WHERE face_key {_AMONG}", keys_text(keys)),
            )

    def shared(self, template: bytes) -> bool:
        """True where another face has the same template, as after enrolling a picture twice."""
        row = self._database.look_up("SELECT 1 FROM template WHERE vector = ? LIMIT 1", (template,))
        return row is not None

    def empty_log(self, patience: float) -> bool:
        """Brings what is in the write-ahead log into the database; True where it is empty then.

        Readers in the middle of a transaction are waited for so many seconds.
        """
        give_up = time.monotonic() + patience
        with as_it_is(self._path) as connection:
            connection.execute("PRAGMA busy_timeout = 100")
            while True:
                try:
                    [busy, *_] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                except sqlite3.OperationalError:
                    busy = True
                if not busy or time.monotonic() > give_up:
                    return not busy
                time.sleep(0.05)

    def rewrite(self) -> None:
        """Builds the file anew from what the tables hold. Writers wait as long as that takes."""
        with closing(Turn(self._path.parent)) as turn, turn, as_it_is(self._path) as connection:
            connection.execute("VACUUM")
