"""Reading dlib's file of a five-point shape predictor.

Everything in the file is a whole number in the form of engine/dlib_format.py (a control byte, then
the bytes of the number), floats included. There are three million of them, so they are found by
one plain walk and decoded all at once.
"""

from array import array

import numpy as np

from openfrs.engine.dlib_format import LENGTH_BITS, NEGATIVE, DlibFormatInvalid
from openfrs.engine.shape_predictor import POINTS, Floats, Integers, Points, ShapePredictor, Stage

VERSION = 1
SHAPE = (-2 * POINTS, -1)
"""How dlib writes the size of a column of coordinates."""

_MOST_BYTES = 4
_LENGTHS = bytes((control & LENGTH_BITS) + 1 for control in range(256))


def read_shape_predictor(data: bytes) -> ShapePredictor:
    """The predictor in a ``shape_predictor_5_face_landmarks.dat``.

    Raises DlibFormatInvalid where the bytes are anything else, or not all of it.
    """
    numbers = _Numbers(_decoded(data))
    numbers.expect(VERSION)
    mean_shape = _shapes(numbers, 1)[0]
    forests = [_forest(numbers) for _ in range(numbers.count())]
    numbers.expect(len(forests))
    anchors = [numbers.take(numbers.count()).copy() for _ in forests]
    numbers.expect(len(forests))
    deltas = [_points(numbers.take(4 * numbers.count()).reshape(-1, 2, 2)) for _ in forests]
    numbers.end()
    stages = []
    for (splits, thresholds, leaves), anchor, delta in zip(forests, anchors, deltas, strict=True):
        if len(anchor) != len(delta) or anchor.max(initial=0) >= POINTS or anchor.min() < 0:
            raise _invalid("pixels do not hang on points")
        if splits.min() < 0 or splits.max() >= len(anchor):
            raise _invalid("a split compares pixels that do not exist")
        stages.append(Stage(anchor, delta, splits[..., 0], splits[..., 1], thresholds, leaves))
    return ShapePredictor(mean_shape, tuple(stages))


class _Numbers:
    """Takes numbers from the front of a sequence."""

    def __init__(self, values: Integers) -> None:
        self._values = values
        self._next = 0

    def take(self, count: int) -> Integers:
        if count > len(self._values) - self._next:
            raise _invalid("it ends too early")
        self._next += count
        return self._values[self._next - count : self._next]

    def count(self) -> int:
        value = int(self.take(1)[0])
        if value < 1:
            raise _invalid(f"{value} is no number of things")
        return value

    def expect(self, *values: int) -> None:
        if tuple(self.take(len(values))) != values:
            raise _invalid("it is another kind of file, or has another number of points")

    def end(self) -> None:
        if self._next != len(self._values):
            raise _invalid("something follows its end")


def _forest(numbers: _Numbers) -> tuple[Integers, Floats, Points]:
    """Splits (trees, splits, 2), thresholds (trees, splits) and leaves (trees, leaves, 5)."""
    trees = [_tree(numbers) for _ in range(numbers.count())]
    if len({len(splits) for splits, _, _ in trees}) != 1:
        raise _invalid("its trees differ in depth")
    splits, thresholds, leaves = zip(*trees, strict=True)
    return np.stack(splits), np.stack(thresholds), np.stack(leaves)


def _tree(numbers: _Numbers) -> tuple[Integers, Floats, Points]:
    count = numbers.count()
    splits = numbers.take(4 * count).reshape(count, 4)
    numbers.expect(count + 1)
    if (count + 1).bit_count() != 1:
        raise _invalid("a tree is not full")
    return splits[:, :2], _floats(splits[:, 2:]), _shapes(numbers, count + 1)


def _shapes(numbers: _Numbers, count: int) -> Points:
    """The next shapes, (count, 5), each a column of x and y by turns."""
    columns = numbers.take(count * (2 + 4 * POINTS)).reshape(count, -1)
    if (columns[:, :2] != SHAPE).any():
        raise _invalid("it has another number of points")
    return _points(columns[:, 2:].reshape(count, POINTS, 2, 2))


def _points(pairs: Integers) -> Points:
    """What (..., 2, 2) pairs stand for, x and y, as complex numbers."""
    coordinates = _floats(pairs)
    return (coordinates[..., 0] + 1j * coordinates[..., 1]).astype(np.complex64)


def _floats(pairs: Integers) -> Floats:
    """What mantissa and exponent of two, (..., 2), stand for."""
    with np.errstate(over="ignore"):
        values = np.ldexp(pairs[..., 0].astype(np.float64), pairs[..., 1]).astype(np.float32)
    if not np.isfinite(values).all():
        raise _invalid("a number is not finite")
    return values


def _decoded(data: bytes) -> Integers:
    """Every whole number of the file, in order."""
    starts = np.frombuffer(_starts(data), dtype=np.uint32)
    padded = np.frombuffer(data + bytes(_MOST_BYTES), dtype=np.uint8)
    controls = padded[starts]
    lengths = controls & LENGTH_BITS
    if lengths.max(initial=0) > _MOST_BYTES or (controls & ~np.uint8(NEGATIVE | LENGTH_BITS)).any():
        raise _invalid("not a whole number")
    values = np.zeros(len(starts), dtype=np.intp)
    for place in range(_MOST_BYTES):
        part = padded[starts + np.uint32(1 + place)].astype(np.intp) << (8 * place)
        values += np.where(place < lengths, part, 0)
    return np.where(controls & NEGATIVE, -values, values)


def _starts(data: bytes) -> "array[int]":
    """Where each number begins."""
    steps = data.translate(_LENGTHS)
    starts = array("I")
    append = starts.append
    at, end = 0, len(data)
    while at < end:
        append(at)
        at += steps[at]
    if at != end:
        raise _invalid("it ends inside a number")
    return starts


def _invalid(what: str) -> DlibFormatInvalid:
    return DlibFormatInvalid(f"no valid dlib five-point shape predictor: {what}")
