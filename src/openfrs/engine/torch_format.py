"""Tensors out of a file that PyTorch saved, read as data: nothing in it is ever called.

The older of PyTorch's two formats is five pickles, one after the other (a magic number, the
format's version, facts about the machine, the dictionary of tensors, the keys of the storages),
and then each storage as its number of values, 64-bit, and the raw values. A pickle is a program
that may call anything, so Python's own unpickler is not used: the few instructions that such a
dictionary needs are carried out here, and the few names that it may use are known by their text
alone.
"""

import math
import pickletools
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001
ZIP = b"PK"

DTYPES: Mapping[str, str] = {
    "torch FloatStorage": "<f4",
    "torch DoubleStorage": "<f8",
    "torch HalfStorage": "<f2",
    "torch LongStorage": "<i8",
    "torch IntStorage": "<i4",
}
ORDERED_DICT = "collections OrderedDict"
REBUILD_TENSOR = "torch._utils _rebuild_tensor_v2"
NAMES = frozenset({ORDERED_DICT, REBUILD_TENSOR, *DTYPES})
"""Every name that a file may use."""

MAX_INSTRUCTIONS = 1_000_000
MAX_DIMENSIONS = 8
MAX_EMPTY = 2**31
"""The product of an empty tensor's other sides, at most."""


class TorchFormatInvalid(ValueError):
    """The file is no dictionary of tensors in PyTorch's older format; the message says why."""


@dataclass(frozen=True, slots=True)
class _Name:
    """A name that the file uses: text, and nothing that could be called."""

    text: str


@dataclass(frozen=True, slots=True)
class _Storage:
    """The values that one or several tensors share."""

    key: str
    dtype: str
    count: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A view of a storage, in numbers of values."""

    storage: _Storage
    offset: int
    shape: Sequence[int]
    strides: Sequence[int]


_MARK = object()


def read_tensors(data: bytes) -> Mapping[str, NDArray[Any]]:
    """The tensors by name, each an array of its own. Raises TorchFormatInvalid."""
    if data.startswith(ZIP):
        raise TorchFormatInvalid("PyTorch's newer format, a ZIP archive, is not read")
    file = BytesIO(data)
    if _pickled(file) != MAGIC or _pickled(file) != VERSION:
        raise TorchFormatInvalid("not a file that PyTorch saved in its older format")
    machine, tensors, keys = _pickled(file), _pickled(file), _pickled(file)
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise TorchFormatInvalid("not saved by a little-endian machine")
    if not isinstance(tensors, dict) or not isinstance(keys, list):
        raise TorchFormatInvalid("not a dictionary of tensors")
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not isinstance(tensor, _Tensor):
            raise TorchFormatInvalid("not a dictionary of tensors alone")
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    if any(tensor.storage != storages[tensor.storage.key] for tensor in tensors.values()):
        raise TorchFormatInvalid("one storage is described in two ways")
    if len(keys) != len(storages) or set(map(_text, keys)) != set(storages):
        raise TorchFormatInvalid("the keys of the storages are not those of the tensors")
    values = {key: _values(file, storages[key]) for key in keys}
    if file.read(1):
        raise TorchFormatInvalid("something follows the last storage")
    return {name: _array(name, tensor, values) for name, tensor in tensors.items()}


def _values(file: BinaryIO, storage: _Storage) -> NDArray[Any]:
    """The values that come next in the file."""
    head = file.read(8)
    if len(head) != 8 or int.from_bytes(head, "little", signed=True) != storage.count:
        raise TorchFormatInvalid(f"the storage {storage.key} has not the size that it should")
    dtype = np.dtype(storage.dtype)
    raw = file.read(dtype.itemsize * storage.count)
    if len(raw) != dtype.itemsize * storage.count:
        raise TorchFormatInvalid(f"the storage {storage.key} is cut off")
    return np.frombuffer(raw, dtype)


def _array(name: str, tensor: _Tensor, values: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """The tensor's values. Raises TorchFormatInvalid where it reaches beyond its storage."""
    stored = values[tensor.storage.key]
    size = math.prod(tensor.shape)
    last = tensor.offset + sum(
        (length - 1) * stride for length, stride in zip(tensor.shape, tensor.strides, strict=True)
    )
    if size and last >= stored.size:
        raise TorchFormatInvalid(f"{name} reaches beyond its storage")
    if size > stored.size:  # strides of 0 would make much of little
        raise TorchFormatInvalid(f"{name} has more values than its storage")
    if not size:  # the other sides may be longer than an array's can be
        if math.prod(filter(None, tensor.shape)) > MAX_EMPTY:
            raise TorchFormatInvalid(f"{name} is empty and has sides out of all bounds")
        return np.empty(tuple(tensor.shape), stored.dtype)
    view = np.lib.stride_tricks.as_strided(
        stored[tensor.offset :],
        tuple(tensor.shape),
        tuple(stride * stored.itemsize for stride in tensor.strides),
        writeable=False,
    )
    return view.copy()


