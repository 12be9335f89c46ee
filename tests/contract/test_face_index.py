"""What every exact index must do. A new one is added to ``INDEXES``; green means done."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from openfrs.domain.faces import Face, FaceChange, Vector
from openfrs.domain.fields import FieldType, FieldValue, Schema
from openfrs.domain.ports import FaceIndex
from openfrs.domain.query import Equals, Filter, Not, Range
from openfrs.index.quantised import QuantisedIndex
from tests.index import slowly
from tests.index.samples import block_of, change
from tests.index.test_columns import FACE, SCHEMA, TREES

MakeIndex = Callable[[Schema, int], FaceIndex]


class RareMadeCommon(QuantisedIndex):
    """Codes, gathers and samples even a handful of faces."""

    scored_alone = 0
    coded_together = 2
    gathered = 3
    sampled = 2


INDEXES: list[MakeIndex] = [QuantisedIndex, RareMadeCommon]
RANK = {"rank": FieldType.INTEGER}


@pytest.fixture(params=INDEXES)
def make_index(request: pytest.FixtureRequest) -> MakeIndex:
    made: MakeIndex = request.param
    return made


def clustered(seed: int, faces: int, dimension: int) -> NDArray[np.float32]:
    """(faces, dimension) unit rows: five samples a person, as face templates lie."""
    dice = np.random.default_rng(seed)
    people = (
        dice.standard_normal((faces // 5 + 1, dimension)) * np.arange(1, dimension + 1) ** -0.35
    )
    rows = np.repeat(people, 5, axis=0)[:faces] + 0.3 * dice.standard_normal((faces, dimension))
    unit: NDArray[np.float64] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit.astype(np.float32)


def face(key: int, vector: Vector | None, **fields: FieldValue) -> FaceChange:
    return change(key, f"{key * 7919 % 100_000:08d}", f"image-{key}", fields, vector)


def filled(make_index: MakeIndex, faces: Sequence[FaceChange], dimension: int) -> FaceIndex:
    index = make_index(RANK, dimension)
    for one in faces:
        index.put(one)
    return index


def found(
    index: FaceIndex, probe: Vector, top_n: int, where: Filter | None = None
) -> list[tuple[int, float]]:
    return [(hit.face.face_key, hit.score) for hit in index.search(probe, top_n, where)]


@pytest.mark.parametrize("dimension", [3, 128, 512])
def test_search_equals_four_lines_of_numpy(make_index: MakeIndex, dimension: int) -> None:
    matrix = clustered(1, 3000, dimension)
    faces = [face(key, row, rank=key) for key, row in enumerate(matrix)]
    index = filled(make_index, faces, dimension)
    ids = np.array([one.face.face_id for one in faces])
    for probe in clustered(2, 10, dimension):
        scores = (matrix.astype(np.float64) * probe).sum(axis=1)
        order = np.lexsort((ids, -scores))
        for top_n in (1, 10, 1000, 2999, 3000, 5000):
            best = order[:top_n]
            expected = list(zip(best.tolist(), scores[best].tolist(), strict=True))
            assert found(index, probe, top_n) == expected


@pytest.mark.parametrize("share", [0, 0.001, 0.01, 0.09, 0.11, 0.5, 0.99, 1])
def test_filters_cost_no_recall_at_any_selectivity(make_index: MakeIndex, share: float) -> None:
    matrix = clustered(3, 2000, 16)
    faces = [face(key, row, rank=key * 7 % 2000) for key, row in enumerate(matrix)]
    index = filled(make_index, faces, 16)
    where = Range("rank", None, int(share * 2000), low_included=True, high_included=False)
    for probe in clustered(4, 5, 16):
        for top_n in (1, 25):
            assert found(index, probe, top_n, where) == slowly.best(faces, probe, top_n, where)


def test_equal_scores_are_ordered_by_face_id_and_never_lost_at_the_cut(
    make_index: MakeIndex,
) -> None:
    matrix = np.repeat(clustered(5, 40, 32), 25, axis=0)
    faces = [face(key, row) for key, row in enumerate(matrix)]
    index = filled(make_index, faces, 32)
    for top_n in (1, 10, 24, 26, 60):
        assert found(index, matrix[300], top_n) == slowly.best(faces, matrix[300], top_n)


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_scores_closer_than_float32_can_tell_are_still_told_apart(
    make_index: MakeIndex, scale: float
) -> None:
    """Rows that hold the same numbers in another order: only the rounding of the sums differs."""
    dice = np.random.default_rng(6)
    probe = np.full(128, 128**-0.5, np.float32)
    row = scale * clustered(7, 1, 128)[0]
    faces = [face(key, dice.permutation(row)) for key in range(500)]
    faces.append(face(500, np.zeros(128, np.float32)))
    index = filled(make_index, faces, 128)
    exact = slowly.best(faces, probe, 500)
    for top_n in (1, 2, 10, 100, 400):
        assert found(index, probe, top_n) == exact[:top_n]


def test_the_answer_does_not_depend_on_the_order_of_arrival(make_index: MakeIndex) -> None:
    matrix = clustered(8, 400, 64)
    faces = [face(key, row) for key, row in enumerate(matrix)]
    other = filled(make_index, [face(10_000 + i, -row) for i, row in enumerate(matrix)], 64)
    for i in range(400):
        other.remove(10_000 + i)
    for one in reversed(faces):
        other.put(one)
    index = filled(make_index, faces, 64)
    for probe in matrix[:20]:
        assert found(index, probe, 50) == found(other, probe, 50)


def test_an_empty_index_finds_nothing(make_index: MakeIndex) -> None:
    index = make_index(RANK, 4)
    assert found(index, np.ones(4, np.float32), 10) == []
    assert index.select(Not(Equals("rank", 1))) == frozenset()
    assert len(index) == 0


def test_top_zero_is_empty(make_index: MakeIndex) -> None:
    index = filled(make_index, [face(1, np.ones(4, np.float32))], 4)
    assert found(index, np.ones(4, np.float32), 0) == []


def test_a_face_that_was_removed_is_found_no_more_and_a_new_one_takes_its_place(
    make_index: MakeIndex,
) -> None:
    matrix = clustered(9, 100, 8)
    index = filled(make_index, [face(key, row, rank=1) for key, row in enumerate(matrix)], 8)
    for key in range(0, 100, 2):
        index.remove(key)
    index.remove(0)
    index.remove(12345)
    assert len(index) == 50
    assert index.select(Equals("rank", 1)) == set(range(1, 100, 2))
    assert {key for key, _ in found(index, -matrix[0], 100)} == set(range(1, 100, 2))
    index.put(face(200, matrix[0]))
    assert len(index) == 51
    assert found(index, matrix[0], 1) == slowly.best([face(200, matrix[0])], matrix[0], 1)
    assert index.select(Not(Equals("rank", 1))) == {200}


def test_new_client_data_replaces_the_old_and_keeps_the_template(make_index: MakeIndex) -> None:
    matrix = clustered(10, 10, 8)
    index = filled(make_index, [face(key, row, rank=key) for key, row in enumerate(matrix)], 8)
    index.put(face(3, None))
    assert index.select(Equals("rank", 3)) == frozenset()
    index.put(face(4, None, rank=3))
    assert index.select(Equals("rank", 3)) == {4}
    assert index.select(Equals("external_image_id", "image-3")) == {3}
    assert [key for key, _ in found(index, matrix[3], 1)] == [3]
    assert len(index) == 10


def test_what_cannot_be_compared_is_refused_and_changes_nothing(make_index: MakeIndex) -> None:
    good = np.ones(4, np.float32)
    index = filled(make_index, [face(1, good)], 4)
    for bad in (np.full(4, np.nan), np.array([np.inf, 0, 0, 0]), np.ones(5), np.ones((1, 4))):
        with pytest.raises(ValueError, match="template"):
            index.put(face(2, bad.astype(np.float32)))
        with pytest.raises(ValueError, match="template"):
            index.search(bad.astype(np.float32), 1)
    with pytest.raises(ValueError, match="template"):
        index.put(face(2, None))
    assert len(index) == 1
    assert [key for key, _ in found(index, good, 5)] == [1]


def test_face_ids_of_any_length_order_ties(make_index: MakeIndex) -> None:
    row = np.ones(4, np.float32)
    index = make_index({}, 4)
    for key, face_id in enumerate(["b", "aaaaaaaaaaaa", "a", "B", "aaaaaaaaaaab"]):
        index.put(change(key, face_id, "x", {}, row))
    assert [key for key, _ in found(index, row, 5)] == [3, 2, 1, 4, 0]


def test_hits_come_with_all_that_is_known_of_the_face(make_index: MakeIndex) -> None:
    matrix = clustered(12, 30, 8)
    one = change(7, "b", "image-7", {"floor": 3, "ratio": 0.5, "name": "x"}, matrix[0])
    other = change(8, "a", "image-8", {"stamp": 2**62, "active": False}, matrix[0])
    index = make_index(SCHEMA, 8)
    for key, row in enumerate(matrix[10:]):
        index.put(change(100 + key, f"c{key}", "x", {}, row))
    index.put(one)
    index.put(other)
    for key in range(20):
        index.remove(100 + key)
    assert [hit.face for hit in index.search(matrix[0], 5)] == [other.face, one.face]
    moved = Face(7, "b", "image-9", {"active": True}, one.face.bounding_box)
    index.put(FaceChange(moved, None))
    assert index.search(matrix[0], 5)[1].face == moved


def test_faces_that_score_less_than_asked_for_are_left_out(make_index: MakeIndex) -> None:
    matrix = clustered(13, 3000, 16)
    index = filled(make_index, [face(key, row) for key, row in enumerate(matrix)], 16)
    best = found(index, matrix[5], 3000)
    for count in (0, 1, 7, 500, 2999):
        at_least = best[count][1]
        hits = index.search(matrix[5], 1000, at_least=at_least)
        expected = [(key, score) for key, score in best if score >= at_least][:1000]
        assert [(hit.face.face_key, hit.score) for hit in hits] == expected
    assert index.search(matrix[5], 10, at_least=1.5) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_block_of_faces_is_as_good_as_its_faces_one_by_one(
    make_index: MakeIndex, data: st.DataObject
) -> None:
    drawn = data.draw(st.lists(st.tuples(FACE, ROW), max_size=12))
    faces = [
        change(key, f"{key * 5 % 13:0{data.draw(st.integers(2, 12))}d}", image_id, fields, row)
        for key, ((image_id, fields), row) in enumerate(drawn)
    ]
    singly, at_once = make_index(SCHEMA, 4), make_index(SCHEMA, 4)
    alone = data.draw(st.integers(0, len(faces)))
    for one in faces:
        singly.put(one)
    for one in faces[:alone]:
        at_once.put(one)
    at_once.fill(block_of(faces[alone:], 4))
    for key in data.draw(st.sets(st.integers(0, 12))):
        singly.remove(key)
        at_once.remove(key)
    where, probe = data.draw(st.none() | TREES), data.draw(ROW)
    assert at_once.search(probe, 20, where) == singly.search(probe, 20, where)
    assert len(at_once) == len(singly)


def test_a_block_that_cannot_be_compared_is_refused_and_changes_nothing(
    make_index: MakeIndex,
) -> None:
    index = make_index(RANK, 4)
    for bad in (np.full((2, 4), np.nan), np.full((2, 4), np.inf), np.ones((2, 5))):
        faces = [change(key, str(key), "x", {}, row) for key, row in enumerate(bad)]
        with pytest.raises(ValueError, match="template"):
            index.fill(block_of(faces, bad.shape[1]))
    index.fill(block_of([], 4))
    assert len(index) == 0


def test_many_threads_search_at_once(make_index: MakeIndex) -> None:
    matrix = clustered(11, 2000, 64)
    faces = [face(key, row, rank=key % 10) for key, row in enumerate(matrix)]
    index = filled(make_index, faces, 64)
    where = Equals("rank", 3)
    expected = [slowly.best(faces, probe, 5, where) for probe in matrix[:40]]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda probe: found(index, probe, 5, where), matrix[:40]))
    assert answers == expected


SMALL = st.integers(-2, 2)
ROW = st.lists(SMALL, min_size=4, max_size=4).map(lambda numbers: np.array(numbers, np.float32))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_run_of_changes_leaves_what_brute_force_finds(
    make_index: MakeIndex, data: st.DataObject
) -> None:
    """Rows of small whole numbers make exact ties common, and every sum exact."""
    index = make_index(SCHEMA, 4)
    faces: dict[int, FaceChange] = {}
    for _ in range(data.draw(st.integers(0, 25))):
        key = data.draw(st.integers(0, 12))
        if key in faces and data.draw(st.booleans()):
            index.remove(key)
            del faces[key]
            continue
        image_id, fields = data.draw(FACE)
        vector = None if key in faces else data.draw(ROW)
        put = change(key, f"{key * 5 % 13:08d}", image_id, fields, vector)
        index.put(put)
        faces[key] = put if vector is not None else FaceChange(put.face, faces[key].vector)
    where = data.draw(st.none() | TREES)
    probe, top_n = data.draw(ROW), data.draw(st.integers(0, 14))
    assert found(index, probe, top_n, where) == slowly.best(faces.values(), probe, top_n, where)
    assert len(index) == len(faces)
    if where is not None:
        assert index.select(where) == {
            key
            for key, f in faces.items()
            if slowly.matches(where, f.face.external_image_id, f.face.external_fields)
        }
        matching = sorted(index.select(where))
        offset, limit = data.draw(st.integers(0, 14)), data.draw(st.integers(1, 14))
        page = index.page(where, offset, limit)
        assert page.total == len(matching)
        assert list(page.faces) == [faces[key].face for key in matching[offset : offset + limit]]
