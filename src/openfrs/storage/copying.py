"""A copy of a database as it is at one moment, taken beside whatever else uses the file.

The copy is built anew from what the tables hold (``VACUUM INTO``), not page by page: so nothing
that was deleted can be in it, not even what SQLite may leave in the unused part of a page.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from openfrs.domain.operator import OperatorCanMend
from openfrs.storage.failures import StoreFailure, in_words
from openfrs.storage.group_commit import GIVE_UP_SECONDS, is_busy
from openfrs.storage.migrate import bundled

STEPS_A_LOOK = 100_000  # of SQLite's virtual machine, between two looks at how far the copy is

Progress = Callable[[int, int], None]
"""Hears now and then how many bytes of about how many are done."""


class CopyFailed(OperatorCanMend):
    """The copy could not be written; the message says why. What there is of it is worthless."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds. ``models`` are the packs that its face sets are bound to."""

    schema_version: int
    projects: int
    users: int
    access_keys: int
    face_sets: int
    faces: int
    models: tuple[str, ...]


def copy_database(source: Path, target: Path, progress: Progress) -> Contents:
    """Writes all that is committed now to ``target``, a new file of mode 0600, and tells of it.

    Neither the source's schema nor anything else in it changes. Writers go on meanwhile; their
    log can be emptied when the copy is done. Raises DatabaseUnreadable, DatabaseOutOfReach,
    CopyFailed.
    """
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with as_it_is(source) as connection:
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        [free] = connection.execute("PRAGMA freelist_count").fetchone()
        [page_bytes] = connection.execute("PRAGMA page_size").fetchone()
        total = (pages - free) * page_bytes
        connection.set_progress_handler(
            lambda: progress(min(target.stat().st_size, total), total), STEPS_A_LOOK
        )
        try:
            connection.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.OperationalError as error:
            raise CopyFailed(f"{source} cannot be copied to {target}: {error}") from error
        finally:
            connection.set_progress_handler(None, 0)
    progress(total, total)
    with as_it_is(target) as connection:
        return _contents(connection)


def schema_version(path: Path) -> int:
    """The schema's version of a database. Raises DatabaseUnreadable."""
    with as_it_is(path) as connection:
        [version] = connection.execute("PRAGMA user_version").fetchone()
    assert isinstance(version, int)
    return version


def latest_schema() -> int:
    """The version that this program brings every database to."""
    return bundled()[-1].version


def in_use(path: Path) -> bool:
    """True where a process has the database open. Raises DatabaseUnreadable.

    SQLite leaves the log mode only for the last one that uses a file.
    """
    with as_it_is(path) as connection:
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
            return True
    return False


@contextlib.contextmanager
def as_it_is(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a database of whatever version, which is neither made nor migrated.

    Raises DatabaseUnreadable where SQLite cannot read it, DatabaseOutOfReach where it may not.
    """
    try:
        with contextlib.closing(
            sqlite3.connect(
                f"file:{quote(str(path.absolute()))}?mode=rw",
                uri=True,
                timeout=GIVE_UP_SECONDS,
                isolation_level=None,
            )
        ) as connection:
            connection.execute("PRAGMA temp_store = MEMORY")  # no template in a temporary file
            connection.execute("PRAGMA secure_delete = ON")
            yield connection
    except StoreFailure as failure:
        raise in_words(path, failure) from failure


def _contents(connection: sqlite3.Connection) -> Contents:
    def one(sql: str) -> int:
        [value] = connection.execute(sql).fetchone()
        assert isinstance(value, int)
        return value

    models = connection.execute("SELECT DISTINCT model FROM face_set ORDER BY model").fetchall()
    return Contents(
        schema_version=one("PRAGMA user_version"),
        projects=one("SELECT count(*) FROM project"),
        users=one("SELECT count(*) FROM user"),
        access_keys=one("SELECT count(*) FROM access_key"),
        face_sets=one("SELECT count(*) FROM face_set"),
        # Faces of a set that is being erased are nobody's any more.
        faces=one(
            "SELECT count(*) FROM face WHERE face_set_key IN (SELECT face_set_key FROM face_set)"
        ),
        models=tuple(model for (model,) in models),
    )
