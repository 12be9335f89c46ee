import itertools
import math
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import structlog

from openfrs.domain.errors import FaceSetNotFound
from openfrs.domain.faces import FaceBlock, FaceSet, FaceUpdate, Hit, Vector
from openfrs.domain.fields import Schema
from openfrs.domain.ports import FaceChanges
from openfrs.domain.query import Equals, Filter, Not
from openfrs.index.quantised import QuantisedIndex
from openfrs.operations import reflection
from openfrs.operations.mirror import Mirror, MirrorUsage
from openfrs.operations.reflection import SharedLock
from openfrs.storage import feed
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from tests.index import slowly
from tests.index.samples import changes_of
from tests.storage.samples import (
    DIMENSION,
    NOON,
    add_project,
    enrolment,
    make_face_set,
    vector,
)

T = TypeVar("T")

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "openfrs.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    database = Database(path)
    add_project(database)
    yield SqliteStore(database, lambda: NOON, changes_kept=10)
    database.close()


@pytest.fixture
def mirror(store: SqliteStore) -> Mirror:
    return Mirror(store, QuantisedIndex, DIMENSION)


def keys(hits: Sequence[Hit]) -> list[int]:
    return [hit.face.face_key for hit in hits]


def test_each_write_is_seen_by_the_next_search(store: SqliteStore, mirror: Mirror) -> None:
    face_set = make_face_set(store)
    assert mirror.search(face_set, vector(1), 5) == []
    [one] = store.add_faces(face_set, [enrolment(1)])
    assert keys(mirror.search(face_set, vector(1), 5)) == [one.face_key]
    [two] = store.add_faces(face_set, [enrolment(2)])
    assert keys(mirror.search(face_set, vector(2), 1)) == [two.face_key]
    store.update_face(face_set, one.face_id, FaceUpdate(None, {"name": "eve"}))
    assert keys(mirror.search(face_set, vector(2), 5, Equals("name", "eve"))) == [one.face_key]
    store.delete_face(face_set, one.face_id)
    assert keys(mirror.search(face_set, vector(1), 5)) == [two.face_key]


def test_a_selection_comes_with_the_revision_it_is_true_of(
    store: SqliteStore, mirror: Mirror
) -> None:
    face_set = make_face_set(store)
    faces = store.add_faces(face_set, [enrolment(i, {"floor": i % 2}) for i in range(10)])
    store.update_face(face_set, faces[0].face_id, FaceUpdate(None, {"floor": 1}))
    selected, revision = mirror.select(face_set, Equals("floor", 1))
    assert selected == {face.face_key for face in [faces[0], *faces[1::2]]}
    assert revision == store.revision(face_set) == 2
    store.update_face(face_set, faces[3].face_id, FaceUpdate(None, {"floor": 0}))
    removed, changed = store.delete_unchanged(face_set, selected, revision)
    assert removed == 5
    assert changed == {faces[3].face_key}


def test_a_mirror_that_slept_through_pruned_tombstones_loads_the_set_again(
    store: SqliteStore, mirror: Mirror
) -> None:
    face_set = make_face_set(store)
    faces = store.add_faces(face_set, [enrolment(i) for i in range(60)])
    assert len(mirror.search(face_set, vector(0), 100)) == 60
    for face in faces[:55]:
        store.delete_face(face_set, face.face_id)
    assert store.changes(face_set, 1).complete
    left = {face.face_key for face in faces[55:]}
    assert set(keys(mirror.search(face_set, vector(0), 100))) == left


def test_a_deleted_face_set_is_not_found_and_its_index_is_dropped(
    store: SqliteStore, mirror: Mirror
) -> None:
    face_set = make_face_set(store)
    store.add_faces(face_set, [enrolment(1)])
    mirror.search(face_set, vector(1), 1)
    store.delete_face_set(face_set)
    for _ in range(2):
        with pytest.raises(FaceSetNotFound):
            mirror.search(face_set, vector(1), 1)
        with pytest.raises(FaceSetNotFound):
            mirror.select(face_set, Not(Equals("floor", 1)))
    assert mirror._reflections == {}


def test_the_same_name_made_again_shows_nothing_of_the_old_set(
    store: SqliteStore, mirror: Mirror
) -> None:
    old = make_face_set(store)
    store.add_faces(old, [enrolment(1)])
    mirror.search(old, vector(1), 1)
    store.delete_face_set(old)
    new = make_face_set(store)
    assert mirror.search(new, vector(1), 1) == []
    [face] = store.add_faces(new, [enrolment(1)])
    assert keys(mirror.search(new, vector(1), 5)) == [face.face_key]


