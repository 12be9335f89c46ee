"""Values to rows and back: how ids, fields, times and templates stand in the database."""

import json
import secrets
import string
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from openfrs.domain.faces import BoundingBox, Face, FaceSet, Vector
from openfrs.domain.fields import FieldType, FieldValue

SELECT_FACE = (
    "SELECT face_key, face_id, external_image_id, external_fields,"
    " width, height, top_left_x, top_left_y FROM face"
)
SELECT_FACE_SET = (
    "SELECT face_set_key, project_id, face_set_id, name, capacity, schema, model, created,"
    " face_number, quality_gate, retention_days, thumbnails FROM face_set"
)

FaceRow = tuple[int, str, str, str, int, int, int, int]
FaceSetRow = tuple[int, str, str, str, int, str, str, str, int, str, int | None, int]

_ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits
_ID_LENGTH = 8
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_decode = json.JSONDecoder().raw_decode


def new_id() -> str:
    """Eight random letters and digits, each as likely as any other (spec 11)."""
    number = secrets.randbelow(len(_ALPHABET) ** _ID_LENGTH)
    letters = []
    for _ in range(_ID_LENGTH):
        number, letter = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[letter])
    return "".join(letters)


def fields_text(fields: Mapping[str, FieldValue]) -> str:
    """The fields as JSON in which 3.0 stays a float and a long keeps every digit."""
    return _encode(dict(fields)) if fields else "{}"


def fields_of(text: str) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {} if text == "{}" else _decode(text)[0]
    return fields


def keys_text(keys: Sequence[int] | Sequence[str]) -> str:
    """Keys as JSON, for ``json_each``: one parameter however many they are."""
    return _encode(keys)


def face_of(row: FaceRow) -> Face:
    key, face_id, image_id, fields, width, height, x, y = row
    return Face(key, face_id, image_id, fields_of(fields), BoundingBox(width, height, x, y))


def schema_text(schema: Mapping[str, FieldType]) -> str:
    return _encode({name: kind.value for name, kind in schema.items()})


def schema_of(text: str) -> dict[str, FieldType]:
    return {field: FieldType(kind) for field, kind in _decode(text)[0].items()}


def gate_text(gate: Mapping[str, float]) -> str:
    return _encode(dict(gate))


def face_set_of(row: FaceSetRow) -> FaceSet:
    key, project_id, face_set_id, name, capacity, schema, model = row[:7]
    created, face_number, gate, retention_days, thumbnails = row[7:]
    return FaceSet(
        key=key,
        project_id=project_id,
        face_set_id=face_set_id,
        name=name,
        capacity=capacity,
        schema=schema_of(schema),
        model=model,
        created=datetime.fromisoformat(created),
        face_number=face_number,
        quality_gate=_decode(gate)[0],
        retention_days=retention_days,
        thumbnails=bool(thumbnails),
    )


def time_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def vector_bytes(vector: Vector) -> bytes:
    """The template as little-endian float32.

    Raises ValueError for anything but one row of finite numbers: such a template could never be
    compared, and would keep every mirror of its set from loading.
    """
    if vector.ndim != 1 or not np.isfinite(vector).all():
        raise ValueError("a template is one row of finite numbers")
    return vector.astype("<f4", copy=False).tobytes()


def vector_of(blob: bytes) -> Vector:
    """The template as (D,) float32, read-only."""
    return np.frombuffer(blob, dtype="<f4")
