"""What stands beside our search answers the same question, and brute force is right."""

from collections.abc import Callable

import numpy as np
import pytest

from openfrs.bench.brute_force import best_rows, recall
from openfrs.bench.rivals import FaissFlat, FaissHnsw, NumpyScan, Rival
from openfrs.bench.synthetic import Matrix, make_templates

FACES = 1500
MADE = make_templates(FACES, 32, 20)
FACE_IDS = np.array([f"f{number:07}" for number in range(FACES)], "S8")
MASKS = {
    "all": None,
    "half": np.arange(FACES) % 2 == 0,
    "few": np.arange(FACES) % 100 == 3,
    "one": np.arange(FACES) == 700,
    "none": np.zeros(FACES, np.bool_),
}
EXACT: list[Callable[[Matrix], Rival]] = [FaissFlat, NumpyScan]


@pytest.mark.parametrize("name", MASKS)
def test_brute_force_is_a_sort_of_all_scores(name: str) -> None:
    mask = MASKS[name]
    found = best_rows(MADE.matrix, FACE_IDS, mask, MADE.queries, 10)
    for probe, rows in zip(MADE.queries, found, strict=True):
        scores = MADE.matrix.astype(np.float64) @ probe.astype(np.float64)
        allowed = range(FACES) if mask is None else np.flatnonzero(mask).tolist()
        assert rows.tolist() == sorted(allowed, key=lambda row: -scores[row])[:10]


def test_brute_force_breaks_ties_by_face_id() -> None:
    matrix = np.repeat(MADE.matrix[:3], 4, axis=0)
    face_ids = FACE_IDS[: len(matrix)][::-1].copy()
    [rows] = best_rows(matrix, face_ids, None, matrix[:1], 3)
    assert rows.tolist() == [3, 2, 1]


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("make", EXACT, ids=["faiss-flat", "numpy"])
def test_exact_rivals_agree_with_brute_force(make: Callable[[Matrix], Rival], name: str) -> None:
    rival = make(MADE.matrix)
    truth = best_rows(MADE.matrix, FACE_IDS, MASKS[name], MADE.queries, 10)
    for probe, rows in zip(MADE.queries, truth, strict=True):
        assert rival.search(probe, 10, MASKS[name]).tolist() == rows.tolist()


@pytest.mark.parametrize("name", MASKS)
def test_the_graph_gives_faces_of_the_filter_and_no_others(name: str) -> None:
    mask = MASKS[name]
    graph = FaissHnsw(MADE.matrix, threads=1)
    found = [graph.search(probe, 10, mask) for probe in MADE.queries]
    if mask is not None:
        assert all(mask[rows].all() for rows in found)
    else:
        truth = best_rows(MADE.matrix, FACE_IDS, None, MADE.queries, 10)
        assert recall(found, truth) > 0.9


def test_recall_is_the_share_of_the_right_faces() -> None:
    truth = [np.array([1, 2, 3, 4]), np.array([5, 6])]
    assert recall([np.array([4, 3, 9, 1]), np.array([6, 5])], truth) == pytest.approx(5 / 6)
    assert recall([np.array([], np.intp)], [np.array([], np.intp)]) == 1.0