def test_sets_that_another_process_deleted_are_dropped_when_a_new_one_is_loaded(
    store: SqliteStore, mirror: Mirror
) -> None:
    gone, kept, new = (make_face_set(store, name) for name in ("gone", "kept", "new"))
    mirror.search(gone, vector(1), 1)
    mirror.search(kept, vector(1), 1)
    store.delete_face_set(gone)
    mirror.search(new, vector(1), 1)
    assert set(mirror._reflections) == {kept.key, new.key}


def test_a_forgotten_set_is_loaded_again_when_asked_for(store: SqliteStore, mirror: Mirror) -> None:
    face_set = make_face_set(store)
    [face] = store.add_faces(face_set, [enrolment(1)])
    mirror.search(face_set, vector(1), 1)
    mirror.forget(face_set)
    mirror.forget(face_set)
    assert mirror._reflections == {}
    assert keys(mirror.search(face_set, vector(1), 1)) == [face.face_key]


def test_the_write_of_another_process_is_seen(
    store: SqliteStore, mirror: Mirror, path: Path
) -> None:
    face_set = make_face_set(store)
    assert mirror.search(face_set, vector(1), 10) == []
    command = [sys.executable, "-m", "tests.storage.writing_process", str(path), "5", "10"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=60)
    faces = store.faces(face_set, 0, 1000)
    assert faces
    found = mirror.search(face_set, vector(1), 1000)
    assert set(keys(found)) == {face.face_key for face in faces}
    for face in faces:
        floor = face.external_fields["floor"]
        assert face.face_key in mirror.select(face_set, Equals("floor", floor))[0]
    updated = next(face for face in faces if "stamp" in face.external_fields)
    stamp = updated.external_fields["stamp"]
    assert updated.face_key in mirror.select(face_set, Equals("stamp", stamp))[0]


def test_random_writes_and_searches_agree_with_brute_force(
    store: SqliteStore, mirror: Mirror
) -> None:
    dice = np.random.default_rng(3)
    face_set = make_face_set(store)
    for step in range(150):
        faces = store.faces(face_set, 0, 1000)
        face_id = faces[int(dice.integers(len(faces)))].face_id if faces else ""
        match dice.integers(4):
            case 0 | 1:
                store.add_faces(face_set, [enrolment(step * 3 + i) for i in range(3)])
            case 2 if faces:
                store.delete_face(face_set, face_id)
            case 3 if faces:
                update = FaceUpdate(None, {"floor": int(dice.integers(3))})
                store.update_face(face_set, face_id, update)
        if step % 3:
            probe, where = vector(10_000 + step), Not(Equals("floor", 1))
            whole = changes_of(store.changes(face_set, 0).blocks)
            hits = mirror.search(face_set, probe, 7, where)
            assert [(hit.face.face_key, hit.score) for hit in hits] == slowly.best(
                whole, probe, 7, where
            )
            assert [hit.face for hit in hits] == [
                store.face(face_set, hit.face.face_id) for hit in hits
            ]


def test_searches_beside_writes_never_miss_what_was_acknowledged(
    store: SqliteStore, mirror: Mirror
) -> None:
    face_set = make_face_set(store)

    def enrol_and_search(seed: int) -> bool:
        [face] = store.add_faces(face_set, [enrolment(seed)])
        first = keys(mirror.search(face_set, vector(seed), 1)) == [face.face_key]
        store.delete_face(face_set, face.face_id)
        return first and keys(mirror.search(face_set, vector(seed), 1)) != [face.face_key]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(enrol_and_search, range(200)))


class GatedIndex(QuantisedIndex):
    """An index that waits for the test: with faces called "held", and with every search."""

    fill_gate: threading.Event | None = None
    search_gate: threading.Barrier | None = None

    def fill(self, block: FaceBlock) -> None:
        if self.fill_gate is not None and "held" in block.external_image_ids:
            self.fill_gate.wait(10)
        super().fill(block)

    def search(
        self,
        probe: Vector,
        top_n: int,
        where: Filter | None = None,
        *,
        at_least: float = -math.inf,
    ) -> Sequence[Hit]:
        if self.search_gate is not None:
            self.search_gate.wait(10)
        return super().search(probe, top_n, where, at_least=at_least)


def gated_mirror(
    store: SqliteStore,
    *,
    fill_gate: threading.Event | None = None,
    search_gate: threading.Barrier | None = None,
    budget: int = 0,
) -> Mirror:
    def make_index(schema: Schema, dimension: int) -> GatedIndex:
        index = GatedIndex(schema, dimension)
        index.fill_gate, index.search_gate = fill_gate, search_gate
        return index

    return Mirror(store, make_index, DIMENSION, budget=budget)


