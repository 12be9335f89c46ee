"""A database with one project in it, and a store on it with a clock that stands."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from tests.storage.samples import NOON, add_project


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "openfrs.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database(path)
    add_project(database)
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> SqliteStore:
    return SqliteStore(database, lambda: NOON)
