"""The log of what moved in each face set: its end is written, its beginning forgotten."""

import sqlite3
from collections.abc import Sequence

from openfrs.storage.revisions import Standing
from openfrs.storage.rows import keys_text

CHANGES_KEPT = 100_000
PART_OF_SET_KEPT = 10  # a tenth: rather than so many single changes a mirror takes the whole set


class ChangeLog:
    """Notes changes and prunes old ones. One thread uses it: the database's writer."""

    def __init__(self, changes_kept: int) -> None:
        self._kept = changes_kept
        self._unpruned: dict[int, int] = {}  # changes since the last look, by face set

    def note(self, connection: sqlite3.Connection, before: Standing, keys: Sequence[int]) -> None:
        """Notes that the write which follows ``before`` touched these faces."""
        connection.execute(
            "INSERT INTO face_change SELECT ?, ?, value FROM json_each(?)",
            (before.key, before.revision + 1, keys_text(keys)),
        )
        self._prune(connection, before, len(keys))

    def _prune(self, connection: sqlite3.Connection, now: Standing, changes: int) -> None:
        """Drops all but the latest changes: now and then, as finding them costs a walk."""
        kept = max(self._kept, now.face_number // PART_OF_SET_KEPT)
        unpruned = self._unpruned.get(now.key, kept) + changes
        if unpruned < kept / 10:
            self._unpruned[now.key] = unpruned
            return
        self._unpruned[now.key] = 0
        row = connection.execute(
            "SELECT revision FROM face_change WHERE face_set_key = ?"
            " ORDER BY revision DESC LIMIT 1 OFFSET ?",
            (now.key, kept),
        ).fetchone()
        if row is not None:
            connection.execute(
                "DELETE FROM face_change WHERE face_set_key = ? AND revision <= ?",
                (now.key, row[0]),
            )
            connection.execute(
                "UPDATE face_set SET pruned = ? WHERE face_set_key = ?", (row[0], now.key)
            )
