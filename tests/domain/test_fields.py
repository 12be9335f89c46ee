"""Custom fields against spec 5: definitions, and values of each type."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.domain.errors import (
    FieldNotDefined,
    FieldTypeMismatch,
    FRSError,
    MalformedParameter,
)
from openfrs.domain.fields import (
    EXTERNAL_IMAGE_ID,
    RESERVED,
    FieldType,
    FieldValue,
    check_values,
    parse_schema,
    value_of_word,
)

ALPHABET = "ABCXYZabcxyz019_-"
names = st.text(ALPHABET, min_size=1, max_size=36).filter(lambda name: name not in RESERVED)
types = st.sampled_from(FieldType)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)

INT32 = (-(2**31), 2**31 - 1)
INT64 = (-(2**63), 2**63 - 1)


def checked(kind: FieldType, value: object) -> FieldValue:
    return check_values({"field": kind}, {"field": value})["field"]


@given(st.dictionaries(names, types, max_size=10))
def test_a_schema_holds_the_types_as_defined(schema: dict[str, FieldType]) -> None:
    definitions = {name: {"type": kind.value} for name, kind in schema.items()}
    assert parse_schema(definitions) == schema


@pytest.mark.parametrize("spelling", ["integer", "Integer", "INTEGER", "iNtEgEr"])
def test_a_type_is_read_in_any_case_and_kept_in_lower_case(spelling: str) -> None:
    assert parse_schema({"floor": {"type": spelling}})["floor"].value == "integer"


def test_there_are_six_types() -> None:
    assert {*FieldType} == {"string", "integer", "long", "float", "double", "boolean"}


def test_numbers_are_all_types_but_string_and_boolean() -> None:
    assert [kind for kind in FieldType if not kind.is_number] == ["string", "boolean"]


def test_ten_fields_are_the_most_a_schema_has() -> None:
    definitions = {f"field-{number}": {"type": "long"} for number in range(11)}
    with pytest.raises(MalformedParameter, match="at most 10"):
        parse_schema(definitions)
    del definitions["field-10"]
    assert len(parse_schema(definitions)) == 10


@pytest.mark.parametrize(
    "name",
    [
        "external_image_id",
        "bounding_box",
        "similarity",
        "face_id",
        "create_time",
        "vector",
        "_id",
        "_all",
        "_source",
    ],
)
def test_a_reserved_name_is_refused(name: str) -> None:
    with pytest.raises(MalformedParameter, match=f"{name} is reserved"):
        parse_schema({name: {"type": "string"}})


@pytest.mark.parametrize("name", ["", "a" * 37, "a b", "a.b", "été", "a\n", "\ud800", "a:b"])
def test_an_ill_formed_name_is_refused(name: str) -> None:
    with pytest.raises(MalformedParameter, match="1 to 36 letters"):
        parse_schema({name: {"type": "string"}})


@pytest.mark.parametrize(
    "definition",
    [
        None,
        "string",
        {},
        {"type": None},
        {"type": 3},
        {"type": ""},
        {"type": "text"},
        {"type": "int"},
        {"type": " string"},
        {"type": ["string"]},
        {"type": "string", "size": 3},
        {"Type": "string"},
    ],
)
def test_anything_but_a_known_type_is_no_definition(definition: object) -> None:
    with pytest.raises(MalformedParameter, match="external_fields: "):
        parse_schema({"floor": definition})


@given(st.dictionaries(st.text(), json_values, max_size=12))
def test_any_definitions_give_a_schema_or_the_right_refusal(definitions: dict[str, object]) -> None:
    try:
        schema = parse_schema(definitions)
    except MalformedParameter as refusal:
        refusal.detail.encode()
    else:
        assert schema.keys() == definitions.keys()


@pytest.mark.parametrize(("kind", "bounds"), [(FieldType.INTEGER, INT32), (FieldType.LONG, INT64)])
def test_whole_numbers_keep_within_their_bits(kind: FieldType, bounds: tuple[int, int]) -> None:
    low, high = bounds
    assert [checked(kind, value) for value in (low, -1, 0, high)] == [low, -1, 0, high]
    for beyond in (low - 1, high + 1, 10**400):
        with pytest.raises(FieldTypeMismatch):
            checked(kind, beyond)


@pytest.mark.parametrize("kind", [FieldType.INTEGER, FieldType.LONG])
@given(value=st.floats())
def test_a_number_with_a_point_is_no_integer(kind: FieldType, value: float) -> None:
    with pytest.raises(FieldTypeMismatch):
        checked(kind, value)


@pytest.mark.parametrize("kind", [FieldType.FLOAT, FieldType.DOUBLE])
@given(value=st.floats(allow_nan=False, allow_infinity=False) | st.integers(*INT64))
def test_a_real_field_takes_any_number_as_a_float(kind: FieldType, value: float) -> None:
    stored = checked(kind, value)
    assert type(stored) is float
    assert stored == float(value)


@pytest.mark.parametrize("kind", [FieldType.FLOAT, FieldType.DOUBLE])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, -(10**400)])
def test_a_real_field_takes_nothing_beyond_the_finite(kind: FieldType, value: float) -> None:
    with pytest.raises(FieldTypeMismatch):
        checked(kind, value)


@given(st.text(ALPHABET, min_size=1, max_size=256))
def test_a_string_field_takes_letters_digits_hyphens_and_underscores(value: str) -> None:
    assert checked(FieldType.STRING, value) == value


@pytest.mark.parametrize("value", ["", "a" * 257, "a b", "a.b", "é", "a\n", "\x00", "٣"])
def test_an_ill_formed_string_is_a_malformed_parameter(value: str) -> None:
    with pytest.raises(MalformedParameter, match="field takes 1 to 256"):
        checked(FieldType.STRING, value)


def test_the_longest_string_has_256_characters() -> None:
    assert checked(FieldType.STRING, "a" * 256) == "a" * 256


@pytest.mark.parametrize("value", [True, False])
def test_a_boolean_field_takes_true_and_false(value: object) -> None:
    assert checked(FieldType.BOOLEAN, value) is value


@pytest.mark.parametrize("kind", [kind for kind in FieldType if kind is not FieldType.BOOLEAN])
@pytest.mark.parametrize("value", [True, False])
def test_a_boolean_is_neither_number_nor_string(kind: FieldType, value: object) -> None:
    with pytest.raises(FieldTypeMismatch):
        checked(kind, value)


@pytest.mark.parametrize("value", [0, 1, 0.0, "true", "false", "True", ""])
def test_nothing_else_is_a_boolean(value: object) -> None:
    with pytest.raises(FieldTypeMismatch):
        checked(FieldType.BOOLEAN, value)


@pytest.mark.parametrize("kind", [kind for kind in FieldType if kind.is_number])
@pytest.mark.parametrize("text", ["3", "3.5", "100L", "1.0f", "1.0d", "", "NaN"])
def test_a_number_in_a_string_is_refused(kind: FieldType, text: str) -> None:
    with pytest.raises(FieldTypeMismatch):
        checked(kind, text)


@pytest.mark.parametrize("value", [3, 3.5])
def test_a_string_field_takes_no_number(value: float) -> None:
    with pytest.raises(FieldTypeMismatch):
        checked(FieldType.STRING, value)


@pytest.mark.parametrize("kind", FieldType)
@pytest.mark.parametrize("value", [None, [], ["a"], {}, {"a": 1}])
def test_null_and_containers_fit_no_type(kind: FieldType, value: object) -> None:
    with pytest.raises(FieldTypeMismatch) as refusal:
        checked(kind, value)
    assert refusal.value.detail == "field"


def test_an_undefined_name_goes_before_a_wrong_type() -> None:
    with pytest.raises(FieldNotDefined) as refusal:
        check_values({"floor": FieldType.LONG}, {"floor": "three", "flour": 3})
    assert refusal.value.detail == "flour"


def test_names_are_told_apart_by_case() -> None:
    with pytest.raises(FieldNotDefined):
        check_values({"floor": FieldType.LONG}, {"Floor": 3})


def test_values_may_be_given_for_some_fields_only() -> None:
    schema = {"floor": FieldType.LONG, "badge": FieldType.STRING}
    assert check_values(schema, {"badge": "B_12"}) == {"badge": "B_12"}
    assert check_values(schema, {}) == {}


@given(types, json_values)
def test_any_value_is_taken_as_its_type_or_rightly_refused(kind: FieldType, value: object) -> None:
    try:
        stored = checked(kind, value)
    except (FieldTypeMismatch, MalformedParameter) as refusal:
        refusal.detail.encode()
    else:
        assert stored == value or stored == float(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["\ud800", "a" * 100_000, "\n\x00", "é"])
def test_the_refusal_of_a_strange_name_is_short_and_can_be_encoded(name: str) -> None:
    with pytest.raises(FRSError) as refusal:
        check_values({}, {name: 1})
    assert len(refusal.value.detail.encode("ascii")) <= 60


@pytest.mark.parametrize(
    ("kind", "word", "value"),
    [
        (FieldType.STRING, "12", "12"),
        (FieldType.STRING, "true", "true"),
        (FieldType.STRING, "1.5", None),
        (FieldType.STRING, "", None),
        (FieldType.STRING, "a" * 257, None),
        (FieldType.BOOLEAN, "true", True),
        (FieldType.BOOLEAN, "false", False),
        (FieldType.BOOLEAN, "True", None),
        (FieldType.BOOLEAN, "1", None),
        (FieldType.INTEGER, "3", 3),
        (FieldType.INTEGER, "-3", -3),
        (FieldType.INTEGER, "+3", 3),
        (FieldType.INTEGER, "3.0", 3),
        (FieldType.INTEGER, "3e2", 300),
        (FieldType.INTEGER, "2.5", 2.5),
        (FieldType.INTEGER, "99999999999", 99999999999),
        (FieldType.LONG, "9223372036854775807", 2**63 - 1),
        (FieldType.LONG, "9007199254740993.0", 2**53 + 1),
        (FieldType.LONG, "9223372036854775808", None),
        (FieldType.LONG, "-9223372036854775809", None),
        (FieldType.LONG, "1e308", None),
        (FieldType.LONG, "1e999", None),
        (FieldType.LONG, "9" * 4000, None),
        (FieldType.FLOAT, "3", 3.0),
        (FieldType.DOUBLE, ".5", 0.5),
        (FieldType.DOUBLE, "5.", 5.0),
        (FieldType.DOUBLE, "1e400", None),
        (FieldType.DOUBLE, "1.0d", None),
        (FieldType.DOUBLE, "1.0f", None),
        (FieldType.DOUBLE, "100L", None),
        (FieldType.DOUBLE, "NaN", None),
        (FieldType.DOUBLE, "inf", None),
        (FieldType.DOUBLE, "1_000", None),
        (FieldType.DOUBLE, "0x10", None),
        (FieldType.DOUBLE, "٣", None),
        (FieldType.DOUBLE, "-", None),
        (FieldType.DOUBLE, ".", None),
    ],
)
def test_a_word_stands_for_a_value_of_the_fields_type(
    kind: FieldType, word: str, value: FieldValue | None
) -> None:
    found = value_of_word(kind, word)
    assert (type(found), found) == (type(value), value)


@given(st.integers(*INT64))
def test_a_whole_number_beyond_a_doubles_digits_is_found_by_its_own_text(number: int) -> None:
    for kind in (FieldType.LONG, FieldType.FLOAT, FieldType.DOUBLE):
        assert value_of_word(kind, str(number)) == checked(kind, number)


@pytest.mark.parametrize("name", ["emp-7", "A", "_", "a" * 36])
def test_an_external_image_id_has_1_to_36_characters(name: str) -> None:
    assert EXTERNAL_IMAGE_ID.fullmatch(name)
    assert not EXTERNAL_IMAGE_ID.fullmatch(name + "a" * 36)
    assert not EXTERNAL_IMAGE_ID.fullmatch(name + "\n")
