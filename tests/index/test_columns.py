from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import openfrs.index.columns
from openfrs.domain.fields import FieldType, FieldValue, Schema
from openfrs.domain.query import And, Equals, Filter, Not, Or, Range, parse_filter
from openfrs.index.columns import Columns
from openfrs.index.strings import StringColumn
from openfrs.index.typed_columns import Column
from tests.index.samples import face
from tests.index.slowly import matches

SCHEMA = {
    "name": FieldType.STRING,
    "floor": FieldType.INTEGER,
    "stamp": FieldType.LONG,
    "ratio": FieldType.DOUBLE,
    "share": FieldType.FLOAT,
    "active": FieldType.BOOLEAN,
}
WORDS = ["a", "B", "a-1", "a_1", "b", "10", "9", "ab"]
EDGES = [0, 1, -1, 2**31 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 2**63 - 512]
DECIMALS = [0.0, 1.0, 1.5, -1.5, 0.1, 2.0**53, 2.0**63, -(2.0**63), 1e300, 5e-324]
LONGS = st.sampled_from(EDGES) | st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1)
DOUBLES = st.sampled_from(DECIMALS) | st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = LONGS | DOUBLES | st.sampled_from([2**63, -(2**63) - 1, 10**40, -(10**40), 10**400])
TEXTS = st.sampled_from(WORDS)
VALUES: dict[str, SearchStrategy[FieldValue]] = {
    "name": TEXTS,
    "floor": st.integers(-3, 3) | st.sampled_from([2**31 - 1, -(2**31)]),
    "stamp": LONGS,
    "ratio": DOUBLES | LONGS.map(float),
    "share": DOUBLES,
    "active": st.booleans(),
}
FACE = st.tuples(TEXTS, st.fixed_dictionaries({}, optional=VALUES))
Rows = Sequence[tuple[str, Mapping[str, FieldValue]]]


def bounds(key: str) -> SearchStrategy[FieldValue]:
    return TEXTS if key in ("name", "external_image_id") else NUMBERS


def terms(key: str) -> SearchStrategy[Filter]:
    if key == "active":
        return st.builds(Equals, st.just(key), st.booleans())
    end = st.none() | bounds(key)
    ranges = st.builds(Range, st.just(key), end, end, st.booleans(), st.booleans())
    return st.builds(Equals, st.just(key), bounds(key)) | ranges


TERMS = st.sampled_from([*SCHEMA, "external_image_id"]).flatmap(terms)
TREES: SearchStrategy[Filter] = st.recursive(
    TERMS,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=6,
)


def columns_of(rows: Rows, schema: Schema = SCHEMA) -> Columns:
    columns = Columns(schema)
    columns.resize(len(rows) + 3)
    for slot, (image_id, fields) in enumerate(rows):
        columns.put(slot, face(slot, f"id-{slot}", image_id, fields))
    return columns


def agree(where: Filter, rows: Rows, columns: Columns) -> None:
    expected = [matches(where, image_id, fields) for image_id, fields in rows]
    assert columns.matching(where, len(rows)).tolist() == expected


@given(rows=st.lists(FACE, max_size=12), where=TREES)
def test_columns_match_the_faces_that_the_obvious_evaluator_matches(
    rows: Rows, where: Filter
) -> None:
    agree(where, rows, columns_of(rows))


@given(before=st.lists(FACE, min_size=1, max_size=8), data=st.data(), where=TREES)
def test_a_slot_written_again_or_cleared_holds_nothing_of_before(
    before: list[tuple[str, Mapping[str, FieldValue]]], data: st.DataObject, where: Filter
) -> None:
    columns = columns_of(before)
    rows = list(before)
    for slot in data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=8)):
        rows[slot] = data.draw(FACE)
        if data.draw(st.booleans()):
            columns.clear(slot)
        columns.put(slot, face(slot, f"id-{slot}", *rows[slot]))
    columns.resize(50)
    agree(where, rows, columns)


