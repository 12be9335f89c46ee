"""Databases of every earlier version: opened by this program, nothing in them is lost.

Each is a dump that the version itself would have written; see earlier/.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from openfrs.domain.faces import FaceUpdate
from openfrs.domain.query import Equals
from openfrs.index.quantised import QuantisedIndex
from openfrs.operations.mirror import Mirror
from openfrs.operations.retention import erase_expired
from openfrs.storage.copying import latest_schema, schema_version
from openfrs.storage.credentials import SqliteCredentials
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from openfrs.storage.integrity import store_faults
from openfrs.storage.migrate import Migration, bundled, migrate
from tests.storage.samples import DIMENSION, PROJECT, SCHEMA, enrolment, vector
from tests.storage.test_database import wait_until_erased

DUMPS = Path(__file__).parent / "earlier"
EARLIER = range(1, latest_schema())


@pytest.fixture(params=EARLIER)
def version(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture
def earlier(version: int, path: Path) -> Path:
    """A file as that version left it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((DUMPS / f"{version}.sql").read_text())
    return path


@pytest.fixture
def database(earlier: Path) -> Iterator[Database]:
    with closing(Database(earlier)) as database:
        yield database


def test_every_earlier_version_has_a_dump_as_it_made_it(version: int, earlier: Path) -> None:
    assert schema_version(earlier) == version
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrate(fresh, bundled()[:version])
        with closing(sqlite3.connect(earlier)) as dumped:
            assert tables(dumped) == tables(fresh)


def tables(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """The columns of every table."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    return {
        name: connection.execute("SELECT * FROM pragma_table_info(?)", (name,)).fetchall()
        for (name,) in names
    }


def test_faces_are_read_searched_updated_added_and_deleted(
    version: int, database: Database
) -> None:
    store = SqliteStore(database, lambda: datetime.now(UTC))
    face_set = store.face_set(PROJECT, "staff")
    assert (face_set.capacity, face_set.schema, face_set.face_number) == (10_000, SCHEMA, 3)
    assert dict(face_set.quality_gate) == ({"blur": 0.4} if version >= 3 else {})
    assert face_set.retention_days is None
    faces = store.faces(face_set, 0, 10)
    assert [face.face_id for face in faces] == ["face0001", "face0002", "face0004"]
    assert faces[2].external_fields == {"floor": 4, "name": "n4"}
    template = store.template(face_set, "face0004").vector
    np.testing.assert_array_equal(template, vector(4))
    mirror = Mirror(store, QuantisedIndex, DIMENSION)
    assert mirror.search(face_set, template, 1)[0].face == faces[2]
    store.update_face(face_set, "face0004", FaceUpdate(None, {"floor": 40}))
    [added] = store.add_faces(face_set, [enrolment(8)])
    assert added.face_key > 7  # no number of a face that was deleted is given again
    store.delete_face(face_set, "face0001")
    assert mirror.select(face_set, Equals("floor", 40))[0] == {4}
    ids = {hit.face.face_id for hit in mirror.search(face_set, template, 10)}
    assert ids == {"face0002", "face0004", added.face_id}
    again = Mirror(store, QuantisedIndex, DIMENSION).search(face_set, template, 10)
    assert {hit.face.face_id for hit in again} == ids


def test_users_and_keys_stay(database: Database) -> None:
    credentials = SqliteCredentials(database)
    assert [user.name for user in credentials.users()] == ["admin"]
    key = credentials.access_key("AK1")
    assert key is not None
    assert key.sealed_secret == b"\x01"
    assert [project.project_id for project in credentials.projects()] == [PROJECT]


def test_an_erasure_that_was_cut_off_goes_on(earlier: Path, database: Database) -> None:
    SqliteStore(database, lambda: datetime.now(UTC))
    assert wait_until_erased(earlier, vector(7).tobytes())


def test_what_was_migrated_is_sound(earlier: Path, database: Database) -> None:
    assert list(store_faults(earlier, lambda _: DIMENSION)) == []
    assert schema_version(earlier) == latest_schema()


def test_faces_count_as_enrolled_when_enrolments_were_first_noted(database: Database) -> None:
    """Otherwise a retention that is set one day would erase at once who came before the upgrade."""
    store = SqliteStore(database, lambda: datetime.now(UTC))
    face_set = store.face_set(PROJECT, "staff")
    store.set_retention(face_set, 10)
    now = datetime.now(UTC)
    assert [one.faces for one in erase_expired(store, now + timedelta(days=9))] == [0]
    assert [one.faces for one in erase_expired(store, now + timedelta(days=11))] == [3]
    assert store.face_set(PROJECT, "staff") == replace(face_set, retention_days=10, face_number=0)


def test_a_migration_that_fails_leaves_the_file_as_it_was(version: int, earlier: Path) -> None:
    before = earlier.read_bytes()
    next_step = bundled()[version]
    broken = Migration(version + 1, next_step.sql + "\nINSERT INTO nowhere VALUES (1);")
    with (
        closing(sqlite3.connect(earlier, isolation_level=None)) as connection,
        pytest.raises(sqlite3.OperationalError, match="nowhere"),
    ):
        migrate(connection, [*bundled()[:version], broken])
    assert earlier.read_bytes() == before
    Database(earlier).close()
    assert schema_version(earlier) == latest_schema()
