"""The slow and obvious versions that the index is held against."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from openfrs.domain.faces import FaceChange, Vector
from openfrs.domain.fields import FieldValue
from openfrs.domain.query import And, Equals, Filter, Not, Or, Range


def matches(where: Filter, image_id: str, fields: Mapping[str, FieldValue]) -> bool:
    """Does one face match? Numbers are compared as fractions, strings by code points."""
    match where:
        case Not(operand):
            return not matches(operand, image_id, fields)
        case And(operands):
            return all(matches(operand, image_id, fields) for operand in operands)
        case Or(operands):
            return any(matches(operand, image_id, fields) for operand in operands)
    values = {**fields, "external_image_id": image_id}
    if where.key not in values:
        return False
    value = _comparable(values[where.key])
    if isinstance(where, Equals):
        return bool(value == _comparable(where.value))
    return _above(where, value) and _below(where, value)


def _above(where: Range, value: str | Fraction) -> bool:
    if where.low is None:
        return True
    low = _comparable(where.low)
    return low <= value if where.low_included else low < value  # type: ignore[operator]


def _below(where: Range, value: str | Fraction) -> bool:
    if where.high is None:
        return True
    high = _comparable(where.high)
    return value <= high if where.high_included else value < high  # type: ignore[operator]


def _comparable(value: FieldValue) -> str | Fraction:
    return value if isinstance(value, str) else Fraction(value)


def best(
    faces: Iterable[FaceChange], probe: Vector, top_n: int, where: Filter | None = None
) -> Sequence[tuple[int, float]]:
    """Keys and scores of the best faces, by brute force over all of them."""
    chosen = [
        f
        for f in faces
        if where is None or matches(where, f.face.external_image_id, f.face.external_fields)
    ]
    scored = [(score(f.vector, probe), f.face.face_id, f.face.face_key) for f in chosen]
    scored.sort(key=lambda item: (-item[0], item[1]))
    return [(key, value) for value, _, key in scored[:top_n]]


def score(vector: Vector | None, probe: Vector) -> float:
    assert vector is not None
    return float((vector.astype(np.float64) * probe).sum())
