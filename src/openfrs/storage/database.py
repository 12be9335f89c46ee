"""One SQLite file: one writer thread with group commit, pooled readers.

Several processes may open one file. SQLite's own lock keeps them apart; they take turns by a
lock of ours, as SQLite would have a process that waits look again only now and then.
"""

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from openfrs.domain.audit import Deed, Record, Touched
from openfrs.domain.stages import Step, stage
from openfrs.storage.audit_log import AuditLog
from openfrs.storage.failures import DatabaseUnreadable, StoreFailure, in_words
from openfrs.storage.group_commit import (
    BUSY_SECONDS,
    GIVE_UP_SECONDS,
    DatabaseClosed,
    TellTouched,
    Together,
    Writer,
    is_busy,
)
from openfrs.storage.migrate import bundled, migrate
from openfrs.storage.recent_updates import RecentUpdates
from openfrs.storage.stamp import Stamp

T = TypeVar("T")
Item = TypeVar("Item")
OnCommit = Callable[[int, float], None]

IDLE_READERS = 16
LOG_PAGES = 8192  # 32 MiB: a page that many commits rewrite goes to the file once for all of them
WRITER_CACHE_KIB = 32 * 1024

UNFINISHED = ".restoring"
"""What stands beside a database as long as a restore of its directory has not ended."""


class Database:
    """A SQLite file, open for as long as the process needs it. Safe to use from many threads.

    Where ``audit`` is set, writes that tell what they touched are recorded there, in the same
    transaction, on behalf of whoever is acting in the thread that asks for them.

    Raises DatabaseTooNew where a later version of the program wrote the file, DatabaseUnreadable
    where it is no database, or where a restore of its directory has not ended, DatabaseOutOfReach
    where it cannot be opened or written, OSError. ``on_commit`` hears, in the writer's thread, how
    many jobs a commit made durable and how many seconds it took.
    """

    def __init__(self, path: Path, on_commit: OnCommit | None = None) -> None:
        if (path.parent / UNFINISHED).exists():
            raise DatabaseUnreadable(
                f"a restore into {path.parent} has not ended: wait for it, or run it again if it "
                "was cut off"
            )
        _create_private(path)
        self._path = path
        self._on_commit = on_commit
        self._closed = False
        self._lock = threading.Lock()
        self._readers: list[sqlite3.Connection] = []
        connection = _opened(path)
        try:
            connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES:d}")
            connection.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB:d}")
            migrate(connection, bundled())
            self._turn = Turn(path.parent)
            self._stamp = Stamp(path.with_name(path.name + "-stamp"))
            with self._turn:  # a process that was killed may have left a commit without its stamp
                self._stamp.rise()
        except StoreFailure as failure:
            connection.close()
            raise in_words(path, failure) from failure
        except BaseException:
            connection.close()
            raise
        self.recent = RecentUpdates()
        self.audit: AuditLog | None = None
        self._writer = Writer(connection, self._turn, self)

    @property
    def commits(self) -> int:
        """How many transactions this process has committed; jobs outnumber them under load."""
        return self._writer.commits

    def stamp(self) -> int:
        """A number that has changed when anybody has committed since, in whatever process."""
        return self._stamp.value()

    def committed(self, jobs: int, seconds: float) -> None:
        """Hears from the writer that so many jobs are durable, before anybody else does."""
        self.recent.committed(jobs, self._stamp.value() + 1)
        self._stamp.rise()
        if self._on_commit is not None:
            self._on_commit(jobs, seconds)

    def committing(
        self, connection: sqlite3.Connection, deeds: Sequence[tuple[Deed, Touched]]
    ) -> None:
        """Hears from the writer what the transaction did on whose behalf, before it is durable."""
        if self.audit is not None:
            self.audit.append(connection, [Record(deed.act, touched) for deed, touched in deeds])
            for deed, _ in deeds:
                deed.recorded = True

    def lost(self) -> None:
        """Hears from the writer that a transaction was undone."""
        self.recent.lost()

    def read(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection inside one read transaction: every query sees the same moment."""
        return self._reading()

    def look_up(self, query: str, parameters: Sequence[object]) -> tuple[Any, ...] | None:
        """The one row that the query finds, at this moment; cheaper than a transaction."""
        connection = self._take()
        try:
            row: tuple[Any, ...] | None = connection.execute(query, parameters).fetchone()
            return row
        finally:
            self._give_back(connection)

    def write(
        self, job: Callable[[sqlite3.Connection], T], touched: TellTouched[T] | None = None
    ) -> T:
        """What the job returns, once everything it did is durable.

        The job runs in the writer thread, in a savepoint: where it raises, its own changes are
        undone and the exception is raised here. A job neither commits nor calls ``write``, and
        is short, as every other writer waits for it.
        """
        with stage(Step.STORE_WRITE):
            return self._writer.write(job, touched)

    def write_together(
        self, together: Together[Item, T], item: Item, touched: TellTouched[T] | None = None
    ) -> T:
        """What ``together`` returned for this item, once it is durable.

        It runs once for all such items that wait at the same time, which are equal in rank: their
        callers wait side by side. It returns an outcome for each, in their order; an exception
        among these is raised in its caller. Where it raises, each item is tried alone.
        """
        with stage(Step.STORE_WRITE):
            return self._writer.write_together(together, item, touched)

    def close(self) -> None:
        """Waits for every write that has begun, then closes all idle connections."""
        with self._lock:
            self._closed = True
            idle, self._readers = self._readers, []
        for connection in idle:
            connection.close()
        self._writer.close()
        self._turn.close()
        self._stamp.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        connection = self._take()
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._give_back(connection)

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise DatabaseClosed("the database is closed")
            if self._readers:
                return self._readers.pop()
        connection = _open(self._path)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed and len(self._readers) < IDLE_READERS:
                self._readers.append(connection)
                return
        connection.close()


class Turn:
    """The right of one process among all to write, as a context manager for one thread.

    The kernel wakes who waits the moment the lock is free, and frees the lock of who dies.
    """

    def __init__(self, directory: Path) -> None:
        self._descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)

    def __enter__(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _create_private(path: Path) -> None:
    """Makes the file readable by its owner alone; SQLite gives its log the same mode.

    An existing file is not opened: closing a descriptor would drop SQLite's locks on it.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        path.chmod(0o600)


def _opened(path: Path) -> sqlite3.Connection:
    """The first connection. Raises DatabaseUnreadable, DatabaseOutOfReach."""
    try:
        return _open(path)
    except StoreFailure as failure:
        raise in_words(path, failure) from failure


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    try:
        _switch_to_log(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")  # no template in a temporary file
    except BaseException:
        connection.close()
        raise
    return connection


def _switch_to_log(connection: sqlite3.Connection) -> None:
    """Sets WAL mode; where two processes make one file at once SQLite does not wait by itself."""
    give_up = time.monotonic() + GIVE_UP_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
