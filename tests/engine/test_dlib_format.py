import math
import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.engine.dlib_format import DlibFormatInvalid, Reader


def integer(value: int) -> bytes:
    """A whole number as dlib writes it: the slow, obvious way."""
    digits: list[int] = []
    rest = abs(value)
    while rest or not digits:
        digits.append(rest & 255)
        rest >>= 8
    return bytes([len(digits) | (0x80 if value < 0 else 0), *digits])


def number(value: float) -> bytes:
    mantissa, exponent = math.frexp(value)
    return integer(int(mantissa * 2**53)) + integer(exponent - 53)


def text(value: str) -> bytes:
    return integer(len(value)) + value.encode("ascii")


def tensor(values: list[float], shape: tuple[int, int, int, int]) -> bytes:
    head = integer(2) + b"".join(integer(side) for side in shape)
    return head + struct.pack(f"<{len(values)}f", *values)


FLOATS = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
TEXTS = st.text(st.characters(max_codepoint=127), max_size=200)


@given(st.lists(st.integers(-(2**63), 2**63)))
def test_whole_numbers_come_back(values: list[int]) -> None:
    reader = Reader(b"".join(map(integer, values)))
    assert [reader.integer() for _ in values] == values
    assert reader.remaining == 0


@given(FLOATS)
def test_floats_come_back(value: float) -> None:
    assert Reader(number(value)).number() == value


@given(TEXTS)
def test_texts_come_back(value: str) -> None:
    assert Reader(text(value)).text() == value


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=30))
def test_tensors_come_back(values: list[float]) -> None:
    found = Reader(tensor(values, (len(values), 1, 1, 1))).tensor()
    assert found.dtype == np.float32
    assert found.tolist() == values


READERS = {
    "integer": integer(-123_456),
    "number": number(-0.3),
    "text": text("con_4"),
    "tensor": tensor([1.0, 2.0, 3.0], (3, 1, 1, 1)),
}


@pytest.mark.parametrize("kind", READERS)
def test_every_truncation_is_refused(kind: str) -> None:
    whole = READERS[kind]
    for length in range(len(whole)):
        with pytest.raises(DlibFormatInvalid):
            getattr(Reader(whole[:length]), kind)()


@given(st.sampled_from(sorted(READERS)), st.binary(max_size=40))
def test_foreign_bytes_are_read_or_refused_and_nothing_else(kind: str, data: bytes) -> None:
    with suppress(DlibFormatInvalid):
        getattr(Reader(data), kind)()


def test_a_tensor_that_claims_to_be_huge_is_refused_before_it_is_allocated() -> None:
    head = integer(2) + integer(2**31) * 4
    with pytest.raises(DlibFormatInvalid, match="too early"):
        Reader(head + bytes(100)).tensor()


@pytest.mark.parametrize("data", [b"\x00", b"\x09" + bytes(9), b"\x11\x00", b"\x40\x01"])
def test_a_control_byte_that_dlib_never_writes_is_refused(data: bytes) -> None:
    with pytest.raises(DlibFormatInvalid, match="not a whole number"):
        Reader(data).integer()


@pytest.mark.parametrize("exponent", [32_000, 32_001, 32_002, 5_000])
def test_floats_that_are_not_finite_are_refused(exponent: int) -> None:
    with pytest.raises(DlibFormatInvalid, match="not a finite number"):
        Reader(integer(1) + integer(exponent)).number()


def test_a_tensor_with_a_value_that_is_not_finite_is_refused() -> None:
    with pytest.raises(DlibFormatInvalid, match="not finite"):
        Reader(tensor([1.0, math.nan], (2, 1, 1, 1))).tensor()


def test_a_count_has_a_bound() -> None:
    assert Reader(integer(5)).count(5) == 5
    for value in (6, -1):
        with pytest.raises(DlibFormatInvalid, match="not a count up to 5"):
            Reader(integer(value)).count(5)


def test_seeking_moves_behind_the_next_tag_and_says_which_is_not_there() -> None:
    reader = Reader(text("con_4") + integer(1) + text("con_4") + integer(2))
    reader.seek_past("con_4")
    assert reader.integer() == 1
    reader.seek_past("con_4")
    assert reader.integer() == 2
    with pytest.raises(DlibFormatInvalid, match="no con_4"):
        reader.seek_past("con_4")
