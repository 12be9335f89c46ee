"""Files as PyTorch saves them, written without PyTorch."""

import pickle
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openfrs.engine.torch_format import MAGIC, VERSION

ORDERED_DICT = b"ccollections\nOrderedDict\n)R"
STORAGES = {"<f4": b"FloatStorage", "<f8": b"DoubleStorage", "<i8": b"LongStorage"}

View = tuple[str, int, Sequence[int], Sequence[int]]
"""Key of the storage, offset, shape, strides."""


def plain(value: object) -> bytes:
    return pickle.dumps(value, 2)


def text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def whole(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def sizes(values: Sequence[int]) -> bytes:
    return b"(" + b"".join(map(whole, values)) + b"t"


def tensor(view: View, storages: Mapping[str, NDArray[Any]], count: int | None = None) -> bytes:
    key, offset, shape, strides = view
    stored = storages[key]
    kind = STORAGES[stored.dtype.str]
    size = stored.size if count is None else count
    storage = b"(" + text("storage") + b"ctorch\n" + kind + b"\n" + text(key) + text("cpu")
    storage += whole(size) + b"NtQ"
    arguments = storage + whole(offset) + sizes(shape) + sizes(strides) + b"\x89" + ORDERED_DICT
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + arguments + b"tR"


def dictionary(items: Mapping[str, bytes]) -> bytes:
    """The pickle of a dictionary whose values are pickled already."""
    inner = b"".join(text(name) + value for name, value in items.items())
    attributes = b"}" + text("_metadata") + ORDERED_DICT + b"sb"
    return b"\x80\x02" + ORDERED_DICT + b"(" + inner + b"u" + attributes + b"."


def torch_file(
    views: Mapping[str, View],
    storages: Mapping[str, NDArray[Any]],
    *,
    parts: Mapping[int, bytes] | None = None,
) -> bytes:
    """The file; ``parts`` replaces one of the five pickles by its number."""
    pickles = [
        plain(MAGIC),
        plain(VERSION),
        plain({"protocol_version": VERSION, "little_endian": True, "type_sizes": {"int": 4}}),
        dictionary({name: tensor(view, storages) for name, view in views.items()}),
        plain(list(storages)),
    ]
    for number, replacement in (parts or {}).items():
        pickles[number] = replacement
    raw = b"".join(
        struct.pack("<q", values.size) + np.ascontiguousarray(values).tobytes()
        for values in storages.values()
    )
    return b"".join(pickles) + raw


def saved(tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """Contiguous tensors, each with a storage of its own."""
    storages = {str(number): values.ravel() for number, values in enumerate(tensors.values())}
    views = {
        name: (str(number), 0, values.shape, [s // values.itemsize for s in values.strides])
        for number, (name, values) in enumerate(tensors.items())
    }
    return torch_file(views, storages)
