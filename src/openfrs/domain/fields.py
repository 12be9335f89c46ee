"""Custom fields: the schema of a face set, and values checked against it (spec 5)."""

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from openfrs.domain.errors import FieldNotDefined, FieldTypeMismatch, MalformedParameter

FieldValue = str | int | float | bool

MAX_FIELDS = 10
NAME = re.compile(r"[A-Za-z0-9_-]{1,36}")
STRING_VALUE = re.compile(r"[A-Za-z0-9_-]{1,256}")
EXTERNAL_IMAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
RESERVED = frozenset(
    [
        *("external_image_id", "bounding_box", "similarity", "face_id", "create_time"),
        *("vector", "_id", "_all", "_source"),
    ]
)


class FieldType(StrEnum):
    """The types a custom field may have."""

    STRING = "string"
    INTEGER = "integer"
    LONG = "long"
    FLOAT = "float"
    DOUBLE = "double"
    BOOLEAN = "boolean"

    @property
    def is_number(self) -> bool:
        return self not in (FieldType.STRING, FieldType.BOOLEAN)


INTEGER_BITS = {FieldType.INTEGER: 32, FieldType.LONG: 64}

Schema = Mapping[str, FieldType]


def parse_schema(definitions: Mapping[str, object]) -> Schema:
    """The schema that a face set's ``external_fields`` define: names to types.

    Raises MalformedParameter for too many fields, a bad or reserved name, or an unknown type.
    """
    if len(definitions) > MAX_FIELDS:
        raise MalformedParameter(f"external_fields: at most {MAX_FIELDS} fields")
    return {name: _field_type(name, definition) for name, definition in definitions.items()}


def _field_type(name: str, definition: object) -> FieldType:
    if not NAME.fullmatch(name):
        raise MalformedParameter(
            "external_fields: a field name has 1 to 36 letters, digits, hyphens or underscores, "
            f"not {quoted(name)}"
        )
    if name in RESERVED:
        raise MalformedParameter(f"external_fields: the name {name} is reserved")
    if not isinstance(definition, Mapping) or set(definition) != {"type"}:
        raise MalformedParameter(f'external_fields: {name} must be defined as {{"type": ...}}')
    kind = definition["type"]
    try:
        return FieldType(kind.lower() if isinstance(kind, str) else "")
    except ValueError:
        known = ", ".join(FieldType)
        raise MalformedParameter(f"external_fields: the type of {name} is one of {known}") from None


def check_values(schema: Schema, values: Mapping[str, object]) -> dict[str, FieldValue]:
    """The values of a face's custom fields, each of its defined type.

    Raises FieldNotDefined for a name outside the schema, FieldTypeMismatch for a value that does
    not fit its type, MalformedParameter for a string outside 1 to 256 ``[A-Za-z0-9_-]``.
    """
    for name in values:
        if name not in schema:
            raise FieldNotDefined(quoted(name))
    return {name: _checked(name, schema[name], value) for name, value in values.items()}


def _checked(name: str, kind: FieldType, value: object) -> FieldValue:
    match kind, value:
        case FieldType.BOOLEAN, bool():
            return value
        case FieldType.STRING, str():
            if not STRING_VALUE.fullmatch(value):
                raise MalformedParameter(
                    f"external_fields: {name} takes 1 to 256 letters, digits, hyphens or "
                    "underscores"
                )
            return value
        case _, bool():
            raise FieldTypeMismatch(name)
        case ((FieldType.INTEGER | FieldType.LONG), int()):
            bound = 1 << (INTEGER_BITS[kind] - 1)
            if -bound <= value < bound:
                return value
        case ((FieldType.FLOAT | FieldType.DOUBLE), (int() | float())):
            try:
                number = float(value)
            except OverflowError:
                raise FieldTypeMismatch(name) from None
            if math.isfinite(number):
                return number
    raise FieldTypeMismatch(name)


_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def value_of_word(kind: FieldType, word: str) -> FieldValue | None:
    """The value that a word of a filter or query string stands for in a field of that type.

    None where it does not fit. Against an integer field, a whole number is an int of at most 64
    bits however it is written (``3``, ``3.0``, ``3e0``); any other number is a float, equal to no
    value of the field but fit for a range.
    """
    match kind:
        case FieldType.STRING:
            return word if STRING_VALUE.fullmatch(word) else None
        case FieldType.BOOLEAN:
            return {"true": True, "false": False}.get(word)
    if not _NUMBER.fullmatch(word) or not math.isfinite(float(word)):
        return None
    if kind in (FieldType.FLOAT, FieldType.DOUBLE):
        return float(word)
    exact = Decimal(word)
    if exact != exact.to_integral_value():
        return float(word)
    return int(exact) if -(1 << 63) <= exact < (1 << 63) else None


def quoted(name: object) -> str:
    """A client's name for a field as a message may repeat it: escaped and cut short if ill-formed.

    A lone surrogate, for one, would stop the answer from being encoded.
    """
    if isinstance(name, str) and NAME.fullmatch(name):
        return name
    return ascii(name)[:60]
