import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from openfrs.storage.migrate import DatabaseTooNew, Migration, bundled, migrate, statements
from tests.storage.samples import NOON, vector

FIRST = Migration(1, "CREATE TABLE a (x);")
SECOND = Migration(2, "CREATE TABLE b (x);\nINSERT INTO b VALUES (7);")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def tables(connection: sqlite3.Connection) -> set[str]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in found}


def version(connection: sqlite3.Connection) -> object:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def test_each_step_is_applied_once(connection: sqlite3.Connection) -> None:
    migrate(connection, [FIRST])
    connection.execute("INSERT INTO a VALUES (1)")
    migrate(connection, [FIRST, SECOND])
    migrate(connection, [FIRST, SECOND])
    assert connection.execute("SELECT * FROM a, b").fetchall() == [(1, 7)]
    assert version(connection) == 2


def test_a_step_that_fails_leaves_nothing_of_itself(connection: sqlite3.Connection) -> None:
    broken = Migration(2, "CREATE TABLE b (x);\nINSERT INTO missing VALUES (1);")
    with pytest.raises(sqlite3.OperationalError, match="missing"):
        migrate(connection, [FIRST, broken])
    assert tables(connection) == {"a"}
    assert version(connection) == 1
    migrate(connection, [FIRST, SECOND])
    assert tables(connection) == {"a", "b"}


def test_a_database_of_a_later_version_is_refused_and_left_as_it_is(
    connection: sqlite3.Connection,
) -> None:
    migrate(connection, [FIRST, SECOND])
    with pytest.raises(DatabaseTooNew, match=r"version 2.*up to 1"):
        migrate(connection, [FIRST])
    assert version(connection) == 2


def test_opening_a_file_of_a_later_version_is_refused(path: Path) -> None:
    Database(path).close()
    later = sqlite3.connect(path)
    later.execute("PRAGMA user_version = 9999")
    later.close()
    with pytest.raises(DatabaseTooNew, match="9999"):
        Database(path)


def test_semicolons_in_strings_comments_and_triggers_end_no_statement() -> None:
    script = """
    -- one; two
    CREATE TABLE a (x DEFAULT ';');
    CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; SELECT ';'; END;
    """
    first, second = statements(script)
    assert "DEFAULT ';'" in first
    assert second.strip().endswith("END;")


def test_bundled_steps_are_numbered_without_gaps() -> None:
    steps = bundled()
    assert [step.version for step in steps] == list(range(1, len(steps) + 1))


def test_faces_of_the_first_version_stay_and_mirrors_of_them_start_anew(path: Path) -> None:
    first = sqlite3.connect(path, isolation_level=None)
    migrate(first, bundled()[:1])
    first.execute("INSERT INTO project VALUES ('project-1', 'project-1')")
    first.execute(
        "INSERT INTO face_set VALUES"
        " (1, 'project-1', 'set00001', 'staff', 10, '{}', 'pack-1', '2026-11-23', 1, 5, 0)"
    )
    first.execute("INSERT INTO face VALUES (7, 1, 'face0007', 'x', '{}', 1, 1, 0, 0, 4, 5)")
    first.execute("INSERT INTO template VALUES (7, ?)", [vector(7).tobytes()])
    first.execute("INSERT INTO tombstone VALUES (1, 3, 6)")
    first.close()
    database = Database(path)
    store = SqliteStore(database, lambda: NOON)
    face_set = store.face_set("project-1", "staff")
    assert [face.face_id for face in store.faces(face_set, 0, 10)] == ["face0007"]
    assert store.changes(face_set, 4).complete
    now = store.changes(face_set, 5)
    assert (now.complete, list(now.removed), list(now.faces)) == (False, [], [])
    store.delete_face(face_set, "face0007")
    assert list(store.changes(face_set, 5).removed) == [7]
    database.close()


def test_a_new_file_can_be_opened_many_times_at_once(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        databases = list(pool.map(Database, [path] * 8))
    for database in databases:
        with database.read() as connection:
            assert version(connection) == len(bundled())
    for database in databases:
        database.close()
