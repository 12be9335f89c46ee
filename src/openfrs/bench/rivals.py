"""Other ways to search the same templates with the same filters, to measure beside ours.

They work on rows and give back rows: what each row means, and whether it is current, is somebody
else's affair. Ours reads the faces from the store, checks that it is current and calibrates.
"""

from typing import Any, Protocol

import faiss as untyped_faiss
import numpy as np
from numpy.typing import NDArray

from openfrs.bench.synthetic import Matrix

HNSW_LINKS = 16
HNSW_EF_CONSTRUCTION = 100
HNSW_EF_SEARCH = 128
GATHER_BELOW = 0.1  # of the rows: fewer are cheaper to copy out than to scan around

faiss: Any = untyped_faiss  # its own stubs know neither selectors nor keyword arguments

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]


class Rival(Protocol):
    """Something that finds the best rows for a probe."""

    def search(self, probe: NDArray[np.float32], top_n: int, mask: Mask | None) -> Rows:
        """The rows found among those of the mask, the best first; fewer where it finds fewer."""


class NumpyScan:
    """All scores by one product of matrix and probe, or of the selected rows where they are few."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix

    def search(self, probe: NDArray[np.float32], top_n: int, mask: Mask | None) -> Rows:
        rows = None if mask is None else np.flatnonzero(mask)
        if rows is None:
            scores = self._matrix @ probe
        elif len(rows) < GATHER_BELOW * len(self._matrix):
            scores = self._matrix[rows] @ probe
        else:
            scores = (self._matrix @ probe)[rows]
        count = min(top_n, len(scores))
        near = np.argpartition(scores, len(scores) - count)[len(scores) - count :]
        best = near[np.argsort(-scores[near])]
        return best if rows is None else rows[best]


class FaissFlat:
    """faiss IndexFlatIP: float32, exact."""

    def __init__(self, matrix: Matrix) -> None:
        self._index = faiss.IndexFlatIP(matrix.shape[1])
        self._index.add(matrix)

    def search(self, probe: NDArray[np.float32], top_n: int, mask: Mask | None) -> Rows:
        selector = _selector(mask)
        parameters = None if selector is None else faiss.SearchParameters(sel=selector)
        return _found(self._index.search(probe[np.newaxis], top_n, params=parameters))


class FaissHnsw:
    """faiss IndexHNSWFlat: a graph, approximate; the filter is applied while it is walked."""

    def __init__(self, matrix: Matrix, threads: int) -> None:
        self._index = faiss.IndexHNSWFlat(matrix.shape[1], HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
        self._index.hnsw.efConstruction = HNSW_EF_CONSTRUCTION
        before = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(threads)
        try:
            self._index.add(matrix)
        finally:
            faiss.omp_set_num_threads(before)

    def search(self, probe: NDArray[np.float32], top_n: int, mask: Mask | None) -> Rows:
        ef_search = max(HNSW_EF_SEARCH, top_n)
        selector = _selector(mask)
        parameters = (
            faiss.SearchParametersHNSW(efSearch=ef_search)
            if selector is None
            else faiss.SearchParametersHNSW(sel=selector, efSearch=ef_search)
        )
        return _found(self._index.search(probe[np.newaxis], top_n, params=parameters))


def _selector(mask: Mask | None) -> Any:
    return None if mask is None else faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))


def _found(answer: tuple[NDArray[np.float32], Rows]) -> Rows:
    """faiss fills up with -1 what it does not find, and so do graphs that lost their way."""
    rows: Rows = answer[1][0]
    return rows[rows >= 0]
