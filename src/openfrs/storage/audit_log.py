"""The audit log in SQLite: entries are added inside transactions, and nowhere else."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from openfrs.domain.audit import Record
from openfrs.domain.audit_chain import Head, canonical, link, seal, sealed

UNSEALED = ""


class AuditLog:
    """Adds to the log. Whoever calls it holds the right to write.

    ``key`` seals the log's end. Without it, or on a log whose seal is broken, entries are added and
    the seal stays broken, so that nobody's forgery is sealed by the next honest write.
    """

    def __init__(self, key: bytes | None, now: Callable[[], datetime]) -> None:
        self._key = key
        self._now = now

    def append(self, connection: sqlite3.Connection, records: Sequence[Record]) -> None:
        """Adds the records at the end, in their order; they are durable with the transaction."""
        head, found = read_head(connection)
        time = time_text(self._now())
        before = head
        rows = []
        for record in records:
            number = head.last + 1
            text = canonical(_entry(number, time, record))
            head = replace(head, last=number, hash=link(head.hash, text))
            rows.append((number, text, head.hash))
        connection.execute(
            "INSERT INTO audit_entry SELECT json_extract(value, '$[0]'),"
            " json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?)",
            (json.dumps(rows),),
        )
        self.write_head(connection, head, intact=self.intact(before, found))

    def intact(self, head: Head, found: str) -> bool:
        """True where nobody without the key has touched where the log begins and ends."""
        if self._key is None:
            return False
        return sealed(self._key, head, found) or (head.pristine and found == UNSEALED)

    def write_head(self, connection: sqlite3.Connection, head: Head, *, intact: bool) -> None:
        """Stores where the log begins and ends now, sealed where the one before was intact."""
        text = seal(self._key, head) if intact and self._key is not None else UNSEALED
        connection.execute(
            "UPDATE audit_head SET first = ?, anchor = ?, last = ?, hash = ?, seal = ?",
            (head.first, head.anchor, head.last, head.hash, text),
        )


def read_head(connection: sqlite3.Connection) -> tuple[Head, str]:
    """Where the log begins and ends, and the seal on that."""
    *head, found = connection.execute(
        "SELECT first, anchor, last, hash, seal FROM audit_head"
    ).fetchone()
    return Head(*head), found


def _entry(number: int, time: str, record: Record) -> dict[str, object]:
    """What is written of a record; empty values are left out."""
    act, touched, outcome = record.act, record.touched, record.outcome
    values: dict[str, object] = {
        "actor": str(act.actor),
        "user": act.user,
        "user_id": act.user_id,
        "access_key": act.access_key,
        "client": act.client,
        "operation": act.operation,
        "project_id": act.project_id,
        "face_set": touched.face_set or act.face_set,
        "faces": list(touched.faces),
        "target": touched.target,
        "error_code": outcome.error_code,
        "request_id": act.request_id,
    }
    entry = {name: value for name, value in values.items() if value}
    entry |= {"number": number, "time": time, "status": outcome.status}
    if touched.count is not None:
        entry["count"] = touched.count
    return entry


def time_text(moment: datetime) -> str:
    """UTC, with microseconds; texts sort as their times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
