"""Every store of faces there is. A new one is added to ``STORES``; green means done."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from openfrs.domain.ports import FaceFeed, FaceSetStore, FaceStore
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from tests.storage.samples import NOON, add_project


class Store(FaceSetStore, FaceStore, FaceFeed, Protocol):
    """All three ports, as one class satisfies them."""


@contextmanager
def sqlite(directory: Path) -> Iterator[Store]:
    database = Database(directory / "openfrs.db")
    add_project(database)
    add_project(database, "project-2")
    yield SqliteStore(database, lambda: NOON)
    database.close()


STORES = [sqlite]
