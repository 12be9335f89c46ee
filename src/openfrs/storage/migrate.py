"""Bringing a database up to the version of this program, one numbered SQL file at a time."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

from openfrs.domain.operator import OperatorCanMend


class DatabaseTooNew(OperatorCanMend):
    """The database was written by a later version of OpenFRS; it is left as it is."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: the SQL that makes version ``version`` of the version before it."""

    version: int
    sql: str


def bundled() -> Sequence[Migration]:
    """The migrations of this program, the oldest first; their numbers run 1, 2, 3, ..."""
    folder = resources.files("openfrs.storage") / "migrations"
    files = sorted(
        (item for item in folder.iterdir() if item.name.endswith(".sql")),
        key=lambda item: item.name,
    )
    steps = [Migration(int(item.name[:4]), item.read_text("utf-8")) for item in files]
    assert [step.version for step in steps] == list(range(1, len(steps) + 1))
    return steps


def migrate(connection: sqlite3.Connection, steps: Sequence[Migration]) -> None:
    """Applies the steps that the database has not seen, each in a transaction of its own.

    The version is read again under the write lock, so that several processes may start at once.
    Raises DatabaseTooNew, with nothing changed, where the database is ahead of the steps.
    """
    known = steps[-1].version if steps else 0
    found = _version(connection)
    if found > known:
        raise DatabaseTooNew(
            f"the database has version {found}, this program knows versions up to {known}: "
            "it was last opened by a later OpenFRS; use that one, or restore an older backup"
        )
    for step in steps[found:]:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _version(connection) < step.version:
                for statement in statements(step.sql):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {step.version:d}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def statements(sql: str) -> Iterator[str]:
    """The single statements of a script; ``executescript`` would commit before the first."""
    statement = ""
    for piece in sql.split(";")[:-1]:
        statement += piece + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    assert not statement, "a migration ends with a complete statement"


def _version(connection: sqlite3.Connection) -> int:
    [version] = connection.execute("PRAGMA user_version").fetchone()
    assert isinstance(version, int)
    return version
