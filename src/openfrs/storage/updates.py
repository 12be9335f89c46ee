"""Many updates of client data, in as few statements as can be.

Each statement of Python's sqlite3 gives the interpreter up and must get it back, among a hundred
callers that want it too. One statement for a whole group does so once, and SQLite works beside
the callers meanwhile.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from openfrs.domain.faces import FaceSet
from openfrs.domain.fields import FieldValue
from openfrs.storage.revisions import Standing
from openfrs.storage.rows import fields_text

UPDATES_A_STATEMENT = 256
_FIND = (
    "SELECT json_group_object(face.face_id, face.face_key) FROM json_each(?) AS wanted"
    " CROSS JOIN face ON face.face_id = wanted.value AND face.face_set_key = ?"
)


@dataclass(frozen=True, slots=True)
class Update:
    """New client data of a face; ``text`` is ``external_fields`` as they stand in the database."""

    face_set: FaceSet
    face_id: str
    external_image_id: str | None
    external_fields: Mapping[str, FieldValue]
    text: str


def merge_updates(
    connection: sqlite3.Connection, now: Standing, updates: Sequence[Update]
) -> tuple[Mapping[int, Update], Mapping[str, int]]:
    """Writes the updates into the faces that there are, in their order.

    Returns what was written, by the keys of these faces, and the keys by face id.
    """
    ids = json.dumps([update.face_id for update in updates])
    [text] = connection.execute(_FIND, (ids, now.key)).fetchone()
    found: Mapping[str, int] = json.loads(text)
    latest: dict[int, Update] = {}
    for update in updates:
        key = found.get(update.face_id)
        if key is not None:
            latest[key] = update if key not in latest else _then(latest[key], update)
    keys = list(latest)
    for start in range(0, len(keys), UPDATES_A_STATEMENT):
        portion = keys[start : start + UPDATES_A_STATEMENT]
        rows = [(key, latest[key].external_image_id, latest[key].text) for key in portion]
        connection.execute(_merge_statement(len(portion)), _parameters(rows, len(portion), now))
    return latest, found


def _then(first: Update, second: Update) -> Update:
    """Two updates of one face as one: fields that both name are as the second says."""
    fields = {**first.external_fields, **second.external_fields}
    image_id = second.external_image_id
    if image_id is None:
        image_id = first.external_image_id
    return Update(second.face_set, second.face_id, image_id, fields, fields_text(fields))


def _room(number: int) -> int:
    """The rows of the statement for so many updates: few sizes, so that it stays prepared."""
    return 1 << (number - 1).bit_length()


def _merge_statement(number: int) -> str:
    rows = ",".join(["(?,?,?)"] * _room(number))
    return (
        f"WITH new (face_key, image_id, fields) AS (VALUES {rows})"  # noqa: S608
        " UPDATE face SET external_image_id = coalesce(new.image_id, external_image_id),"
        " external_fields = json_patch(external_fields, new.fields), revision = ?"
        " FROM new WHERE face.face_key = new.face_key"
    )


def _parameters(
    rows: Iterable[tuple[int, str | None, str]], number: int, now: Standing
) -> list[object]:
    """What the statement's marks stand for; rows it has too many of name no face."""
    values: list[object] = [value for row in rows for value in row]
    values += [None] * (3 * (_room(number) - number))
    values.append(now.revision + 1)
    return values
