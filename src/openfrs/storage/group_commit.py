"""The one thread of a process that writes to its database: many writes, one commit.

A commit waits for the disk, so writers that come meanwhile share the next one: the thread takes
whatever has queued up, runs it and commits once. Writes of one kind that wait together are run
together too, as one job that answers each of them.
"""

import itertools
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic, Protocol, TypeVar, cast

from openfrs.domain.audit import Deed, Touched, current_deed

T = TypeVar("T")
Item = TypeVar("Item")

BUSY_SECONDS = 5.0  # SQLite's own patience with a lock held by another process
GIVE_UP_SECONDS = 60.0  # ours, before the callers of a write get the refusal
JOBS_A_COMMIT = 1024
ERASE_WHEN_IDLE_SECONDS = 0.2
ERASE_AT_LATEST_SECONDS = 10.0

Together = Callable[[sqlite3.Connection, Sequence[Item]], Sequence[T | Exception]]
"""Writes all items and returns, for each, its result or the reason why it was refused."""

TellTouched = Callable[[T], Touched | None]
"""From a write's result to what it touched; None where it touched nothing."""


class DatabaseClosed(RuntimeError):
    """The database was closed before this was asked of it."""


class Watcher(Protocol):
    """Who follows the writer's transactions, in its thread."""

    def committed(self, jobs: int, seconds: float) -> None:
        """So many jobs are durable now; the commit took so long."""

    def committing(
        self, connection: sqlite3.Connection, deeds: Sequence[tuple[Deed, Touched]]
    ) -> None:
        """These deeds were done by the transaction, which is about to be committed."""

    def lost(self) -> None:
        """Nothing of the transaction is stored."""


class Writer:
    """Runs jobs on a connection that it owns from now on. Safe to use from many threads.

    ``turn`` is held from before each transaction until after it. ``watcher`` hears within it what
    became of the transaction, before any caller does.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        turn: AbstractContextManager[object],
        watcher: "Watcher",
    ) -> None:
        self._connection = connection
        self._turn = turn
        self._watcher = watcher
        self._commits = 0
        self._closed = False
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[_Pending[Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="database-writer", daemon=True)
        self._thread.start()

    @property
    def commits(self) -> int:
        return self._commits

    def write(
        self, job: Callable[[sqlite3.Connection], T], touched: TellTouched[T] | None = None
    ) -> T:
        """What the job returns, once everything it did is durable."""
        return self._outcome(_Pending(lambda connection, _: [job(connection)], None, touched))

    def write_together(
        self, together: Together[Item, T], item: Item, touched: TellTouched[T] | None = None
    ) -> T:
        """What the job that writes all such items returned for this one, once it is durable."""
        return self._outcome(_Pending(together, item, touched))

    def close(self) -> None:
        """Ends the thread after all that is queued, then closes the connection."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _outcome(self, pending: "_Pending[T]") -> T:
        if threading.current_thread() is self._thread:
            raise RuntimeError("a job of the database may not write through it again")
        with self._lock:
            if self._closed:
                raise DatabaseClosed("the database is closed")
            self._queue.put(pending)
        return pending.outcome()

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

    def _next_group(self, wait: float | None) -> "tuple[list[_Pending[Any]], bool]":
        """All jobs queued by now, at least one unless ``wait`` runs out; True at the end."""
        group: list[_Pending[Any]] = []
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

    def _commit(self, group: "list[_Pending[Any]]") -> None:
        """Runs the jobs, commits once, and only then lets their callers go on."""
        kinds: dict[object, list[_Pending[Any]]] = {}
        for pending in group:
            kinds.setdefault(pending.together, []).append(pending)
        try:
            with self._turn:
                self._begin()
                for alike in kinds.values():
                    self._run(alike)
                deeds = [told for pending in group if (told := pending.told()) is not None]
                if deeds:
                    self._watcher.committing(self._connection, deeds)
                started = time.perf_counter()
                self._connection.execute("COMMIT")
                self._watcher.committed(len(group), time.perf_counter() - started)
            self._commits += 1
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._watcher.lost()
            for pending in group:
                pending.nothing_stored(error)
        for pending, following in itertools.pairwise(group):
            pending.following = following
        group[0].release()

    def _begin(self) -> None:
        give_up = time.monotonic() + GIVE_UP_SECONDS
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > give_up:
                    raise

    def _run(self, alike: "list[_Pending[Any]]") -> None:
        """Runs jobs of one kind together; where that fails each alone, so that one fails alone.

        Raises only where the whole transaction is lost.
        """
        connection = self._connection
        connection.execute("SAVEPOINT job")
        try:
            outcomes = alike[0].together(connection, [pending.item for pending in alike])
            for pending, outcome in zip(alike, outcomes, strict=True):
                pending.outcome_is(outcome)
        except BaseException as error:
            # A full disk, for one, makes SQLite roll back everything and not one statement.
            if not connection.in_transaction:
                raise
            connection.execute("ROLLBACK TO job")
            if len(alike) == 1:
                alike[0].error = error
        else:
            alike = []
        connection.execute("RELEASE job")
        if len(alike) > 1:
            for pending in alike:
                self._run([pending])

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
    """A write on its way through the writer; ``outcome`` waits for it.

    A bare lock serves as the signal: it costs a tenth of a Future. The writer wakes the first
    caller of a group, and each wakes the one that follows: a hundred threads woken at once would
    all queue for the interpreter, and a search among them would stand at the end of that queue.
    """

    __slots__ = (
        "_signal",
        "_touched",
        "deed",
        "error",
        "following",
        "item",
        "result",
        "together",
    )

    def __init__(
        self, together: Together[Any, T], item: object, touched: TellTouched[T] | None
    ) -> None:
        self.deed = None if touched is None else current_deed()
        self._touched = touched
        self.together = together
        self.item = item
        self.result: T | None = None
        self.error: BaseException | None = None
        self.following: _Pending[Any] | None = None
        self._signal = threading.Lock()
        self._signal.acquire()

    def outcome_is(self, outcome: T | Exception) -> None:
        if isinstance(outcome, Exception):
            self.error = outcome
        else:
            self.result = outcome

    def told(self) -> tuple[Deed, Touched] | None:
        """The deed that this write was part of, and what it touched; None where nobody asks."""
        if self.deed is None or self._touched is None or self.error is not None:
            return None
        touched = self._touched(cast("T", self.result))
        return None if touched is None else (self.deed, touched)

    def nothing_stored(self, cause: BaseException) -> None:
        """Notes that the group was lost; a job that was refused keeps its own reason."""
        if self.error is None:
            self.error = sqlite3.OperationalError(f"the commit failed, nothing is stored: {cause}")
            self.error.__cause__ = cause

    def release(self) -> None:
        self._signal.release()

    def outcome(self) -> T:
        interrupt = self._wait()
        following, self.following = self.following, None
        if following is not None:
            following.release()
        if interrupt is not None:
            raise interrupt
        if self.error is not None:
            raise self.error
        return cast("T", self.result)

    def _wait(self) -> BaseException | None:
        """Returns once the write is decided. An interrupt must wait so long: others follow."""
        interrupt: BaseException | None = None
        while True:
            try:
                self._signal.acquire()
            except BaseException as error:
                interrupt = error
            else:
                return interrupt


def is_busy(error: sqlite3.OperationalError) -> bool:
    """True where another connection holds the lock, so that trying again makes sense."""
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
