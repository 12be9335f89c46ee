"""Entries that need not stand in the transaction of a write: reads, refusals, sign-ins.

They go to the log together, once a second: a commit for each would cost every search a wait for the
disk.
"""

import threading
from collections.abc import Sequence

import structlog

from openfrs.domain.audit import Record
from openfrs.storage.audit_log import AuditLog
from openfrs.storage.database import Database

FLUSH_SECONDS = 1.0
KEPT = 100_000

log = structlog.get_logger("openfrs.audit")


class AuditTrail:
    """What is to be recorded soon. Safe to use from many threads; ``close`` records the rest."""

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database = database
        self._audit = audit
        self._lock = threading.Lock()
        self._records: list[Record] = []
        self._dropped = 0
        self._some = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def record(self, record: Record) -> None:
        """Takes the record; it stands in the log within about a second."""
        with self._lock:
            if len(self._records) < KEPT:
                self._records.append(record)
            else:
                self._dropped += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="audit-trail", daemon=True)
                self._thread.start()
        self._some.set()

    def flush(self) -> None:
        """Writes what has been taken. Where the database cannot, it is kept for the next time."""
        with self._lock:
            records, self._records = self._records, []
            dropped, self._dropped = self._dropped, 0
            self._some.clear()
        try:
            if records:
                self._write(records)
        except Exception:
            log.exception("the audit log cannot be written", waiting=len(records))
            with self._lock:
                self._records = records + self._records
                self._dropped += dropped
            self._some.set()
        else:
            if dropped:
                log.error("audit entries were lost, as the log could not be written", lost=dropped)

    def close(self) -> None:
        """Ends the thread and writes the rest."""
        self._closing.set()
        self._some.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def _write(self, records: Sequence[Record]) -> None:
        self._database.write(lambda connection: self._audit.append(connection, records))

    def _loop(self) -> None:
        while not self._closing.is_set():
            self._some.wait()
            if not self._closing.wait(FLUSH_SECONDS):
                self.flush()