def test_loading_one_set_holds_up_no_other(store: SqliteStore) -> None:
    large, small = make_face_set(store, "large"), make_face_set(store, "small")
    store.add_faces(large, [enrolment(1, image_id="held")])
    [face] = store.add_faces(small, [enrolment(1)])
    gate = threading.Event()
    mirror = gated_mirror(store, fill_gate=gate)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(mirror.search, large, vector(1), 1)
        while large.key not in mirror._reflections:
            time.sleep(0.001)
        assert keys(mirror.search(small, vector(1), 1)) == [face.face_key]
        assert not slow.done()
        gate.set()
        assert len(slow.result()) == 1


def test_searches_of_one_set_run_side_by_side(store: SqliteStore) -> None:
    face_set = make_face_set(store)
    store.add_faces(face_set, [enrolment(1)])
    mirror = gated_mirror(store, search_gate=threading.Barrier(3))
    with ThreadPoolExecutor(3) as pool:
        searches = [pool.submit(mirror.search, face_set, vector(1), 1) for _ in range(3)]
        assert all(len(search.result()) == 1 for search in searches)


class BreakingFeed:
    """A feed whose next stream of changes ends with an error half-way."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.broken = False
        self.asked: list[int] = []

    def stamp(self) -> int:
        return self.store.stamp()

    def revision(self, face_set: FaceSet) -> int:
        return self.store.revision(face_set)

    def changes(self, face_set: FaceSet, since: int, stamp: int | None = None) -> FaceChanges:
        changes = self.store.changes(face_set, since, stamp)
        self.asked.append(since)
        if not self.broken:
            return changes
        self.broken = False
        return type(changes)(
            changes.revision,
            changes.stamp,
            changes.complete,
            changes.removed,
            faces=_half(changes.faces),
            blocks=_half(changes.blocks),
        )


def _half(whole: Iterable[T]) -> Iterator[T]:
    yield from itertools.islice(whole, 1)
    raise OSError("the disk is gone")


@pytest.mark.parametrize(
    ("loaded", "ahead", "again_from"), [(False, 10, -1), (True, 10, 1), (True, 0, -1)]
)
def test_a_catch_up_that_fails_half_way_is_made_good_by_the_next_search(
    store: SqliteStore,
    monkeypatch: pytest.MonkeyPatch,
    *,
    loaded: bool,
    ahead: int,
    again_from: int,
) -> None:
    """From the beginning where the index was touched, as nothing is known of it then."""
    monkeypatch.setattr(reflection, "CHANGES_READ_AHEAD", ahead)
    breaking = BreakingFeed(store)
    mirror = Mirror(breaking, QuantisedIndex, DIMENSION)
    face_set = make_face_set(store)
    store.add_faces(face_set, [enrolment(i) for i in range(3)])
    if loaded:
        mirror.search(face_set, vector(1), 1)
        store.add_faces(face_set, [enrolment(i) for i in range(3, 6)])
    breaking.broken = True
    with pytest.raises(OSError, match="disk"):
        mirror.search(face_set, vector(1), 1)
    hits = mirror.search(face_set, vector(1), 10)
    assert set(keys(hits)) == {face.face_key for face in store.faces(face_set, 0, 10)}
    assert breaking.asked[-1] == again_from


numbers = count(1)


def loaded_sizes(store: SqliteStore, mirror: Mirror, sizes: Sequence[int]) -> list[FaceSet]:
    """Sets of so many faces, searched one after the other."""
    face_sets: list[FaceSet] = []
    for size in sizes:
        face_set = make_face_set(store, f"set-{next(numbers)}")
        store.add_faces(face_set, [enrolment(i) for i in range(size)])
        mirror.search(face_set, vector(0), 1)
        face_sets.append(face_set)
    return face_sets


def weight(store: SqliteStore, size: int) -> int:
    """The bytes that a set of so many faces takes."""
    mirror = Mirror(store, QuantisedIndex, DIMENSION)
    loaded_sizes(store, mirror, [size])
    return mirror.usage().bytes


def test_usage_tells_what_is_held_and_what_was_done(store: SqliteStore, mirror: Mirror) -> None:
    assert mirror.usage() == MirrorUsage(sets=0, faces=0, bytes=0, loads=0, evictions=0)
    one, _ = loaded_sizes(store, mirror, [100, 200])
    usage = mirror.usage()
    assert (usage.sets, usage.faces, usage.loads, usage.evictions) == (2, 300, 2, 0)
    assert usage.bytes > 300 * 4 * DIMENSION
    mirror.forget(one)
    assert (mirror.usage().sets, mirror.usage().faces) == (1, 200)
    mirror.search(one, vector(0), 1)
    assert mirror.usage().loads == 3


def test_beyond_the_budget_the_set_that_was_not_asked_the_longest_goes(
    store: SqliteStore,
) -> None:
    budget = weight(store, 500) * 5 // 2
    mirror = Mirror(store, QuantisedIndex, DIMENSION, budget=budget)
    one, two = loaded_sizes(store, mirror, [500, 500])
    mirror.select(one, Equals("floor", 1))
    [three] = loaded_sizes(store, mirror, [501])
    assert set(mirror._reflections) == {one.key, three.key}
    assert mirror.usage().evictions == 1
    assert mirror.usage().bytes <= budget
    assert keys(mirror.search(two, vector(7), 1)) == [store.faces(two, 7, 1)[0].face_key]
    assert set(mirror._reflections) == {three.key, two.key}


def test_a_set_that_grows_past_the_budget_makes_others_go(store: SqliteStore) -> None:
    budget = weight(store, 500) * 5 // 2
    mirror = Mirror(store, QuantisedIndex, DIMENSION, budget=budget)
    one, two = loaded_sizes(store, mirror, [500, 500])
    store.add_faces(two, [enrolment(i) for i in range(1500)])
    mirror.search(two, vector(0), 1)
    assert set(mirror._reflections) == {two.key}
    assert store.faces(one, 0, 1)


def test_a_set_larger_than_the_budget_works_alone(store: SqliteStore) -> None:
    mirror = Mirror(store, QuantisedIndex, DIMENSION, budget=1)
    one, two = loaded_sizes(store, mirror, [300, 300])
    for face_set in (one, two, one):
        assert len(mirror.search(face_set, vector(0), 1000)) == 300
        assert mirror.usage().sets == 1
    assert mirror.search(one, vector(0), 1)
    assert mirror.usage().loads == 5  # a second search of the same set loads nothing


def test_no_budget_keeps_every_set(store: SqliteStore, mirror: Mirror) -> None:
    loaded_sizes(store, mirror, [100] * 5)
    assert (mirror.usage().sets, mirror.usage().evictions) == (5, 0)


def test_a_set_is_not_evicted_while_it_is_searched(store: SqliteStore) -> None:
    gate = threading.Barrier(2)
    mirror = gated_mirror(store, search_gate=gate, budget=1)
    busy, other = make_face_set(store, "busy"), make_face_set(store, "other")
    for face_set in (busy, other):
        store.add_faces(face_set, [enrolment(1)])
    with ThreadPoolExecutor(1) as pool:
        searching = pool.submit(mirror.search, busy, vector(1), 1)
        while not gate.n_waiting:
            time.sleep(0.001)
        mirror.select(other, Equals("floor", 1))  # passes no gate
        assert set(mirror._reflections) == {busy.key, other.key}
        gate.wait(10)
        assert len(searching.result()) == 1
    mirror.select(other, Equals("floor", 1))
    [third] = loaded_sizes(store, Mirror(store, QuantisedIndex, DIMENSION), [1])
    mirror.select(third, Equals("floor", 1))
    assert set(mirror._reflections) == {third.key}


def test_room_is_made_while_a_set_is_loaded_and_not_after(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "FACES_A_BLOCK", 10)
    gate = threading.Event()
    mirror = gated_mirror(store, fill_gate=gate, budget=1)
    small, large = make_face_set(store, "small"), make_face_set(store, "large")
    store.add_faces(small, [enrolment(1)])
    mirror.search(small, vector(1), 1)
    store.add_faces(large, [enrolment(i) for i in range(100)])
    store.add_faces(large, [enrolment(100, image_id="held")])
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(mirror.search, large, vector(1), 1000)
        give_up = time.monotonic() + 10
        while small.key in mirror._reflections:
            assert time.monotonic() < give_up
            time.sleep(0.001)
        assert not loading.done()
        gate.set()
        assert len(loading.result()) == 101


def test_loads_and_evictions_are_logged_without_anything_of_a_face(store: SqliteStore) -> None:
    mirror = Mirror(store, QuantisedIndex, DIMENSION, budget=1)
    with structlog.testing.capture_logs() as lines:
        one, two = loaded_sizes(store, mirror, [20, 30])
    told = [(line["event"], line["face_set_id"], line.get("faces")) for line in lines]
    assert told == [
        ("face set loaded", one.face_set_id, 20),
        ("face set evicted", one.face_set_id, None),
        ("face set loaded", two.face_set_id, 30),
    ]
    assert {name for line in lines for name in line} == {
        *("event", "log_level", "face_set_id", "faces", "bytes")
    }


def test_who_wants_a_lock_alone_is_not_starved_by_who_shares_it() -> None:
    lock = SharedLock()
    order: list[str] = []

    def alone() -> None:
        with lock.alone():
            order.append("alone")

    def shared() -> None:
        with lock.shared():
            order.append("shared")

    with lock.shared():
        first = threading.Thread(target=alone)
        first.start()
        while not lock._waiting:
            time.sleep(0.001)
        second = threading.Thread(target=shared)
        second.start()
        time.sleep(0.05)
        assert order == []
    first.join()
    second.join()
    assert order == ["alone", "shared"]
