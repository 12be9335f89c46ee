"""The right answer, slowly: the scores of all faces, sorted. Every engine is judged by it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from openfrs.bench.synthetic import Matrix

ROWS_A_BLOCK = 65_536
MARGIN = 1e-4  # more than two float32 sums of a unit vector's products can differ

Rows = NDArray[np.intp]


def best_rows(
    matrix: Matrix,
    face_ids: NDArray[np.bytes_],
    mask: NDArray[np.bool_] | None,
    queries: Matrix,
    top_n: int,
) -> Sequence[Rows]:
    """The rows of the ``top_n`` best faces among those of the mask, one array a query.

    A score is the dot product of the float32 vectors, summed in float64; ties go by face id. A
    float32 product of all with all leaves out what is too far away to matter.
    """
    selected = np.arange(len(matrix)) if mask is None else np.flatnonzero(mask)
    near: list[list[Rows]] = [[] for _ in queries]
    for first in range(0, len(selected), ROWS_A_BLOCK):
        rows = selected[first : first + ROWS_A_BLOCK]
        scores = queries @ matrix[rows].T
        for found, row_scores in zip(near, scores, strict=True):
            found.append(rows[_about_best(row_scores, top_n)])
    return [
        _exactly_best(matrix, face_ids, np.concatenate([*found, rows_of_none()]), probe, top_n)
        for found, probe in zip(near, queries, strict=True)
    ]


def rows_of_none() -> Rows:
    return np.empty(0, np.intp)


def _about_best(scores: NDArray[np.float32], top_n: int) -> Rows:
    if len(scores) <= top_n:
        return np.arange(len(scores))
    last = np.partition(scores, len(scores) - top_n)[len(scores) - top_n]
    return np.flatnonzero(scores >= last - MARGIN)


def _exactly_best(
    matrix: Matrix,
    face_ids: NDArray[np.bytes_],
    rows: Rows,
    probe: NDArray[np.float32],
    top_n: int,
) -> Rows:
    scores = (matrix[rows].astype(np.float64) * probe).sum(axis=1)
    best: Rows = rows[np.lexsort((face_ids[rows], -scores))[:top_n]]
    return best


def recall(found: Sequence[NDArray[np.intp]], truth: Sequence[Rows]) -> float:
    """The share of the right faces that were found, in 0..1; 1 where there was none to find."""
    wanted = sum(len(rows) for rows in truth)
    right = sum(len(np.intersect1d(*pair)) for pair in zip(found, truth, strict=True))
    return right / wanted if wanted else 1.0
