"""Reading the audit log: entries that were asked for, whether it is whole, and its oldest part."""

import itertools
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from openfrs.domain.audit import Act, Record, Touched
from openfrs.domain.audit_chain import Head, canonical, link
from openfrs.storage.audit_log import AuditLog, read_head, time_text
from openfrs.storage.database import Database

PEOPLE = ("user", "user_id", "access_key")
PRUNED_AT_ONCE = 5_000

Entry = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; what is None does not matter. ``user`` is a name, an id or an access key."""

    since: datetime | None = None
    until: datetime | None = None
    user: str | None = None
    operation: str | None = None
    face_set: str | None = None
    face: str | None = None
    limit: int | None = None

    def takes(self, entry: Entry) -> bool:
        """True for an entry that is asked for."""
        time = str(entry.get("time", ""))
        faces = entry.get("faces")
        return (
            (self.since is None or time >= time_text(self.since))
            and (self.until is None or time < time_text(self.until))
            and self.operation in (None, entry.get("operation"))
            and self.face_set in (None, entry.get("face_set"))
            and (self.user is None or self.user in [entry.get(name) for name in PEOPLE])
            and (
                self.face is None
                or (isinstance(faces, list) and self.face in faces)
                or entry.get("target") == f"face {self.face}"
            )
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the log, from which entry on; the entry is None for the log's end."""

    number: int | None
    reason: str


class AuditHistory:
    """The log as it stands in the database."""

    def __init__(self, database: Database, log: AuditLog) -> None:
        self._database = database
        self._log = log

    def entries(self, wanted: Wanted) -> Iterator[Entry]:
        """The entries in their order; with a limit the latest so many."""
        if wanted.limit is None:
            yield from self._read("ASC", wanted)
        else:
            latest = list(itertools.islice(self._read("DESC", wanted), wanted.limit))
            yield from reversed(latest)

    def _read(self, order: str, wanted: Wanted) -> Iterator[Entry]:
        with self._database.read() as connection:
            for number, text in connection.execute(
                f"SELECT number, entry FROM audit_entry ORDER BY number {order}"  # noqa: S608
            ):
                entry = _readable(number, text)
                if wanted.takes(entry):
                    yield entry

    def verify(self, known: tuple[int, str] | None = None) -> tuple[Head, Finding | None]:
        """Where the log begins and ends, and the first thing that is wrong with it.

        ``known`` is the number and hash of an entry that somebody noted elsewhere.
        """
        with self._database.read() as connection:
            head, found = read_head(connection)
            finding = _broken(connection, head)
            if finding is None and not self._log.intact(head, found):
                finding = Finding(
                    None, "the seal does not fit: the end of the log is not as sealed"
                )
            if finding is None and known is not None:
                finding = _unknown(connection, head, *known)
        return head, finding

    def prune(self, before: datetime, act: Act) -> int:
        """How many entries from before that time were removed; the log says so itself.

        What remains is linked to what was removed by its hash.
        """
        first = self._first_since(before)
        removed = 0

        def job(connection: sqlite3.Connection) -> int:
            head, found = read_head(connection)
            start = min(first, head.first + PRUNED_AT_ONCE)
            if start <= head.first:
                return 0
            [anchor] = connection.execute(
                "SELECT hash FROM audit_entry WHERE number = ?", (start - 1,)
            ).fetchone()
            connection.execute("DELETE FROM audit_entry WHERE number < ?", (start,))
            shorter = replace(head, first=start, anchor=anchor)
            self._log.write_head(connection, shorter, intact=self._log.intact(head, found))
            if not removed:
                touched = Touched(count=first - head.first, target=f"entries before {first}")
                self._log.append(connection, [Record(act, touched)])
            return start - head.first

        while portion := self._database.write(job):
            removed += portion
        return removed

    def _first_since(self, before: datetime) -> int:
        """The number of the first entry that stays."""
        with self._database.read() as connection:
            for number, text in connection.execute(
                "SELECT number, entry FROM audit_entry ORDER BY number"
            ):
                if str(_readable(number, text).get("time", "")) >= time_text(before):
                    return int(number)
            return read_head(connection)[0].last + 1

    def accept(self, act: Act) -> None:
        """Seals the log as it stands, with an entry that says who took it for good."""

        def job(connection: sqlite3.Connection) -> None:
            head, _ = read_head(connection)
            self._log.write_head(connection, head, intact=True)
            self._log.append(connection, [Record(act, Touched(target=f"as of {head.last}"))])

        self._database.write(job)


def _broken(connection: sqlite3.Connection, head: Head) -> Finding | None:
    """The first entry that is not what it was when it was written, or not where it was."""
    expected, previous = head.first, head.anchor
    for number, text, digest in connection.execute(
        "SELECT number, entry, hash FROM audit_entry ORDER BY number"
    ):
        if number != expected:
            return Finding(expected, f"it is missing: entry {number} stands in its place")
        if digest != link(previous, text):
            return Finding(number, "it does not fit its hash and the one before: it was changed")
        if not _says(text, number):
            return Finding(number, "it is not the entry of that number")
        expected, previous = number + 1, digest
    if expected != head.last + 1:
        reason = "it is missing" if expected <= head.last else "the log ends before it"
        return Finding(min(expected, head.last + 1), reason)
    if previous != head.hash:
        return Finding(head.last, "it is not the entry with which the log ended")
    return None


def _says(text: str, number: int) -> bool:
    entry = _readable(number, text)
    return entry.get("number") == number and canonical(entry) == text


def _unknown(
    connection: sqlite3.Connection, head: Head, number: int, digest: str
) -> Finding | None:
    """What is wrong with the entry that somebody noted."""
    if number == head.first - 1:
        found = head.anchor
    else:
        row = connection.execute(
            "SELECT hash FROM audit_entry WHERE number = ?", (number,)
        ).fetchone()
        if row is None:
            return Finding(number, "it was noted elsewhere and is not in the log")
        [found] = row
    return None if found == digest else Finding(number, "another hash of it was noted elsewhere")


def _readable(number: int, text: str) -> Entry:
    """The entry; one that somebody has made unreadable says so."""
    try:
        entry = json.loads(text)
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        return {"number": number, "operation": "unreadable"}
    return entry
