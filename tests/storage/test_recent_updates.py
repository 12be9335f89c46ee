"""Updates that a mirror has from its own process: the same as SQLite tells, or not told at all."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from openfrs.domain.errors import FaceNotFound
from openfrs.domain.faces import Face, FacePatch, FaceSet, FaceUpdate
from openfrs.domain.query import Not, Range
from openfrs.index.quantised import QuantisedIndex
from openfrs.operations.mirror import Mirror
from openfrs.storage import recent_updates
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from tests.storage.samples import DIMENSION, NOON, enrolment, make_face_set, vector


@pytest.fixture
def other(path: Path, database: Database) -> Iterator[SqliteStore]:
    """The store as another process has it; the database is made first."""
    with closing(Database(path)) as second:
        yield SqliteStore(second, lambda: NOON)


def told(
    store: SqliteStore, face_set: FaceSet, writes: Callable[[], object]
) -> Sequence[FacePatch]:
    """What the feed has from memory of these writes; the rest it has from SQLite."""
    before = store.changes(face_set, store.revision(face_set))
    writes()
    changes = store.changes(face_set, before.revision, before.stamp)
    assert changes.revision == store.revision(face_set)
    return list(changes.patches)


def test_updates_of_client_data_are_told_from_memory_in_their_order(store: SqliteStore) -> None:
    face_set, beside = make_face_set(store), make_face_set(store, "beside")
    one, two = store.add_faces(face_set, [enrolment(i) for i in range(2)])
    [stranger] = store.add_faces(beside, [enrolment(3)])

    def write() -> None:
        store.update_face(face_set, one.face_id, FaceUpdate("x", {"floor": 5}))
        store.update_face(beside, stranger.face_id, FaceUpdate("y", {}))
        with pytest.raises(FaceNotFound):
            store.update_face(face_set, "missing0", FaceUpdate("z", {}))
        store.update_face(face_set, two.face_id, FaceUpdate(None, {"name": "eve"}))
        store.update_face(face_set, one.face_id, FaceUpdate(None, {"floor": 6}))

    told(store, face_set, lambda: store.update_face(face_set, one.face_id, FaceUpdate("w", {})))
    assert told(store, face_set, write) == [
        FacePatch(one.face_key, "x", {"floor": 5}),
        FacePatch(two.face_key, None, {"name": "eve"}),
        FacePatch(one.face_key, None, {"floor": 6}),
    ]


def test_any_other_write_is_left_to_sqlite(store: SqliteStore, other: SqliteStore) -> None:
    face_set = make_face_set(store)
    first, *faces = store.add_faces(face_set, [enrolment(i) for i in range(9)])
    rest = iter(faces)

    def update() -> object:
        store.update_face(face_set, first.face_id, FaceUpdate("x", {}))
        return None

    writes: list[Callable[[], object]] = [
        lambda: store.add_faces(face_set, [enrolment(10)]),
        lambda: store.delete_face(face_set, next(rest).face_id),
        lambda: store.delete_unchanged(face_set, [next(rest).face_key], 10**6),
        lambda: make_face_set(store, f"set-{next(rest).face_id}"),
        lambda: other.update_face(face_set, next(rest).face_id, FaceUpdate("y", {})),
    ]
    for write in writes:
        update()
        assert told(store, face_set, update)
        assert told(store, face_set, lambda write=write: [update(), write()]) == []  # type: ignore[misc]
        assert told(store, face_set, lambda write=write: [write(), update()]) == []  # type: ignore[misc]


def test_only_so_many_updates_are_kept(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_updates, "PATCHES_KEPT", 5)
    face_set = make_face_set(store)
    [face] = store.add_faces(face_set, [enrolment(1)])

    def update(times: int) -> None:
        for floor in range(times):
            store.update_face(face_set, face.face_id, FaceUpdate(None, {"floor": floor}))

    assert len(told(store, face_set, lambda: update(5))) == 5
    assert told(store, face_set, lambda: update(6)) == []
    assert len(told(store, face_set, lambda: update(3))) == 3


def test_mirrors_of_two_processes_follow_any_mixture_of_writes(
    store: SqliteStore, other: SqliteStore
) -> None:
    """Groups of updates among them, with faces that do not exist; each mirror is asked at times."""
    face_set = make_face_set(store)
    dice = random.Random(4)
    stores = [store, other]
    mirrors = [Mirror(one, QuantisedIndex, DIMENSION) for one in stores]

    def update(one: SqliteStore, faces: Sequence[Face], seed: int) -> None:
        mine = random.Random(seed)
        for _ in range(4):
            face_id = mine.choice(faces).face_id if faces and mine.random() < 0.9 else "missing0"
            fields = {mine.choice(("floor", "stamp")): mine.randrange(9)}
            try:
                one.update_face(face_set, face_id, FaceUpdate(None, fields))
            except FaceNotFound:
                assert face_id == "missing0"

    for step in range(120):
        one = stores[dice.random() < 0.2]
        faces = one.faces(face_set, 0, 1000)
        match dice.randrange(8):
            case 0:
                one.add_faces(face_set, [enrolment(step * 5 + i) for i in range(3)])
            case 1 if faces:
                one.delete_face(face_set, dice.choice(faces).face_id)
            case _:
                threads = [
                    threading.Thread(target=update, args=(one, faces, step * 10 + i))
                    for i in range(3)
                ]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
        for mirror in mirrors:
            if dice.random() < 0.6:
                everyone = Not(Range("ratio", None, None, low_included=True, high_included=True))
                hits = mirror.search(face_set, vector(1), 1000, everyone)
                stored = {face.face_key: face for face in store.faces(face_set, 0, 1000)}
                assert {hit.face.face_key: hit.face for hit in hits} == stored
