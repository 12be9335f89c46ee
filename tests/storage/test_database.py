import os
import secrets
import signal
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from openfrs.storage.copying import schema_version
from openfrs.storage.database import Database
from openfrs.storage.failures import DatabaseOutOfReach

Job = Callable[[sqlite3.Connection], object]


def insert(name: str) -> Job:
    def job(connection: sqlite3.Connection) -> str:
        connection.execute("INSERT INTO project VALUES (?, ?)", (name, name))
        return name

    return job


def names(database: Database) -> set[str]:
    with database.read() as connection:
        return {name for (name,) in connection.execute("SELECT name FROM project")}


def as_one_group(database: Database, *calls: Callable[[], object]) -> list[Future[object]]:
    """Makes calls that write while the writer is held up, so that it finds them together."""
    started, let_go = threading.Event(), threading.Event()

    def hold(_: sqlite3.Connection) -> None:
        started.set()
        let_go.wait(10)

    with ThreadPoolExecutor(len(calls) + 1) as pool:
        pool.submit(database.write, hold)
        started.wait(10)
        outcomes: list[Future[object]] = []
        queued = database._writer._queue
        for call in calls:
            outcomes.append(pool.submit(call))
            while queued.qsize() < len(outcomes):
                time.sleep(0.001)
        let_go.set()
    return outcomes


def write_as_one_group(database: Database, *jobs: Job) -> list[Future[object]]:
    return as_one_group(database, *(partial(database.write, job) for job in jobs))


def test_a_write_returns_what_its_job_returns_and_the_next_read_sees_it(database: Database) -> None:
    assert database.write(insert("one")) == "one"
    assert "one" in names(database)


def test_jobs_that_wait_together_share_one_commit(database: Database) -> None:
    before = database.commits
    outcomes = write_as_one_group(database, *(insert(f"name-{i}") for i in range(20)))
    assert [outcome.result() for outcome in outcomes] == [f"name-{i}" for i in range(20)]
    assert database.commits == before + 2  # the one that held the writer up, and the group


def test_a_job_that_raises_is_undone_alone(database: Database) -> None:
    def half(connection: sqlite3.Connection) -> None:
        insert("half")(connection)
        raise LookupError("no such thing")

    before, refused, after = write_as_one_group(database, insert("a"), half, insert("b"))
    assert (before.result(), after.result()) == ("a", "b")
    with pytest.raises(LookupError, match="no such thing"):
        refused.result()
    assert {"a", "b"} <= names(database)
    assert "half" not in names(database)


