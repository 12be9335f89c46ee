import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from openfrs.domain.faces import Vector
from openfrs.domain.fields import FieldType
from openfrs.domain.query import Filter, Range
from openfrs.index import scanner
from openfrs.index.codes import CodedRows
from openfrs.index.quantised import FIRST_CAPACITY, QuantisedIndex
from tests.contract.test_face_index import clustered
from tests.index.samples import change

Rows = NDArray[np.float32]
DIMENSION = 64


def filled(rows: Rows, ranks: Sequence[int] | None = None) -> QuantisedIndex:
    index = QuantisedIndex({"rank": FieldType.INTEGER}, rows.shape[1])
    for key, row in enumerate(rows):
        fields = {} if ranks is None else {"rank": int(ranks[key])}
        index.put(change(key, f"{key:08d}", f"image-{key}", fields, row))
    return index


def best(rows: Rows, probe: Vector, top_n: int, chosen: NDArray[np.bool_] | None = None) -> object:
    """The four lines; keys stand for face ids, which ascend with them here."""
    keys = np.arange(len(rows)) if chosen is None else np.flatnonzero(chosen)
    scores = (rows[keys].astype(np.float64) * probe).sum(axis=1)
    order = np.lexsort((keys, -scores))[:top_n]
    return list(zip(keys[order].tolist(), scores[order].tolist(), strict=True))


def found(index: QuantisedIndex, probe: Vector, top_n: int, where: Filter | None = None) -> object:
    return [(hit.face.face_key, hit.score) for hit in index.search(probe, top_n, where)]


def up_to(rank: int) -> Range:
    return Range("rank", None, rank, low_included=True, high_included=False)


def closer_than_codes_can_tell() -> tuple[Rows, Vector]:
    """Rows around one of them, nearer to each other than a code is wide."""
    dice = np.random.default_rng(1)
    rows = clustered(2, 6000, DIMENSION)
    rows[:3000] = rows[0] + 1e-4 * dice.standard_normal((3000, DIMENSION))
    return rows, rows[0]


def test_where_codes_mislead_the_search_widens_until_the_answer_is_exact() -> None:
    rows, probe = closer_than_codes_can_tell()
    for top_n in (1, 10, 300):
        index = filled(rows)
        assert found(index, probe, top_n) == best(rows, probe, top_n)
        assert index.widened == 1
    query = index._coded.query(probe, 1.01, 1.01)
    _, _, four_times = scanner.best([index._coded.codes], query.weights, 40)
    exact = {hit.face.face_key for hit in index.search(probe, 10)}
    assert not exact <= set(four_times.tolist())


def test_where_codes_mislead_often_searches_learn_to_ask_for_more_at_once() -> None:
    rows = clustered(15, 8000, DIMENSION) * np.float32(0.2)
    rows[:, :8] += 1  # a direction that all share leaves the scores little room
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = filled(rows)
    for probe in rows[:100]:
        assert found(index, probe, 3) == best(rows, probe, 3)
    learnt = index.widened
    for probe in rows[100:200]:
        assert found(index, probe, 3) == best(rows, probe, 3)
    assert index.widened - learnt < learnt / 2


def test_on_templates_as_they_are_the_first_scan_is_enough() -> None:
    rows = clustered(3, 8000, 128)
    index = filled(rows, range(8000))
    for probe in clustered(4, 10, 128):
        for top_n in (1, 10, 1000):
            assert found(index, probe, top_n) == best(rows, probe, top_n)
        assert found(index, probe, 10, up_to(6000)) == best(rows[:6000], probe, 10)
    assert index.widened == 0


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_a_filter_that_takes_all_the_nearest_away_leaves_the_answer_exact(share: float) -> None:
    rows = clustered(5, 30_000, DIMENSION)
    probe = clustered(6, 1, DIMENSION)[0]
    ranks = np.argsort(np.argsort(rows @ probe))
    index = filled(rows, ranks.tolist())
    limit = int(share * len(rows))
    for top_n in (1, 10, 500):
        assert found(index, probe, top_n, up_to(limit)) == best(rows, probe, top_n, ranks < limit)


