"""Reading dlib's own serialisation: whole numbers, floats, texts and tensors.

A whole number is one control byte (low four bits: how many bytes follow; top bit: negative) and
that many little-endian bytes. A float is two of them, mantissa and exponent of two. A text is its
length and its bytes. A tensor is its format's version, four dimensions, and raw little-endian
float32. Everything is checked against the bytes that are there before anything is allocated.
"""

import math

import numpy as np
from numpy.typing import NDArray

MAX_INTEGER_BYTES = 8
MAX_TEXT_BYTES = 200
TENSOR_VERSION = 2
NEGATIVE = 0x80
LENGTH_BITS = 0x0F
NOT_FINITE_EXPONENT = 32_000
"""dlib writes infinities and not-a-number as exponents from here on."""


class DlibFormatInvalid(ValueError):
    """The bytes are no such dlib file, or end too early; the message says where."""


class Reader:
    """Reads the values of a dlib file one after the other. Every method may raise
    DlibFormatInvalid.
    """

    def __init__(self, data: bytes, offset: int = 0) -> None:
        self._data = data
        self.offset = offset

    @property
    def remaining(self) -> int:
        return len(self._data) - self.offset

    def integer(self) -> int:
        """The next whole number."""
        control = self._bytes(1)[0]
        length = control & LENGTH_BITS
        if not 1 <= length <= MAX_INTEGER_BYTES or control & ~(NEGATIVE | LENGTH_BITS):
            raise self._invalid("not a whole number")
        value = int.from_bytes(self._bytes(length), "little")
        return -value if control & NEGATIVE else value

    def count(self, most: int) -> int:
        """The next whole number, from 0 to ``most``."""
        value = self.integer()
        if not 0 <= value <= most:
            raise self._invalid(f"{value} is not a count up to {most}")
        return value

    def number(self) -> float:
        """The next float, which must be finite."""
        mantissa, exponent = self.integer(), self.integer()
        if abs(exponent) >= NOT_FINITE_EXPONENT:
            raise self._invalid("not a finite number")
        try:
            return math.ldexp(mantissa, exponent)
        except OverflowError:
            raise self._invalid("not a finite number") from None

    def text(self) -> str:
        """The next text, ASCII."""
        length = self.count(MAX_TEXT_BYTES)
        try:
            return self._bytes(length).decode("ascii")
        except UnicodeDecodeError:
            raise self._invalid("not a text") from None

    def tensor(self) -> NDArray[np.float32]:
        """The next tensor: flat, (n,) float32, a view of the file's bytes, all finite."""
        if self.integer() != TENSOR_VERSION:
            raise self._invalid("not a tensor of the known version")
        size = math.prod(self.count(1 << 31) for _ in range(4))
        values = np.frombuffer(self._bytes(size * 4), dtype="<f4")
        if not np.isfinite(values).all():
            raise self._invalid("a tensor with values that are not finite")
        return values.astype(np.float32, copy=False)

    def seek_past(self, tag: str) -> None:
        """Moves behind the next text of exactly that content."""
        mark = bytes([1, len(tag)]) + tag.encode("ascii")
        found = self._data.find(mark, self.offset)
        if found < 0:
            raise self._invalid(f"no {tag} from here on")
        self.offset = found + len(mark)

    def _bytes(self, length: int) -> bytes:
        if length > self.remaining:
            raise self._invalid("the file ends too early")
        start, self.offset = self.offset, self.offset + length
        return self._data[start : self.offset]

    def _invalid(self, what: str) -> DlibFormatInvalid:
        return DlibFormatInvalid(f"no valid dlib file: {what} (at byte {self.offset})")