class InsertAll:
    """Writes that are made together; what it was called with, call by call."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def __call__(
        self, connection: sqlite3.Connection, items: Sequence[str]
    ) -> list[str | Exception]:
        self.calls.append(list(items))
        outcomes: list[str | Exception] = []
        for item in items:
            if item == "refused":
                outcomes.append(LookupError("no such thing"))
                continue
            insert(item)(connection)
            if item == "broken":
                raise ArithmeticError
            outcomes.append(item.upper())
        return outcomes


def test_writes_of_one_kind_that_wait_together_are_made_by_one_job(database: Database) -> None:
    inserts = InsertAll()
    calls = [partial(database.write_together, inserts, name) for name in ("a", "b", "c")]
    outcomes = as_one_group(database, *calls, partial(database.write, insert("d")))
    assert [outcome.result() for outcome in outcomes] == ["A", "B", "C", "d"]
    assert inserts.calls == [["a", "b", "c"]]
    assert {"a", "b", "c", "d"} <= names(database)


def test_of_writes_made_together_one_may_be_refused(database: Database) -> None:
    inserts = InsertAll()
    calls = [partial(database.write_together, inserts, name) for name in ("a", "refused", "b")]
    one, refused, other = as_one_group(database, *calls)
    assert (one.result(), other.result()) == ("A", "B")
    with pytest.raises(LookupError, match="no such thing"):
        refused.result()
    assert inserts.calls == [["a", "refused", "b"]]


def test_where_writes_made_together_fail_each_is_tried_alone(database: Database) -> None:
    inserts = InsertAll()
    calls = [partial(database.write_together, inserts, name) for name in ("a", "broken", "b")]
    one, broken, other = as_one_group(database, *calls)
    assert (one.result(), other.result()) == ("A", "B")
    with pytest.raises(ArithmeticError):
        broken.result()
    assert inserts.calls == [["a", "broken", "b"], ["a"], ["broken"], ["b"]]
    assert {"a", "b"} <= names(database)
    assert "broken" not in names(database)


def test_a_caller_that_is_interrupted_keeps_no_other_waiting(database: Database) -> None:
    class Interrupt(Exception):
        pass

    def interrupt(*_: object) -> None:
        raise Interrupt

    started, let_go = threading.Event(), threading.Event()
    queued = database._writer._queue

    def hold(_: sqlite3.Connection) -> None:
        started.set()
        let_go.wait(10)

    def strike() -> None:
        while queued.qsize() < 1:
            time.sleep(0.001)
        later = pool.submit(database.write, insert("later"))
        while queued.qsize() < 2:
            time.sleep(0.001)
        time.sleep(0.05)  # both wait for the writer now
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
        time.sleep(0.05)
        let_go.set()
        assert later.result(10) == "later"

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with ThreadPoolExecutor(3) as pool:
            pool.submit(database.write, hold)
            started.wait(10)
            striking = pool.submit(strike)
            with pytest.raises(Interrupt):
                database.write(insert("sooner"))
            striking.result()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert {"sooner", "later"} <= names(database)


def test_where_the_commit_fails_every_caller_learns_it_and_nothing_is_stored(
    database: Database,
) -> None:
    def orphan(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA defer_foreign_keys = ON")  # noticed by the commit alone
        connection.execute("INSERT INTO user_project VALUES ('nobody', 'nothing')")

    outcomes = write_as_one_group(database, insert("a"), orphan, insert("b"))
    for outcome in outcomes:
        with pytest.raises(sqlite3.OperationalError, match="nothing is stored"):
            outcome.result()
    assert not {"a", "b"} & names(database)
    assert database.write(insert("c")) == "c"


def test_where_sqlite_gives_the_transaction_up_every_caller_learns_it(database: Database) -> None:
    def lose(connection: sqlite3.Connection) -> None:
        connection.execute("ROLLBACK")  # as SQLite itself does when the disk is full
        raise sqlite3.OperationalError("database or disk is full")

    for outcome in write_as_one_group(database, insert("a"), lose, insert("b")):
        with pytest.raises(sqlite3.OperationalError, match="disk is full"):
            outcome.result()
    assert not {"a", "b"} & names(database)
    assert database.write(insert("c")) == "c"


def test_a_read_sees_one_moment(database: Database) -> None:
    with database.read() as connection:
        before = connection.execute("SELECT count(*) FROM project").fetchone()
        database.write(insert("meanwhile"))
        assert connection.execute("SELECT count(*) FROM project").fetchone() == before
    assert "meanwhile" in names(database)


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"), database.read() as connection:
        connection.execute("DELETE FROM project")


def test_a_reader_whose_work_failed_serves_again(database: Database) -> None:
    def fail() -> None:
        with database.read() as connection:
            connection.execute("SELECT 1 FROM project").fetchone()
            raise LookupError

    for _ in range(3):
        with pytest.raises(LookupError):
            fail()
    assert len(database._readers) == 1
    assert names(database)


def test_many_readers_at_once(database: Database) -> None:
    with ThreadPoolExecutor(40) as pool:
        seen = list(pool.map(lambda _: names(database), range(200)))
    assert seen == [names(database)] * 200


def test_a_write_waits_for_another_program_that_holds_the_lock(
    database: Database, path: Path
) -> None:
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(database.write, insert("patient"))
        time.sleep(0.1)
        assert not outcome.done()
        other.execute("COMMIT")
        assert outcome.result() == "patient"
    other.close()


def test_a_look_up_sees_what_is_committed_and_says_none_where_there_is_nothing(
    database: Database,
) -> None:
    query = "SELECT name FROM project WHERE project_id = ?"
    assert database.look_up(query, ["one"]) is None
    database.write(insert("one"))
    assert database.look_up(query, ["one"]) == ("one",)
    with pytest.raises(sqlite3.OperationalError):
        database.look_up("SELECT nonsense", [])
    assert len(database._readers) == 1


def test_who_holds_the_turn_keeps_other_processes_from_writing(
    database: Database, path: Path
) -> None:
    other = Database(path)  # flock knows descriptors, not processes: it stands for another one
    with ThreadPoolExecutor(1) as pool:
        with database._turn:
            outcome = pool.submit(other.write, insert("patient"))
            time.sleep(0.1)
            assert not outcome.done()
        assert outcome.result(10) == "patient"
    other.close()


def test_a_job_that_would_write_through_the_database_is_refused(database: Database) -> None:
    with pytest.raises(RuntimeError, match="write"):
        database.write(lambda _: database.write(insert("inner")))


def test_a_database_that_cannot_be_written_is_not_called_damaged(path: Path) -> None:
    Database(path).close()
    path.with_name(f"{path.name}-wal").mkdir()
    for use in (Database, schema_version):
        with pytest.raises(DatabaseOutOfReach, match=r"cannot be used .*writable") as failure:
            use(path)
        assert "backup" not in str(failure.value)


def test_after_close_nothing_goes(path: Path) -> None:
    database = Database(path)
    database.write(insert("last"))
    database.close()
    database.close()
    with pytest.raises(RuntimeError, match="closed"):
        database.write(insert("late"))
    with pytest.raises(RuntimeError, match="closed"), database.read():
        pass
    again = Database(path)
    assert names(again) == {"last"}
    again.close()


def test_files_are_readable_by_their_owner_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        database = Database(path)
        database.write(insert("one"))
        files = list(path.parent.iterdir())
        modes = {stat.S_IMODE(file.stat().st_mode) for file in files}
    finally:
        os.umask(before)
    database.close()
    assert len(files) == 4
    assert modes == {0o600}


def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    path.touch()
    path.chmod(0o644)
    Database(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_settings_that_durability_and_erasure_rest_on(database: Database) -> None:
    def settings(connection: sqlite3.Connection) -> list[object]:
        wanted = ["journal_mode", "synchronous", "secure_delete", "foreign_keys", "temp_store"]
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted]

    assert database.write(settings) == ["wal", 2, 1, 1, 2]


def on_disk(path: Path, secret: bytes) -> bool:
    files = [path, path.with_name(path.name + "-wal")]
    return any(secret in file.read_bytes() for file in files if file.exists())


def wait_until_erased(path: Path, secret: bytes) -> bool:
    for _ in range(500):
        if not on_disk(path, secret):
            return True
        time.sleep(0.02)
    return False


def test_deleted_bytes_leave_the_file_and_the_log(database: Database, path: Path) -> None:
    secret = secrets.token_bytes(512).hex()
    database.write(insert(secret))
    assert on_disk(path, secret.encode())
    database.write(lambda c: c.execute("DELETE FROM project WHERE name = ?", [secret]).rowcount)
    assert wait_until_erased(path, secret.encode())


def test_deleted_bytes_leave_once_a_reader_that_needs_them_is_done(
    database: Database, path: Path
) -> None:
    secret = secrets.token_bytes(512).hex()
    database.write(insert(secret))
    with database.read() as connection:
        connection.execute("SELECT count(*) FROM project").fetchone()
        database.write(lambda c: c.execute("DELETE FROM project WHERE name = ?", [secret]).rowcount)
        time.sleep(0.5)
        assert connection.execute("SELECT 1 FROM project WHERE name = ?", [secret]).fetchone()
        assert on_disk(path, secret.encode())
    assert wait_until_erased(path, secret.encode())


def test_a_start_erases_what_a_killed_process_left_in_the_log(path: Path) -> None:
    Database(path).close()
    keeps_log = sqlite3.connect(path, isolation_level=None)
    secret = secrets.token_bytes(512).hex()
    keeps_log.execute("PRAGMA secure_delete = ON")
    keeps_log.execute("INSERT INTO project VALUES (?, ?)", (secret, secret))
    keeps_log.execute("DELETE FROM project")
    assert on_disk(path, secret.encode())
    database = Database(path)
    assert wait_until_erased(path, secret.encode())
    database.close()
    keeps_log.close()
