"""Whether a database holds what it must hold, asked of SQLite and of every row.

Everything is read in one transaction, so that writers beside it do not look like faults.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from openfrs.domain.errors import FRSError
from openfrs.domain.fields import FieldType, check_values
from openfrs.storage.copying import as_it_is, latest_schema
from openfrs.storage.failures import DatabaseUnreadable
from openfrs.storage.rows import fields_of, schema_of

TOLD_OF_EACH = 5
ROWS_AT_ONCE = 2_000
LENGTH_TOLERANCE = 1e-3  # float32 rows of unit length are off by less than a thousandth of this

_SETS = "(SELECT face_set_key FROM face_set UNION SELECT face_set_key FROM face_set_erasure)"

RULES: tuple[tuple[str, str], ...] = (
    (
        "face {} has no template",
        "SELECT face_id FROM face LEFT JOIN template USING (face_key) WHERE vector IS NULL",
    ),
    (
        "template number {} belongs to no face",
        "SELECT template.face_key FROM template LEFT JOIN face USING (face_key)"
        " WHERE face.face_key IS NULL",
    ),
    (
        "face {} belongs to face set number {}, which does not exist",
        f"SELECT face_id, face_set_key FROM face WHERE face_set_key NOT IN {_SETS}",  # noqa: S608
    ),
    (
        "face set {} counts {} faces and holds {}",
        "SELECT name, face_number, held FROM (SELECT name, face_number,"
        " (SELECT count(*) FROM face WHERE face.face_set_key = face_set.face_set_key) AS held"
        " FROM face_set) WHERE face_number <> held",
    ),
    (
        "face {} was last written at revision {}, and its face set has got no further than {}",
        "SELECT face_id, face.revision, face_set.revision FROM face JOIN face_set"
        " USING (face_set_key) WHERE face.revision > face_set.revision",
    ),
    (
        "face {} was enrolled at revision {}, after it was last written at {}",
        "SELECT face_id, enrolled, revision FROM face WHERE enrolled > revision",
    ),
    (
        "the log of changes has forgotten face set {} up to revision {}, and the set is at {}",
        "SELECT name, pruned, revision FROM face_set WHERE pruned > revision",
    ),
    (
        "the log of changes of face set {} goes on to revision {}, and the set is at {}",
        "SELECT name, max(face_change.revision), face_set.revision FROM face_change JOIN face_set"
        " USING (face_set_key) GROUP BY face_set_key"
        " HAVING max(face_change.revision) > face_set.revision",
    ),
    (
        "the log of changes does not tell of face {}, written at revision {}",
        "SELECT face_id, face.revision FROM face JOIN face_set USING (face_set_key)"
        " WHERE face.revision > pruned AND NOT EXISTS (SELECT 1 FROM face_change WHERE"
        " face_change.face_set_key = face.face_set_key AND face_change.face_key = face.face_key"
        " AND face_change.revision = face.revision)",
    ),
    (
        "the log of changes tells of face set number {}, which does not exist",
        f"SELECT DISTINCT face_set_key FROM face_change WHERE face_set_key NOT IN {_SETS}",  # noqa: S608
    ),
    (
        "face {} has a box of {} by {} pixels",
        "SELECT face_id, width, height FROM face WHERE width < 1 OR height < 1",
    ),
    (
        "face set {} is to keep its faces for {} days",
        "SELECT name, retention_days FROM face_set WHERE retention_days < 1",
    ),
    (
        "the time since which enrolments are known stands {} times",
        "SELECT count(*) FROM enrolment_times HAVING count(*) <> 1",
    ),
)
"""What a fault looks like in words, and the query that finds it: a row for each blank."""


@dataclass(frozen=True, slots=True)
class FaceSetRows:
    """A face set as it stands in the database, with the lengths in bytes of its templates."""

    name: str
    model: str
    schema: Mapping[str, FieldType]
    lengths: Counter[int]


def store_faults(path: Path, dimension_of: Callable[[str], int | None]) -> Iterator[str]:
    """What is wrong with a database, fault by fault, in plain words; nothing where all is well.

    ``dimension_of`` tells how many numbers a template of a model has, where that is known; else
    a set's templates must be as long as most of them are.
    """
    try:
        with as_it_is(path) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            yield from _file_faults(connection)
            [version] = connection.execute("PRAGMA user_version").fetchone()
            if version != latest_schema():
                yield (
                    f"the database has version {version}, and this program works with "
                    f"{latest_schema()}: start the server once, and check again"
                )
                return
            for words, query in RULES:
                yield from _rule_faults(connection, words, query)
            yield from _template_faults(connection, dimension_of)
    except DatabaseUnreadable as error:
        yield str(error)


def _file_faults(connection: sqlite3.Connection) -> Iterator[str]:
    """What SQLite itself finds."""
    for (line,) in connection.execute(f"PRAGMA integrity_check({TOLD_OF_EACH:d})"):
        if line != "ok":
            yield f"the file is damaged: {line}"
    for row in _some(connection, "SELECT * FROM pragma_foreign_key_check", TOLD_OF_EACH):
        yield f"a row of {row[0]} refers to a {row[2]} that does not exist"


def _rule_faults(connection: sqlite3.Connection, words: str, query: str) -> Iterator[str]:
    rows = _some(connection, query, TOLD_OF_EACH + 1)
    for row in rows[:TOLD_OF_EACH]:
        yield words.format(*row)
    if len(rows) > TOLD_OF_EACH:
        yield words.format(*["..."] * len(rows[0])) + ": there are more such"


def _some(connection: sqlite3.Connection, query: str, limit: int) -> list[tuple[object, ...]]:
    return connection.execute(f"{query} LIMIT {limit:d}").fetchall()


def _template_faults(
    connection: sqlite3.Connection, dimension_of: Callable[[str], int | None]
) -> Iterator[str]:
    """Every template's size and length, every face's fields. Told face by face, but not of all."""
    told: Counter[str] = Counter()
    for what, fault in _row_faults(connection, dimension_of):
        told[what] += 1
        if told[what] <= TOLD_OF_EACH:
            yield fault
    for what, number in told.items():
        if number > TOLD_OF_EACH:
            yield f"{what}: {number} faces in all"


def _row_faults(
    connection: sqlite3.Connection, dimension_of: Callable[[str], int | None]
) -> Iterator[tuple[str, str]]:
    sets = {}
    for key, name, model, schema in connection.execute(
        "SELECT face_set_key, name, model, schema FROM face_set"
    ).fetchall():
        try:
            sets[key] = FaceSetRows(name, model, schema_of(schema), Counter())
        except (ValueError, AttributeError):
            yield "schemas", f"the fields of face set {name} cannot be made out"
    for key, length, number in connection.execute(
        "SELECT face_set_key, length(vector), count(*) FROM face JOIN template USING (face_key)"
        " GROUP BY 1, 2"
    ).fetchall():
        if key in sets:
            sets[key].lengths[length] = number
    expected = {key: _bytes_of_template(one, dimension_of) for key, one in sets.items()}
    cursor = connection.execute(
        "SELECT face_set_key, face_id, external_fields, vector FROM face"
        " JOIN template USING (face_key) ORDER BY face_key"
    )
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        for key, face_id, fields, blob in rows:
            if key not in sets:
                continue
            one = sets[key]
            where = f"face {face_id} of face set {one.name}"
            if len(blob) != expected[key]:
                yield (
                    "templates of another size",
                    f"the template of {where} has {len(blob)} bytes instead of {expected[key]}",
                )
            elif not _is_unit(blob):
                yield "templates not of unit length", f"the template of {where} is no unit vector"
            try:
                check_values(one.schema, fields_of(fields))
            except (FRSError, ValueError, TypeError, AttributeError):
                yield "faces with odd fields", f"the external_fields of {where} do not fit the set"


def _bytes_of_template(
    face_set: FaceSetRows, dimension_of: Callable[[str], int | None]
) -> int | None:
    dimension = dimension_of(face_set.model)
    if dimension is not None:
        return 4 * dimension
    usual = face_set.lengths.most_common(1)
    return usual[0][0] if usual else None


def _is_unit(blob: bytes) -> bool:
    if len(blob) % 4 or not blob:
        return False
    length = float(np.linalg.norm(np.frombuffer(blob, "<f4").astype(np.float64)))
    return abs(length - 1) <= LENGTH_TOLERANCE  # false for what is no number, too
