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

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from openfrs.domain.errors import (
    FieldNotDefined,
    FieldTypeMismatch,
    FilterMalformed,
    MalformedParameter,
    ReturnFieldNotDefined,
    SortNotSupported,
)
from openfrs.domain.fields import FieldType, FieldValue, Schema, quoted, value_of_word
from openfrs.domain.filter_tokens import FilterTokens

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


_KEY = re.compile(r"[A-Za-z0-9_-]{1,36}")


def parse_filter(text: str, schema: Schema) -> Filter:
    """The tree of a filter over the fields of ``schema`` and ``external_image_id``.

    Raises FilterMalformed where the grammar is broken or a value does not fit its field,
    FieldNotDefined for an unknown key; both with the position in the text.
    """
    if len(text) > MAX_FILTER_LENGTH:
        raise FilterMalformed(
            f"filter: at most {MAX_FILTER_LENGTH} characters", position=MAX_FILTER_LENGTH
        )
    return _Parser(text, schema).whole()


def parse_term(key: str, word: str, schema: Schema) -> Equals:
    """The equality that a query string's ``key=word`` asks for (spec 3.8).

    Any text may be asked for; one that no face can have matches nothing. Raises FieldNotDefined
    for an unknown key, FieldTypeMismatch for a word that is no number or boolean where one is due.
    """
    kind = _kinds(schema).get(key := _meant(key, schema))
    if kind is None:
        raise FieldNotDefined(quoted(key))
    value = word if kind is FieldType.STRING else value_of_word(kind, word)
    if value is None:
        raise FieldTypeMismatch(key)
    return Equals(key, value)


def _kinds(schema: Schema) -> Schema:
    """The types of all that a term may name."""
    return {**schema, EXTERNAL_IMAGE_ID: FieldType.STRING}


def _meant(key: str, schema: Schema) -> str:
    """The key itself, or what it is an alias of; a field of the alias's name goes first."""
    return key if key in schema else _ALIASES.get(key, key)


class _Parser:
    """A recursive descent over the tokens of one filter."""

    def __init__(self, text: str, schema: Schema) -> None:
        self.tokens = FilterTokens(text)
        self.schema = _kinds(schema)
        self.depth = 0

    def whole(self) -> Filter:
        tree = self.disjunction()
        self.tokens.finish()
        return tree

    def disjunction(self) -> Filter:
        operands = [self.conjunction()]
        while self.tokens.take("||"):
            operands.append(self.conjunction())
        return operands[0] if len(operands) == 1 else Or(tuple(operands))

    def conjunction(self) -> Filter:
        operands = [self.unary()]
        while self.tokens.take("&&"):
            operands.append(self.unary())
        return operands[0] if len(operands) == 1 else And(tuple(operands))

    def unary(self) -> Filter:
        if self.tokens.take("!"):
            return Not(self.nested(self.unary))
        if self.tokens.take("("):
            inner = self.nested(self.disjunction)
            self.tokens.expect(")")
            return inner
        return self.term()

    def nested(self, rule: Callable[[], Filter]) -> Filter:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.tokens.refusal(f"nested more than {MAX_DEPTH} deep")
        tree = rule()
        self.depth -= 1
        return tree

    def term(self) -> Filter:
        position = self.tokens.position
        key = self.key()
        self.tokens.expect(":")
        if key not in self.schema:
            raise FieldNotDefined(key, position=position)
        if opening := self.tokens.take("[", "{"):
            return self.range(key, low_included=opening == "[")
        return Equals(key, self.value(key))

    def key(self) -> str:
        token = self.tokens.peek()
        if token is None or not _KEY.fullmatch(token):
            raise self.tokens.unexpected()
        return _meant(self.tokens.word(), self.schema)

    def range(self, key: str, *, low_included: bool) -> Filter:
        if self.schema[key] is FieldType.BOOLEAN:
            raise self.tokens.refusal(f"{key} is boolean and has no ranges,")
        low = self.bound(key)
        self.tokens.expect("TO")
        high = self.bound(key)
        closing = self.tokens.take("]", "}")
        if closing is None:
            raise self.tokens.unexpected()
        return Range(key, low, high, low_included, closing == "]")

    def bound(self, key: str) -> FieldValue | None:
        return None if self.tokens.take("*") else self.value(key)

    def value(self, key: str) -> FieldValue:
        refusal = self.tokens.refusal(f"{key} takes {_VALUES[self.schema[key]]},")
        value = value_of_word(self.schema[key], self.tokens.word())
        if value is None:
            raise refusal
        return value


_VALUES = {
    FieldType.STRING: "1 to 256 letters, digits, hyphens or underscores",
    FieldType.INTEGER: "a number of at most 64 bits",
    FieldType.LONG: "a number of at most 64 bits",
    FieldType.FLOAT: "a number",
    FieldType.DOUBLE: "a number",
    FieldType.BOOLEAN: "true or false",
}


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
            raise SortNotSupported(f"sort: {quoted(name)} is not a numeric field of the face set")
        if not isinstance(direction, str) or direction.lower() not in tuple(Direction):
            raise MalformedParameter(f"sort: the direction of {name} is asc or desc")
        fields[name] = Direction(direction.lower())
    return fields


def parse_return_fields(names: Sequence[object], schema: Schema) -> tuple[str, ...]:
    """The names of the custom fields to return, each once, in the order given.

    Raises MalformedParameter for anything but strings, ReturnFieldNotDefined for an unknown name.
    """
    for name in names:
        if not isinstance(name, str):
            raise MalformedParameter("return_fields: an array of field names")
        if name not in schema:
            raise ReturnFieldNotDefined(f"return_fields: {quoted(name)} is not defined")
    return tuple(dict.fromkeys(str(name) for name in names))
