"""TensorFlow Lite's file format, as far as a network of plain layers needs it.

A file is a FlatBuffer: tables whose fields are found by their number in the schema. Numbers of
fields, types and operators are those of TensorFlow Lite's schema, version 3.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flatbuffers import number_types as kinds
from flatbuffers.table import Table
from numpy.typing import NDArray

IDENTIFIER = b"TFL3"
OPERATORS: Mapping[int, str] = {
    0: "ADD",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE",
    17: "MAX_POOL_2D",
    34: "PAD",
    54: "PRELU",
}
TYPES: Mapping[int, str] = {0: "<f4", 1: "<f2", 2: "<i4"}


class TfliteInvalid(ValueError):
    """The bytes are not such a network; the message says why."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """``values`` is None for what a run computes; ``shape`` is in the file's order, NHWC."""

    shape: tuple[int, ...]
    values: NDArray[Any] | None


@dataclass(frozen=True, slots=True)
class Operator:
    """A layer; inputs and outputs are numbers of tensors, ``options`` the layer's table or None."""

    kind: str
    inputs: Sequence[int]
    outputs: Sequence[int]
    options: "Fields | None"


@dataclass(frozen=True, slots=True)
class Network:
    """Operators in the order in which they run."""

    tensors: Sequence[Tensor]
    inputs: Sequence[int]
    outputs: Sequence[int]
    operators: Sequence[Operator]


class Fields:
    """A table of the file, read by the numbers of its fields."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self._table = Table(data, position)

    def whole(self, field: int, kind: Any = kinds.Int32Flags) -> int:
        """The field as a whole number; 0 where it is not there."""
        offset = self._table.Offset(4 + 2 * field)
        return int(self._table.Get(kind, offset + self._table.Pos)) if offset else 0

    def byte(self, field: int) -> int:
        return self.whole(field, kinds.Int8Flags)

    def table(self, field: int) -> "Fields | None":
        offset = self._table.Offset(4 + 2 * field)
        if not offset:
            return None
        return Fields(self._data, self._table.Indirect(offset + self._table.Pos))

    def tables(self, field: int) -> Sequence["Fields"]:
        length, start = self._vector(field)
        return [Fields(self._data, self._table.Indirect(start + 4 * i)) for i in range(length)]

    def wholes(self, field: int) -> Sequence[int]:
        length, start = self._vector(field)
        numbers: list[int] = np.frombuffer(self._data, "<i4", length, start).tolist()
        return numbers

    def content(self, field: int) -> bytes:
        length, start = self._vector(field)
        return self._data[start : start + length]

    def _vector(self, field: int) -> tuple[int, int]:
        offset = self._table.Offset(4 + 2 * field)
        if not offset:
            return 0, 0
        return self._table.VectorLen(offset), self._table.Vector(offset)


def read_tflite(data: bytes) -> Network:
    """The network in the bytes of a file.

    Raises TfliteInvalid for anything but one graph of the operators and types known here.
    """
    if data[4:8] != IDENTIFIER:
        raise TfliteInvalid("this is not a TensorFlow Lite file")
    try:
        return _network(data)
    except (struct.error, IndexError, KeyError, TypeError, ValueError, AssertionError) as error:
        raise TfliteInvalid(f"the file is damaged or holds something unknown: {error}") from error


def _network(data: bytes) -> Network:
    model = Fields(data, struct.unpack_from("<I", data)[0])
    names = [OPERATORS[max(code.byte(0), code.whole(3))] for code in model.tables(1)]
    [graph] = model.tables(2)
    buffers = [buffer.content(0) for buffer in model.tables(4)]
    return Network(
        tensors=[_tensor(fields, buffers) for fields in graph.tables(0)],
        inputs=graph.wholes(1),
        outputs=graph.wholes(2),
        operators=[
            Operator(names[op.whole(0)], op.wholes(1), op.wholes(2), op.table(4))
            for op in graph.tables(3)
        ],
    )


def _tensor(fields: Fields, buffers: Sequence[bytes]) -> Tensor:
    shape = tuple(fields.wholes(0))
    content = buffers[fields.whole(2, kinds.Uint32Flags)]
    kind = TYPES[fields.byte(1)]
    values = np.frombuffer(content, kind).reshape(shape) if content else None
    return Tensor(shape, values)
