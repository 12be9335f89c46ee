"""How fast this machine reads memory: no scan of the same bytes can take less time."""

import ctypes
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

MEGABYTES = 512  # far more than any cache
ROUNDS = 7

Bytes = NDArray[np.uint8]


def read_bandwidth(megabytes: int | None = None, rounds: int = ROUNDS) -> float:
    """Bytes a second that one thread reads in sequence: the median round of the best way found.

    The C library's search for a byte that is not there reads memory and does little else;
    NumPy's dot product stands in where that is slow.
    """
    data = np.zeros((megabytes or MEGABYTES) << 20, np.uint8)
    data.fill(1)  # pages that were never written need not be memory at all
    return max(_median_rate(read, data, rounds) for read in _ways())


def _median_rate(read: Callable[[Bytes], object], data: Bytes, rounds: int) -> float:
    rates = []
    for _ in range(rounds):
        started = time.perf_counter()
        read(data)
        rates.append(len(data) / (time.perf_counter() - started))
    return float(np.median(rates))


def _ways() -> list[Callable[[Bytes], object]]:
    ways: list[Callable[[Bytes], object]] = [_dot]
    try:
        memchr = ctypes.CDLL(None).memchr
    except (AttributeError, OSError):  # no C library to be found by name
        return ways
    memchr.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
    memchr.restype = ctypes.c_void_p
    return [*ways, lambda data: memchr(data.ctypes.data, 0, len(data))]


def _dot(data: Bytes) -> object:
    numbers = data.view(np.float32)
    return np.dot(numbers, numbers)
