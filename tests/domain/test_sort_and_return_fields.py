"""The sort and return_fields of spec 6.2 and 6.3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.domain.errors import (
    FRSError,
    MalformedParameter,
    ReturnFieldNotDefined,
    SortNotSupported,
)
from openfrs.domain.fields import FieldType
from openfrs.domain.query import (
    Direction,
    parse_return_fields,
    parse_sort,
)

SCHEMA = {
    "color": FieldType.STRING,
    "floor": FieldType.INTEGER,
    "time-stamp": FieldType.LONG,
    "ratio": FieldType.FLOAT,
    "TO": FieldType.DOUBLE,
    "true": FieldType.BOOLEAN,
}


def test_sort_keeps_the_order_of_fields_and_reads_directions_in_any_case() -> None:
    order = parse_sort([{"time-stamp": "asc"}, {"floor": "DESC"}], SCHEMA)
    assert [*order.items()] == [
        ("time-stamp", Direction.ASCENDING),
        ("floor", Direction.DESCENDING),
    ]


def test_the_later_direction_of_a_field_overwrites_the_earlier() -> None:
    order = parse_sort([{"floor": "asc"}, {"ratio": "asc"}, {"floor": "desc"}], SCHEMA)
    assert [*order.items()] == [("floor", Direction.DESCENDING), ("ratio", Direction.ASCENDING)]


@pytest.mark.parametrize(
    "name", ["color", "true", "external_image_id", "similarity", "nobody", "", "\ud800", 3]
)
def test_sorting_needs_a_number_of_the_schema(name: object) -> None:
    with pytest.raises(SortNotSupported) as refusal:
        parse_sort([{name: "asc"}], SCHEMA)
    refusal.value.detail.encode("ascii")


@pytest.mark.parametrize(
    "items",
    [
        ["floor"],
        [{}],
        [{"floor": "asc", "ratio": "asc"}],
        [["floor", "asc"]],
        [None],
        [{"floor": "up"}],
        [{"floor": ""}],
        [{"floor": None}],
        [{"floor": 1}],
        "floor",
    ],
)
def test_sort_is_an_array_of_objects_with_one_key(items: list[object]) -> None:
    with pytest.raises(MalformedParameter, match="sort: "):
        parse_sort(items, SCHEMA)


def test_no_sort_items_give_no_order() -> None:
    assert parse_sort([], SCHEMA) == {}


def test_return_fields_come_once_each_in_the_order_given() -> None:
    assert parse_return_fields(["ratio", "color", "ratio"], SCHEMA) == ("ratio", "color")
    assert parse_return_fields([], SCHEMA) == ()


@pytest.mark.parametrize("name", ["nobody", "Color", "", "external_image_id", "\ud800", "a" * 9000])
def test_a_return_field_must_be_defined(name: str) -> None:
    with pytest.raises(ReturnFieldNotDefined) as refusal:
        parse_return_fields(["color", name], SCHEMA)
    assert len(refusal.value.detail.encode("ascii")) < 120


@pytest.mark.parametrize("name", [None, 1, True, ["color"], {"color": "asc"}])
def test_a_return_field_is_a_string(name: object) -> None:
    with pytest.raises(MalformedParameter, match="return_fields: "):
        parse_return_fields([name], SCHEMA)


@given(st.lists(st.none() | st.integers() | st.text() | st.dictionaries(st.text(), st.text())))
def test_any_items_are_taken_or_rightly_refused(items: list[object]) -> None:
    for parse in (parse_sort, parse_return_fields):
        try:
            parse(items, SCHEMA)
        except FRSError as refusal:
            refusal.detail.encode("ascii")
