import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from openfrs.domain.query import Range
from openfrs.index import strings
from openfrs.index.strings import StringColumn
from tests.index.slowly import matches

TEXTS = [f"{number * 7919 % 1000:03d}" for number in range(1000)]
ENDS = st.none() | st.sampled_from([*TEXTS[:50], "", "5", "9999", "a"])
RANGES = st.builds(Range, st.just("name"), ENDS, ENDS, st.booleans(), st.booleans())


def agree(column: StringColumn, held: list[str | None], where: Range) -> None:
    mask = np.empty(len(held), np.bool_)
    mask[:] = column.between(where, len(held))(0, len(held))
    expected = [text is not None and matches(where, "", {"name": text}) for text in held]
    assert mask.tolist() == expected


@given(
    asked=st.lists(RANGES, min_size=1, max_size=4),
    changes=st.lists(
        st.tuples(st.integers(0, 599), st.none() | st.sampled_from(TEXTS)), max_size=60
    ),
)
def test_ranges_over_many_strings_are_right_while_strings_come_and_go(
    asked: list[Range], changes: list[tuple[int, str | None]]
) -> None:
    column = StringColumn()
    column.resize(600)
    held: list[str | None] = list(TEXTS[:600])
    for slot, text in enumerate(held):
        column.put(slot, text)
    for where in asked:
        agree(column, held, where)
        for slot, text in changes[: len(changes) // len(asked) + 1]:
            column.put(slot, text)
            held[slot] = text
        agree(column, held, where)


def test_the_order_is_found_again_when_much_has_changed() -> None:
    column = StringColumn()
    count = 3 * strings.ORDER_AGAIN
    column.resize(count)
    held: list[str | None] = [f"{number * 7919 % count:05d}" for number in range(count)]
    for slot, text in enumerate(held):
        column.put(slot, text)
    where = Range("name", "00100", "02000", low_included=False, high_included=True)
    agree(column, held, where)
    first = column._sorted
    for slot in range(0, count, 2):
        held[slot] = None if slot % 4 else f"x{slot}"
        column.put(slot, held[slot])
    agree(column, held, where)
    assert first is not None
    assert column._sorted is not None
    assert column._sorted[0] is not first[0]
    assert not column._sorted[1]


def test_a_string_moves_with_its_face() -> None:
    column = StringColumn()
    column.resize(3)
    for slot, text in enumerate(["a", "b", "c"]):
        column.put(slot, text)
    column.put(0, None)
    column.move(2, 0)
    everything = Range("name", None, None, low_included=True, high_included=True)
    agree(column, ["c", "b", None], everything)
    before = column.shared_bytes
    column.put(0, None)
    assert column.shared_bytes < before
    assert set(column._code_of) == {"b"}
