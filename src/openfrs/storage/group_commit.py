"""The one thread of a process that writes to its database: many jobs, one commit.

A commit waits for the disk, so writers that come meanwhile share the next one: the thread takes
whatever has queued up, runs each job in a savepoint of its own and commits once.
"""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar, cast

T = TypeVar("T")

BUSY_SECONDS = 5.0  # SQLite's own patience with a lock held by another process
GIVE_UP_SECONDS = 60.0  # ours, before the callers of a write get the refusal
JOBS_A_COMMIT = 1024
ERASE_WHEN_IDLE_SECONDS = 0.2
ERASE_AT_LATEST_SECONDS = 10.0


class Writer:
    """Runs jobs on a connection that it owns from now on. Safe to use from many threads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._commits = 0
        self._closed = False
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[_Pending[object] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="database-writer", daemon=True)
        self._thread.start()

    @property
    def commits(self) -> int:
        return self._commits

    def write(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """What the job returns, once everything it did is durable."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a job of the database may not write through it again")
        pending = _Pending(job)
        with self._lock:
            if self._closed:
                raise RuntimeError("the database is closed")
            self._queue.put(cast("_Pending[object]", pending))
        return pending.outcome()

    def close(self) -> None:
        """Ends the thread after all that is queued, then closes the connection."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _loop(self) -> None:
        """Groups of jobs, and in quiet moments the erasure of what they deleted."""
        erase_since: float | None = time.monotonic()  # a killed process may have left something
        while True:
            wait = None if erase_since is None else ERASE_WHEN_IDLE_SECONDS
            group, ending = self._next_group(wait)
            if group:
                self._commit(group)
                erase_since = time.monotonic() if erase_since is None else erase_since
            if ending:
                return
            if erase_since is not None and (
                not group or time.monotonic() - erase_since > ERASE_AT_LATEST_SECONDS
            ):
                erase_since = None if self._erase_log() else time.monotonic()

    def _next_group(self, wait: float | None) -> "tuple[list[_Pending[object]], bool]":
        """All jobs queued by now, at least one unless ``wait`` runs out; True at the end."""
        group: list[_Pending[object]] = []
        try:
            pending = self._queue.get(timeout=wait)
            while pending is not None:
                group.append(pending)
                if len(group) == JOBS_A_COMMIT:
                    return group, False
                pending = self._queue.get_nowait()
        except queue.Empty:
            return group, False
        return group, True

    def _commit(self, group: "list[_Pending[object]]") -> None:
        """Runs the jobs, commits once, and only then lets their callers go on."""
        try:
            self._begin()
            for pending in group:
                self._run(pending)
            self._connection.execute("COMMIT")
            self._commits += 1
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for pending in group:
                pending.nothing_stored(error)
        for pending in group:
            pending.release()

    def _begin(self) -> None:
        give_up = time.monotonic() + GIVE_UP_SECONDS
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > give_up:
                    raise

    def _run(self, pending: "_Pending[object]") -> None:
        """One job in its savepoint. Raises only where the whole transaction is lost with it."""
        connection = self._connection
        connection.execute("SAVEPOINT job")
        try:
            pending.result = pending.job(connection)
        except BaseException as error:
            # A full disk, for one, makes SQLite roll back everything and not one statement.
            if not connection.in_transaction:
                raise
            connection.execute("ROLLBACK TO job")
            pending.error = error
        connection.execute("RELEASE job")

    def _erase_log(self) -> bool:
        """True where the log is empty now: what was deleted stands in no page of it any more.

        A reader in the middle of a transaction still needs the log; then a later try succeeds.
        """
        try:
            self._connection.execute("PRAGMA busy_timeout = 0")
            [busy, *_] = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            return False
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000:.0f}")
        return not busy


class _Pending(Generic[T]):
    """A job on its way through the writer; ``outcome`` waits for it.

    A bare lock serves as the signal: it costs a tenth of a Future.
    """

    __slots__ = ("_signal", "error", "job", "result")

    def __init__(self, job: Callable[[sqlite3.Connection], T]) -> None:
        self.job = job
        self.result: T | None = None
        self.error: BaseException | None = None
        self._signal = threading.Lock()
        self._signal.acquire()

    def nothing_stored(self, cause: BaseException) -> None:
        """Notes that the group was lost; a job that was refused keeps its own reason."""
        if self.error is None:
            self.error = sqlite3.OperationalError(f"the commit failed, nothing is stored: {cause}")
            self.error.__cause__ = cause

    def release(self) -> None:
        self._signal.release()

    def outcome(self) -> T:
        self._signal.acquire()
        if self.error is not None:
            raise self.error
        return cast("T", self.result)


def is_busy(error: sqlite3.OperationalError) -> bool:
    """True where another connection holds the lock, so that trying again makes sense."""
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
