"""Scans of 8-bit codes by faiss: the best scores, or all scores above a limit.

faiss lends only its kernel. The codes stay in arrays of our own, so no pointer into faiss can go
stale, and nothing here starts OpenMP threads: a scan runs on the calling thread alone, whatever
the thread settings are, without the GIL. faiss picks the kernel that the processor knows. Some of
these kernels turn the weights into bytes without rounding them, so they are whole numbers from the
start: -127 to 127. Then the sums are exact in all kernels (below 2**24, that is to 1024 numbers).
"""

from collections.abc import Iterable
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
"""(N, D): a signed number plus 128 in each byte."""

Found = tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]
"""Scores, the numbers of the blocks they were found in, and the rows within those blocks."""

ZERO = 128
NO_ROW = -1

_pointer: Any = faiss.swig_ptr
_idle: dict[int, list[Any]] = {}
_quantisers: dict[int, Any] = {}


def best(blocks: Iterable[Codes], weights: NDArray[np.float32], count: int) -> Found:
    """The ``count`` greatest products of the weights with rows of the blocks, in no order.

    Where there are fewer rows, all of them.
    """
    scores = np.full(count, -np.inf, np.float32)
    labels = np.full(count, NO_ROW, np.int64)
    to_scores, to_labels = _pointer(scores), _pointer(labels)
    idle, scanner = _taken(weights)
    try:
        for number, block in enumerate(blocks):
            scanner.set_list(number, 0.0)
            scanner.scan_codes(len(block), _pointer(block), None, to_scores, to_labels, count)
    finally:
        idle.append(scanner)
    if scores[0] == -np.inf:  # the least lies on top of the heap
        found = labels != NO_ROW
        scores, labels = scores[found], labels[found]
    return scores, labels >> 32, labels & 0xFFFFFFFF


def above(blocks: Iterable[Codes], weights: NDArray[np.float32], limit: np.float32) -> Found:
    """All products of the weights with rows of the blocks that exceed the limit, row by row."""
    everything = faiss.RangeSearchResult(1)
    kind: Any = faiss
    partial = kind.RangeSearchPartialResult(everything)
    result = partial.new_result(0)
    idle, scanner = _taken(weights)
    try:
        for number, block in enumerate(blocks):
            scanner.set_list(number, 0.0)
            scanner.scan_codes_range(len(block), _pointer(block), None, float(limit), result)
    finally:
        idle.append(scanner)
    partial.finalize()
    count = int(faiss.rev_swig_ptr(everything.lims, 2)[1])
    if not count:
        return np.empty(0, np.float32), np.empty(0, np.int64), np.empty(0, np.int64)
    scores = faiss.rev_swig_ptr(everything.distances, count).copy()
    labels = faiss.rev_swig_ptr(everything.labels, count).copy()
    return scores, labels >> 32, labels & 0xFFFFFFFF


def _taken(weights: NDArray[np.float32]) -> tuple[list[Any], Any]:
    """A scanner of ours alone, which reads the weights where they are, and where to put it back.

    The Python binding of faiss never frees a scanner, so they are used again: there are as many
    as searches have ever run at once. Taking from a list and giving back need no lock.
    """
    dimension = len(weights)
    idle = _idle.setdefault(dimension, [])
    try:
        scanner = idle.pop()
    except IndexError:
        scanner = _new_scanner(dimension)
    scanner.set_query(_pointer(weights))
    return idle, scanner


def _new_scanner(dimension: int) -> Any:
    kind: Any = faiss.ScalarQuantizer
    quantiser = _quantisers.setdefault(dimension, kind(dimension, kind.QT_8bit_direct_signed))
    return quantiser.select_InvertedListScanner(
        faiss.METRIC_INNER_PRODUCT,
        None,
        True,  # rows are named by their position  # noqa: FBT003
        None,
    )