@pytest.mark.parametrize("block", [1, 3, 8])
def test_filters_mean_the_same_block_by_block(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some blocks hold only faces that match a part of the filter, some none."""
    monkeypatch.setattr(openfrs.index.columns, "BLOCK", block)
    rows: Rows = [
        (f"image-{i}", {"floor": i // 4, "name": "ab"[i % 2]} if i % 5 else {}) for i in range(20)
    ]
    columns = columns_of(rows)
    low, even = Range("floor", None, 2, low_included=True, high_included=True), Equals("name", "a")
    everyone = Range("external_image_id", None, None, low_included=True, high_included=True)
    for one in (low, even, everyone, Equals("external_image_id", "nobody")):
        for other in (low, even, everyone, Not(everyone), Equals("floor", 4)):
            for where in (And((one, other)), Or((one, other)), And((Not(one), other))):
                agree(where, rows, columns)
                agree(Not(where), rows, columns)


def rendered(where: Filter) -> str:
    """The filter as a client would write it."""
    match where:
        case Equals(key, value):
            return f"{key}:{word(value)}"
        case Range(key, low, high):
            ends = " TO ".join("*" if end is None else word(end) for end in (low, high))
            return f"{key}:{'{['[where.low_included]}{ends}{'}]'[where.high_included]}"
        case Not(operand):
            return f"(!({rendered(operand)}))"
        case And(operands) | Or(operands):
            sign = " && " if isinstance(where, And) else "||"
            return sign.join(f"({rendered(operand)})" for operand in operands)


def word(value: FieldValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def fits_the_wire(where: Filter) -> bool:
    """The grammar refuses whole numbers beyond 64 bits, as they are written, for integers."""
    match where:
        case Not(operand):
            return fits_the_wire(operand)
        case And(operands) | Or(operands):
            return all(map(fits_the_wire, operands))
        case Equals(_, value):
            numbers = [value]
        case Range(_, low, high):
            numbers = [end for end in (low, high) if end is not None]
    return all(isinstance(n, str | bool) or -(2**63) <= Decimal(repr(n)) < 2**63 for n in numbers)


@given(rows=st.lists(FACE, max_size=8), where=TREES.filter(fits_the_wire))
def test_a_filter_from_the_wire_matches_as_its_tree_does(rows: Rows, where: Filter) -> None:
    agree(parse_filter(rendered(where), SCHEMA), rows, columns_of(rows))


def test_a_face_without_the_field_matches_the_negation_alone() -> None:
    rows: Rows = [("a", {}), ("b", dict.fromkeys(("floor", "stamp"), 0))]
    columns = columns_of(rows)
    everything = Range("floor", None, None, low_included=True, high_included=True)
    assert columns.matching(everything, 2).tolist() == [False, True]
    assert columns.matching(Not(everything), 2).tolist() == [True, False]


def test_bounds_keep_every_digit() -> None:
    near = float(2**63)  # above every long, and not equal to the greatest
    rows: Rows = [("a", {"stamp": 2**63 - 1, "ratio": float(2**53)})]
    columns = columns_of(rows)
    cases: list[tuple[Filter, bool]] = [
        (Equals("stamp", near), False),
        (Range("stamp", None, near, low_included=True, high_included=False), True),
        (Range("stamp", 2**63 - 2, None, low_included=False, high_included=True), True),
        (Equals("ratio", 2**53 + 1), False),
        (Range("ratio", 2**53 + 1, None, low_included=True, high_included=True), False),
        (Range("ratio", None, 2**53 + 1, low_included=True, high_included=False), True),
        (Range("floor", 1.5, None, low_included=True, high_included=True), False),
    ]
    for where, expected in cases:
        assert columns.matching(where, 1).tolist() == [expected]


def holding(column: Column, value: FieldValue, used: int) -> list[bool]:
    mask = np.empty(used, np.bool_)
    mask[:] = column.equals(value, used)(0, used)
    found: list[bool] = mask.tolist()
    return found


def test_a_string_that_no_face_holds_any_more_leaves_the_dictionary() -> None:
    column = StringColumn()
    column.resize(4)
    for slot, text in enumerate(["anna", "bert", "anna"]):
        column.put(slot, text)
    column.put(0, "carl")
    assert holding(column, "anna", 3) == [False, False, True]
    column.put(2, None)
    column.put(2, None)
    assert column._strings == [None, None, "bert", "carl"]
    assert set(column._code_of) == {"bert", "carl"}
    column.put(3, "dora")
    assert len(column._strings) == 4
    assert holding(column, "dora", 4) == [False, False, False, True]
