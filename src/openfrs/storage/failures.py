"""What a database could not do, in words that tell the operator what to do about it."""

import sqlite3
from pathlib import Path

from openfrs.domain.operator import OperatorCanMend

StoreFailure = sqlite3.DatabaseError
"""What SQLite raises, from whatever is asked of a store."""

PROGRAM_AT_FAULT = sqlite3.SQLITE_ERROR
"""The code of a statement that makes no sense, unless the file is not what it should be."""

DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, PROGRAM_AT_FAULT)
WRITABLE = "the file, those beside it and their directory have to be writable for who runs this"
ADVICE = {
    sqlite3.SQLITE_FULL: "make room on its disk",
    sqlite3.SQLITE_IOERR: "its disk may be full, or fail",
    sqlite3.SQLITE_READONLY: WRITABLE,
    sqlite3.SQLITE_CANTOPEN: WRITABLE,
    sqlite3.SQLITE_PERM: WRITABLE,
    sqlite3.SQLITE_BUSY: "another program holds it",
    sqlite3.SQLITE_LOCKED: "another program holds it",
}


class DatabaseUnreadable(OperatorCanMend):
    """The file cannot be used as the database that it should be; it is left as it is."""


class DatabaseOutOfReach(OperatorCanMend):
    """The file may be sound, and cannot be used as things are; the message says why."""


def in_words(path: Path, failure: StoreFailure) -> OperatorCanMend:
    """The failure as DatabaseUnreadable where the file is to blame, else DatabaseOutOfReach."""
    code = code_of(failure)
    if code in DAMAGE:
        return DatabaseUnreadable(f"{path} cannot be read ({failure}): bring it back from a backup")
    advice = f": {ADVICE[code]}" if code in ADVICE else ""
    return DatabaseOutOfReach(f"{path} cannot be used ({failure}){advice}")


def code_of(failure: BaseException) -> int:
    """SQLite's primary error code, also of what a failure was caused by; 0 where there is none."""
    code: int | None = getattr(failure, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF
    return 0 if failure.__cause__ is None else code_of(failure.__cause__)