def _pickled(file: BinaryIO) -> object:
    """What the next pickle of the file stands for."""
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Python warns of a name with an escape that is none
            for count, (instruction, argument, _) in enumerate(pickletools.genops(file)):
                if count >= MAX_INSTRUCTIONS:
                    raise TorchFormatInvalid("it has too many instructions")
                if instruction.name == "STOP":
                    [result] = stack
                    return result
                _carry_out(instruction.name, argument, stack, memo)
    except TorchFormatInvalid:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, Warning) as error:
        raise TorchFormatInvalid(f"it is damaged ({type(error).__name__})") from None
    raise TorchFormatInvalid("it is cut off")


def _carry_out(name: str, argument: Any, stack: list[Any], memo: dict[int, Any]) -> None:
    if name in _CONSTANTS:
        stack.append(_CONSTANTS[name]())
    elif name in _LITERALS:
        stack.append(argument)
    elif name in ("BINPUT", "LONG_BINPUT"):
        memo[argument] = stack[-1]
    elif name in ("BINGET", "LONG_BINGET"):
        stack.append(memo[argument])
    elif name == "GLOBAL":
        if argument not in NAMES:
            raise TorchFormatInvalid(f"it names {argument[:80]!r}, which no tensor needs")
        stack.append(_Name(argument))
    elif name in _STEPS:
        _STEPS[name](stack)
    elif name != "PROTO":
        raise TorchFormatInvalid(f"it holds the instruction {name}, which no tensor needs")


def _since_mark(stack: list[Any]) -> list[Any]:
    """Takes everything after the last mark off the stack, and the mark."""
    taken = []
    while (value := stack.pop()) is not _MARK:  # from the end: nested marks stay cheap
        taken.append(value)
    return taken[::-1]


def _last(stack: list[Any], count: int) -> None:
    values = tuple(stack[-count:])
    if len(values) != count:
        raise IndexError
    stack[-count:] = [values]


def _items(stack: list[Any], items: list[Any]) -> None:
    target = stack[-1]
    if not isinstance(target, dict) or len(items) % 2:
        raise TypeError
    target.update(zip(map(_text, items[::2]), items[1::2], strict=True))


def _appended(stack: list[Any], items: list[Any]) -> None:
    if not isinstance(stack[-1], list):
        raise TypeError
    stack[-1].extend(items)


def _reduced(stack: list[Any]) -> None:
    """What a call would give, for the two calls that there are."""
    arguments, function = stack.pop(), stack.pop()
    if function == _Name(ORDERED_DICT) and arguments == ():
        stack.append({})
    elif function == _Name(REBUILD_TENSOR):
        stack.append(_tensor(*arguments))
    else:
        raise TorchFormatInvalid("it calls what no tensor needs")


def _attributes_passed_over(stack: list[Any]) -> None:
    """A dictionary of tensors carries the versions of its layers as attributes."""
    if not isinstance(stack.pop(), dict) or not isinstance(stack[-1], dict):
        raise TypeError


def _tensor(storage: object, offset: object, shape: Any, strides: Any, *_: object) -> _Tensor:
    if not isinstance(storage, _Storage) or len(shape) != len(strides):
        raise TypeError
    if len(shape) > MAX_DIMENSIONS:
        raise TorchFormatInvalid("a tensor has too many dimensions")
    return _Tensor(storage, _size(offset), [*map(_size, shape)], [*map(_size, strides)])


def _stored(stack: list[Any]) -> None:
    kind, of, key, _, count, view = stack.pop()
    if kind != "storage" or not isinstance(of, _Name) or view is not None:
        raise TypeError
    stack.append(_Storage(_text(key), DTYPES[of.text], _size(count)))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _size(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise TypeError
    return value


_CONSTANTS: Mapping[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "MARK": lambda: _MARK,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "NONE": lambda: None,
}
_LITERALS = frozenset({"BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE"})
_STEPS: Mapping[str, Callable[[list[Any]], None]] = {
    "TUPLE": lambda stack: stack.append(tuple(_since_mark(stack))),
    "TUPLE1": lambda stack: _last(stack, 1),
    "TUPLE2": lambda stack: _last(stack, 2),
    "TUPLE3": lambda stack: _last(stack, 3),
    "SETITEM": lambda stack: _items(stack, [stack.pop(-2), stack.pop()]),
    "SETITEMS": lambda stack: _items(stack, _since_mark(stack)),
    "APPEND": lambda stack: _appended(stack, [stack.pop()]),
    "APPENDS": lambda stack: _appended(stack, _since_mark(stack)),
    "REDUCE": _reduced,
    "BUILD": _attributes_passed_over,
    "BINPERSID": _stored,
}