@pytest.mark.parametrize("distinct", [1, 2, 7])
def test_a_set_of_few_distinct_templates_is_exact(distinct: int) -> None:
    rows = np.resize(clustered(7, distinct, DIMENSION), (5000, DIMENSION))
    index = filled(rows, (np.arange(5000) % 2).tolist())
    for probe in (rows[0], -rows[0], clustered(8, 1, DIMENSION)[0]):
        for top_n in (1, 100, 4000):
            assert found(index, probe, top_n) == best(rows, probe, top_n)
        odd = np.arange(5000) % 2 == 0
        assert found(index, probe, 40, up_to(1)) == best(rows, probe, 40, odd)


@pytest.mark.parametrize("length", [1e-30, 1e-12, 1e4, 1e14, 1e17])
def test_templates_of_any_length_beside_others_are_ranked_exactly(length: float) -> None:
    rows = clustered(9, 2000, DIMENSION)
    rows[::3] *= np.float32(length)
    index = filled(rows)
    for probe in (rows[0], rows[1], np.float32(length) * rows[2]):
        assert found(index, probe, 30) == best(rows, probe, 30)


def test_a_probe_of_zeros_finds_ties_by_face_id() -> None:
    rows = clustered(10, 1000, DIMENSION)
    nothing = np.zeros(DIMENSION, np.float32)
    assert found(filled(rows), nothing, 3) == [(0, 0.0), (1, 0.0), (2, 0.0)]


def test_a_new_template_for_a_known_face_is_coded_in_its_place() -> None:
    rows = clustered(11, 3000, DIMENSION)
    index = filled(rows)
    index.search(rows[0], 1)
    for key, size in ((5, 1.0), (7, 3.0), (2999, 1.0)):
        rows[key] = -size * rows[key]
        index.put(change(key, f"{key:08d}", "x", {}, rows[key]))
    for probe in (rows[5], rows[7], rows[2999], rows[0]):
        assert found(index, probe, 20) == best(rows, probe, 20)


class SlowToCode(CodedRows):
    """Leaves other searches the time to start as well, and counts."""

    covers = 0

    def cover(self, rows: Rows) -> None:
        self.covers += 1
        time.sleep(0.02)
        super().cover(rows)
        time.sleep(0.02)


def test_searches_that_start_together_on_new_faces_code_them_once_and_agree() -> None:
    rows = clustered(12, 400, DIMENSION)
    index = filled(rows)
    slow = index._coded = SlowToCode(DIMENSION)
    slow.resize(len(index._keys))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda probe: found(index, probe, 10), rows[:16]))
    assert answers == [best(rows, probe, 10) for probe in rows[:16]]
    assert slow.count == len(index)
    assert slow.covers == 1


def code_of(index: QuantisedIndex, row: Vector) -> NDArray[np.uint8]:
    """The code of a row that the index holds."""
    slot = int(np.flatnonzero((index._rows[: len(index)] == row).all(axis=1))[0])
    code: NDArray[np.uint8] = index._coded.codes[slot].copy()
    return code


def test_a_removed_template_leaves_memory() -> None:
    rows = clustered(13, 1200, DIMENSION)
    index = filled(rows)
    index.search(rows[0], 1)
    for key in (3, 1199, 700):
        code = code_of(index, rows[key])
        assert (index._coded.codes == code).all(axis=1).any()
        index.remove(key)
        held = len(index) + 1  # what lies behind was never written
        assert not (index._rows[:held] == rows[key]).all(axis=1).any()
        assert f"{key:08d}".encode() not in index._face_ids
        assert not (index._coded._codes[:held] == code).all(axis=1).any()


def test_slots_stay_without_a_gap_and_memory_shrinks_with_the_set() -> None:
    rows = clustered(14, 3000, DIMENSION)
    index = filled(rows)
    index.search(rows[0], 1)
    full, capacity = index.nbytes, len(index._keys)
    for key in range(2900):
        index.remove(key)
        if key % 500 == 0:
            left = np.arange(3000) > key
            assert found(index, rows[2990], 20) == best(rows, rows[2990], 20, left)
    assert len(index._keys) < capacity / 8
    assert index.nbytes < full / 20
    assert sorted(index._slot_of.values()) == list(range(100))
    for key in range(2900, 3000):
        index.remove(key)
    assert len(index) == 0
    assert len(index._keys) == FIRST_CAPACITY
    assert found(index, rows[0], 5) == []
