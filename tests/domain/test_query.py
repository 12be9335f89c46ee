"""The filter of spec 6.1; texts made from trees and a slow obvious reading check the parser."""

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openfrs.domain.errors import (
    FieldNotDefined,
    FieldTypeMismatch,
    FilterMalformed,
)
from openfrs.domain.fields import FieldType, FieldValue
from openfrs.domain.query import (
    MAX_DEPTH,
    MAX_FILTER_LENGTH,
    And,
    Equals,
    Filter,
    Not,
    Or,
    Range,
    parse_filter,
    parse_term,
)

SCHEMA = {
    "color": FieldType.STRING,
    "floor": FieldType.INTEGER,
    "time-stamp": FieldType.LONG,
    "ratio": FieldType.FLOAT,
    "TO": FieldType.DOUBLE,
    "true": FieldType.BOOLEAN,
}

VALUES: dict[str, st.SearchStrategy[FieldValue]] = {
    "color": st.text("aZ09_-", min_size=1, max_size=8) | st.sampled_from(["TO", "true", "12"]),
    "external_image_id": st.text("aZ09_-", min_size=1, max_size=8),
    "floor": st.integers(-(2**31), 2**31 - 1),
    "time-stamp": st.integers(-(2**63), 2**63 - 1),
    "ratio": st.floats(allow_nan=False, allow_infinity=False),
    "TO": st.floats(allow_nan=False, allow_infinity=False),
    "true": st.booleans(),
}
RANGED = [key for key in VALUES if key != "true"]


def equalities() -> st.SearchStrategy[Filter]:
    return st.sampled_from([*VALUES]).flatmap(
        lambda key: st.builds(Equals, st.just(key), VALUES[key])
    )


def ranges() -> st.SearchStrategy[Filter]:
    def of(key: str) -> st.SearchStrategy[Filter]:
        bound = st.none() | VALUES[key]
        return st.builds(Range, st.just(key), bound, bound, st.booleans(), st.booleans())

    return st.sampled_from(RANGED).flatmap(of)


