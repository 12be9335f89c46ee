"""The filter, sort and return_fields of a search or batch delete, as trees of values (spec 6).

    filter := and ( "||" and )*
    and    := unary ( "&&" unary )*
    unary  := "!" unary | "(" filter ")" | term
    term   := key ":" ( range | word )
    range  := ( "[" | "{" ) bound " TO " bound ( "]" | "}" )

``!`` binds closest, then ``&&``, then ``||``. The documented ``(!A)`` is a group that holds a
negation; a bare ``!A`` is tolerated. A face that lacks the field matches no term on it, and so
matches its negation.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from openfrs.domain.errors import (
    FieldNotDefined,
    FilterMalformed,
    MalformedParameter,
    ReturnFieldNotDefined,
    SortNotSupported,
)
from openfrs.domain.fields import FieldType, FieldValue, Schema

EXTERNAL_IMAGE_ID = "external_image_id"
_ALIASES = {"externalImageID": EXTERNAL_IMAGE_ID}
MAX_FILTER_LENGTH = 4096
MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Equals:
    """The field has this value."""

    key: str
    value: FieldValue


@dataclass(frozen=True, slots=True)
class Range:
    """The field lies between two bounds; None is an open end."""

    key: str
    low: FieldValue | None
    high: FieldValue | None
    low_included: bool
    high_included: bool


@dataclass(frozen=True, slots=True)
class Not:
    operand: "Filter"


@dataclass(frozen=True, slots=True)
class And:
    operands: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    operands: tuple["Filter", ...]


Filter = Equals | Range | Not | And | Or


class Direction(StrEnum):
    ASCENDING = "asc"
    DESCENDING = "desc"


_TOKEN = re.compile(r"\s*(?:(?P<symbol>&&|\|\||[!():\[\]{}*])|(?P<word>[A-Za-z0-9_.+-]+))")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,256}")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,36}")
_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def parse_filter(text: str, schema: Schema) -> Filter:
    """The tree of a filter over the fields of ``schema`` and ``external_image_id``.

    Raises FilterMalformed, with the position in the text, where the grammar is broken or a value
    does not fit its field; FieldNotDefined for an unknown key.
    """
    if len(text) > MAX_FILTER_LENGTH:
        raise FilterMalformed(f"filter: at most {MAX_FILTER_LENGTH} characters")
    parser = _Parser(text, {**schema, EXTERNAL_IMAGE_ID: FieldType.STRING})
    return parser.whole()


class _Parser:
    """A recursive descent over the tokens of one filter."""

    def __init__(self, text: str, schema: Schema) -> None:
        self.schema = schema
        self.length = len(text)
        self.tokens: list[tuple[str, int]] = []
        self.next = 0
        self.depth = 0
        position = 0
        end = len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                raise FilterMalformed(f"filter: unexpected character at position {position}")
            token = match["symbol"] or match["word"]
            self.tokens.append((token, match.end() - len(token)))
            position = match.end()

    def whole(self) -> Filter:
        tree = self.disjunction()
        if self.next < len(self.tokens):
            raise self.unexpected()
        return tree

    def disjunction(self) -> Filter:
        operands = [self.conjunction()]
        while self.take("||"):
            operands.append(self.conjunction())
        return operands[0] if len(operands) == 1 else Or(tuple(operands))

    def conjunction(self) -> Filter:
        operands = [self.unary()]
        while self.take("&&"):
            operands.append(self.unary())
        return operands[0] if len(operands) == 1 else And(tuple(operands))

    def unary(self) -> Filter:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FilterMalformed(f"filter: nested more than {MAX_DEPTH} deep")
        try:
            if self.take("!"):
                return Not(self.unary())
            if self.take("("):
                inner = self.disjunction()
                self.expect(")")
                return inner
            return self.term()
        finally:
            self.depth -= 1

    def term(self) -> Filter:
        key = self.word(_KEY)
        self.expect(":")
        key = _ALIASES.get(key, key)
        if key not in self.schema:
            raise FieldNotDefined(key)
        if self.peek() in ("[", "{"):
            return self.range(key)
        return Equals(key, self.value(key))

    def range(self, key: str) -> Filter:
        if self.schema[key] is FieldType.BOOLEAN:
            raise FilterMalformed(f"filter: {key} is boolean and has no ranges")
        low_included = self.advance() == "["
        low = self.bound(key)
        self.expect("TO")
        high = self.bound(key)
        if self.peek() not in ("]", "}"):
            raise self.unexpected()
        return Range(key, low, high, low_included, self.advance() == "]")

    def bound(self, key: str) -> FieldValue | None:
        return None if self.take("*") else self.value(key)

    def value(self, key: str) -> FieldValue:
        position = self.position()
        text = self.word(None)
        value = _typed(text, self.schema[key])
        if value is None:
            kind = self.schema[key]
            raise FilterMalformed(f"filter: {key} is {kind}, at position {position}")
        return value

    def word(self, pattern: re.Pattern[str] | None) -> str:
        token = self.peek()
        if token is None or not re.match(r"[A-Za-z0-9_.+-]", token):
            raise self.unexpected()
        if pattern is not None and not pattern.fullmatch(token):
            raise self.unexpected()
        return self.advance()

    def peek(self) -> str | None:
        return self.tokens[self.next][0] if self.next < len(self.tokens) else None

    def position(self) -> int:
        return self.tokens[self.next][1] if self.next < len(self.tokens) else self.length

    def advance(self) -> str:
        token = self.tokens[self.next][0]
        self.next += 1
        return token

    def take(self, token: str) -> bool:
        if self.peek() != token:
            return False
        self.next += 1
        return True

    def expect(self, token: str) -> None:
        if not self.take(token):
            raise self.unexpected(f"{token} expected")

    def unexpected(self, wanted: str = "") -> FilterMalformed:
        token = self.peek()
        found = "unexpected end" if token is None else f"unexpected {token}"
        return FilterMalformed(f"filter: {wanted or found} at position {self.position()}")


def _typed(text: str, kind: FieldType) -> FieldValue | None:
    """The value a word stands for in a field of that type, or None where it does not fit.

    A number may be written as decimal against an integer field: ``floor:3.0`` is ``floor:3``.
    """
    if kind is FieldType.STRING:
        return text if _WORD.fullmatch(text) else None
    if kind is FieldType.BOOLEAN:
        return {"true": True, "false": False}.get(text)
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return None


def parse_sort(items: Sequence[object], schema: Schema) -> dict[str, Direction]:
    """The sort fields with their directions, the most significant first.

    A field given twice keeps its first place and its last direction. Raises MalformedParameter
    for anything but ``[{"field": "asc" or "desc"}, ...]``, SortNotSupported for a field that is
    not a number or not defined.
    """
    fields: dict[str, Direction] = {}
    for item in items:
        if not isinstance(item, Mapping) or len(item) != 1:
            raise MalformedParameter("sort: an array of objects with one key each")
        [(name, direction)] = item.items()
        if name not in schema or not schema[name].is_number:
            raise SortNotSupported(f"sort: {name} is not a numeric field of the face set")
        if not isinstance(direction, str) or direction.lower() not in tuple(Direction):
            raise MalformedParameter(f"sort: the direction of {name} is asc or desc")
        fields[name] = Direction(direction.lower())
    return fields


def parse_return_fields(names: Sequence[object], schema: Schema) -> tuple[str, ...]:
    """The names of the custom fields to return.

    Raises MalformedParameter for anything but strings, ReturnFieldNotDefined for an unknown name.
    """
    for name in names:
        if not isinstance(name, str):
            raise MalformedParameter("return_fields: an array of field names")
        if name not in schema:
            raise ReturnFieldNotDefined(f"return_fields: {name} is not defined")
    return tuple(str(name) for name in names)