def compounds(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.builds(Not, inner) | st.builds(And, several) | st.builds(Or, several)


trees = st.recursive(equalities() | ranges(), compounds, max_leaves=6)


def written(value: FieldValue | None) -> str:
    if value is None:
        return "*"
    return str(value).lower() if isinstance(value, bool) else str(value)


@st.composite
def texts_of(draw: st.DrawFn, tree: Filter) -> str:
    """The tree as a filter text, with dice for white space, needless parentheses and negations."""

    def space() -> str:
        return draw(st.sampled_from(["", "", " ", "  ", "\t", "\n "]))

    def joined(*parts: str) -> str:
        return space().join(parts)

    def term(tree: Equals | Range) -> str:
        if isinstance(tree, Equals):
            return joined(tree.key, ":", written(tree.value))
        opening, closing = "[{"[not tree.low_included], "]}"[not tree.high_included]
        bounds = f"{written(tree.low)} {space()}TO{space()} {written(tree.high)}"
        return joined(tree.key, ":", joined(opening, bounds, closing))

    def text(tree: Filter, strength: int) -> str:
        match tree:
            case Or(operands):
                own, result = 0, joined(*_between("||", [text(o, 1) for o in operands]))
            case And(operands):
                own, result = 1, joined(*_between("&&", [text(o, 2) for o in operands]))
            case Not(operand):
                own, result = 2, joined("!", text(operand, 2))
                if draw(st.booleans()):  # the documented form
                    own, result = 3, joined("(", result, ")")
            case _:
                own, result = 3, term(tree)
        if own < strength or draw(st.integers(0, 3)) == 0:
            result = joined("(", result, ")")
        return result

    return joined("", text(tree, 0), "")


def _between(operator: str, parts: list[str]) -> list[str]:
    return [piece for part in parts for piece in (operator, part)][1:]


@given(st.data())
def test_any_legal_spelling_of_a_tree_gives_that_tree(data: st.DataObject) -> None:
    tree = data.draw(trees)
    text = data.draw(texts_of(tree))
    found = parse_filter(text, SCHEMA)
    assert found == tree
    assert repr(found) == repr(tree)  # True, 1 and 1.0 are equal, and not the same value


GRAMMAR = [
    *("&&", "||", "&", "|", "!", "(", ")", "[", "]", "{", "}", "*", ":", " TO ", " ", "\t", '"'),
    *("color", "floor", "true", "external_image_id", "nobody", "1", "-2.5", "1e999", "x", ".", "é"),
]
pieces = st.lists(st.sampled_from(GRAMMAR), max_size=30).map("".join)


@given(st.text() | pieces | st.text("()!", max_size=200))
@example("(" * MAX_FILTER_LENGTH)
@example("!" * MAX_FILTER_LENGTH)
@example(" " * MAX_FILTER_LENGTH)
@example(" " * (MAX_FILTER_LENGTH - 1) + "$")
@example("floor:" + "9" * (MAX_FILTER_LENGTH - 6))
@example("ratio:" + "9" * (MAX_FILTER_LENGTH - 10) + "e999")
@example("ratio:" + "1." * 2000)
@example(" || ".join(["floor:1"] * 340))
@example("floor:1" + " " * MAX_FILTER_LENGTH)
@example("\ud800")
def test_any_text_at_all_is_parsed_or_refused(text: str) -> None:
    try:
        parse_filter(text, SCHEMA)
    except (FilterMalformed, FieldNotDefined) as refusal:
        refusal.detail.encode("ascii")


def holds(tree: Filter, faces: dict[str, bool]) -> bool:
    match tree:
        case Not(operand):
            return not holds(operand, faces)
        case And(operands):
            return all(holds(operand, faces) for operand in operands)
        case Or(operands):
            return any(holds(operand, faces) for operand in operands)
        case Equals(_, value):
            return faces[str(value)]
    raise AssertionError(tree)


@given(
    st.lists(st.sampled_from(["&&", "||"]), max_size=6).flatmap(
        lambda operators: st.tuples(
            st.just(operators),
            st.lists(
                st.tuples(st.sampled_from(["", "!", "!!"]), st.sampled_from("abc")),
                min_size=len(operators) + 1,
                max_size=len(operators) + 1,
            ),
        )
    ),
    st.fixed_dictionaries(dict.fromkeys("abc", st.booleans())),
)
def test_not_binds_before_and_and_before_or(
    formula: tuple[list[str], list[tuple[str, str]]], faces: dict[str, bool]
) -> None:
    operators, operands = formula
    terms = [f"{negation}color:{value}" for negation, value in operands]
    text = terms[0] + "".join(f" {o} {t}" for o, t in zip(operators, terms[1:], strict=True))

    def obvious(term: str) -> bool:
        return faces[term[-1]] ^ (term.count("!") % 2 == 1)

    expected = any(all(obvious(t.strip()) for t in part.split("&&")) for part in text.split("||"))
    assert holds(parse_filter(text, SCHEMA), faces) == expected


FLOOR_1, FLOOR_2, BOSS = Equals("floor", 1), Equals("floor", 2), Equals("color", "boss")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("floor:[89 TO 91]", Range("floor", 89, 91, low_included=True, high_included=True)),
        (
            "time-stamp:{1 TO 12} && color:red",
            And((Range("time-stamp", 1, 12, False, False), Equals("color", "red"))),
        ),
        ("(floor:1 || floor:2) && (!color:boss)", And((Or((FLOOR_1, FLOOR_2)), Not(BOSS)))),
        ("floor:1 || floor:2 && !color:boss", Or((FLOOR_1, And((FLOOR_2, Not(BOSS)))))),
        ("(!color:boss)", Not(BOSS)),
        ("!color:boss", Not(BOSS)),
        ("(!color:boss && floor:1)", And((Not(BOSS), FLOOR_1))),
        ("!(color:boss && floor:1)", Not(And((BOSS, FLOOR_1)))),
        ("floor:[10 TO *]", Range("floor", 10, None, True, True)),
        ("floor:{* TO -5]", Range("floor", None, -5, False, True)),
        ("floor:[-5 TO 3}", Range("floor", -5, 3, True, False)),
        ("color:[a TO b]", Range("color", "a", "b", True, True)),
        ("color:[TO TO TO]", Range("color", "TO", "TO", True, True)),
        ("TO:1 && true:true", And((Equals("TO", 1.0), Equals("true", True)))),
        ("floor:3.0", Equals("floor", 3)),
        ("color:3", Equals("color", "3")),
        ("external_image_id:emp-7", Equals("external_image_id", "emp-7")),
        ("externalImageID:emp-7", Equals("external_image_id", "emp-7")),
    ],
)
def test_a_documented_form_is_read_as_documented(text: str, tree: Filter) -> None:
    assert repr(parse_filter(text, SCHEMA)) == repr(tree)


def test_the_alias_gives_way_to_a_field_of_its_name() -> None:
    schema = {"externalImageID": FieldType.LONG}
    assert parse_filter("externalImageID:7", schema) == Equals("externalImageID", 7)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("   ", 3),
        ("floor", 5),
        ("floor:", 6),
        ("floor:1 &&", 10),
        ("floor:1 & floor:2", 8),
        ("floor:1    $", 11),
        ('color:"red"', 6),
        ("floor:1 floor:2", 8),
        ("floor:1 )", 8),
        ("(floor:1", 8),
        ("()", 1),
        (":1", 0),
        ("floor::1", 6),
        ("floor:*", 6),
        ("floor:x", 6),
        ("floor: 1.0f", 7),
        ("floor:9223372036854775808", 6),
        ("color:1.5", 6),
        ("color:" + "a" * 257, 6),
        ("true:yes", 5),
        ("true:[true TO true]", 6),
        ("a" * 37 + ":1", 0),
        ("fl.oor:1", 0),
        ("floor:[1 TO 2", 13),
        ("floor:[1 TO]", 11),
        ("floor:[1 2]", 9),
        ("floor:[1 to 2]", 9),
        ("floor:[1TO2]", 7),
        ("floor:[TO 2]", 7),
        ("floor:(1 TO 2)", 6),
        ("floor:1 AND floor:2", 8),
        ("NOT floor:1", 4),
        ("floor:1 || || floor:2", 11),
        ("&& floor:1", 0),
        ("color:pâté", 7),
        ("color:é", 6),
    ],
)
def test_a_refusal_names_the_position_of_the_fault(text: str, position: int) -> None:
    with pytest.raises(FilterMalformed) as refusal:
        parse_filter(text, SCHEMA)
    assert re.search(rf" at position {position}$", refusal.value.detail), refusal.value.detail
    assert refusal.value.position == position


@pytest.mark.parametrize("key", ["flour", "Floor", "face_id", "similarity", "a" * 36])
def test_a_filter_on_an_undefined_field_names_it(key: str) -> None:
    with pytest.raises(FieldNotDefined) as refusal:
        parse_filter(f"floor:1 && {key}:[1 TO 2]", SCHEMA)
    assert refusal.value.detail == key
    assert refusal.value.position == len("floor:1 && ")


@pytest.mark.parametrize(
    "nested",
    [
        lambda depth: "(" * depth + "floor:1" + ")" * depth,
        lambda depth: "!" * depth + "floor:1",
        lambda depth: "(!" * (depth // 2) + "(" * (depth % 2) + "floor:1" + ")" * -(-depth // 2),
    ],
)
def test_nesting_has_a_bound(nested: Callable[[int], str]) -> None:
    parse_filter(nested(MAX_DEPTH), SCHEMA)
    with pytest.raises(FilterMalformed, match=f"more than {MAX_DEPTH} deep"):
        parse_filter(nested(MAX_DEPTH + 1), SCHEMA)


def test_nesting_is_counted_by_depth_and_not_by_number() -> None:
    side_by_side = " || ".join(["((floor:1))"] * MAX_DEPTH)
    assert parse_filter(side_by_side, SCHEMA) == Or((FLOOR_1,) * MAX_DEPTH)


def test_length_has_a_bound() -> None:
    text = "floor:1".ljust(MAX_FILTER_LENGTH)
    assert parse_filter(text, SCHEMA) == FLOOR_1
    with pytest.raises(FilterMalformed, match=f"at most {MAX_FILTER_LENGTH} characters") as refusal:
        parse_filter(text + " ", SCHEMA)
    assert refusal.value.position == MAX_FILTER_LENGTH


@given(st.data(), st.sampled_from([*VALUES]))
def test_a_key_and_word_mean_what_they_mean_in_a_filter(data: st.DataObject, key: str) -> None:
    word = written(data.draw(VALUES[key]))
    assert repr(parse_term(key, word, SCHEMA)) == repr(parse_filter(f"{key}:{word}", SCHEMA))


@pytest.mark.parametrize("word", ["", "x", "*", "1 || floor:2", "[1 TO 2]", " 1"])
def test_a_word_is_never_read_as_grammar(word: str) -> None:
    with pytest.raises(FieldTypeMismatch) as refusal:
        parse_term("floor", word, SCHEMA)
    assert refusal.value.detail == "floor"


@pytest.mark.parametrize("key", ["", "flour", "\ud800", "a" * 9000])
def test_a_key_outside_the_schema_is_not_defined(key: str) -> None:
    with pytest.raises(FieldNotDefined) as refusal:
        parse_term(key, "1", SCHEMA)
    assert len(refusal.value.detail.encode("ascii")) <= 60
