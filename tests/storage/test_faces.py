"""What is particular to faces in SQLite: ids, tombstones, erasure."""

import re
from itertools import chain, cycle
from pathlib import Path

import pytest

from openfrs.domain.faces import FaceUpdate
from openfrs.storage import face_sets
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from openfrs.storage.rows import new_id
from tests.storage.samples import NOON, enrolment, make_face_set, vector
from tests.storage.test_database import on_disk, wait_until_erased


def rows(database: Database, table: str) -> int:
    with database.read() as connection:
        return len(connection.execute(f"SELECT 1 FROM {table}").fetchall())  # noqa: S608


def test_ids_are_eight_letters_and_digits_of_either_case() -> None:
    ids = [new_id() for _ in range(2000)]
    assert all(re.fullmatch(r"[A-Za-z0-9]{8}", face_id) for face_id in ids)
    assert len(set(ids)) == 2000
    assert len(set("".join(ids))) == 62


def test_an_id_that_is_taken_is_drawn_again(database: Database) -> None:
    draws = chain.from_iterable([name] * 3 for name in cycle("abcdefgh"))
    store = SqliteStore(database, lambda: NOON, new_id=lambda: next(draws))
    one, two = make_face_set(store, "one"), make_face_set(store, "two")
    assert (one.face_set_id, two.face_set_id) == ("a", "b")
    faces = store.add_faces(one, [enrolment(1), enrolment(2)])
    faces = [*faces, *store.add_faces(two, [enrolment(3)])]
    assert [face.face_id for face in faces] == ["b", "c", "d"]
    assert [face.face_key for face in faces] == sorted({face.face_key for face in faces})


def test_deleting_leaves_no_byte_of_template_or_client_data(
    database: Database, store: SqliteStore, path: Path
) -> None:
    face_set = make_face_set(store)
    keep, gone = store.add_faces(
        face_set, [enrolment(1), enrolment(2, {"name": "Hieronymus-4711"}, "badge-of-someone")]
    )
    store.update_face(face_set, gone.face_id, FaceUpdate(None, {"name": "Hieronymus-4712"}))
    secrets = [vector(2).tobytes(), b"Hieronymus-471", b"badge-of-someone"]
    assert all(on_disk(path, secret) for secret in secrets)
    store.delete_face(face_set, gone.face_id)
    assert all(wait_until_erased(path, secret) for secret in secrets)
    assert on_disk(path, vector(1).tobytes())
    assert store.faces(face_set, 0, 10) == [keep]
    database.close()
    assert not any(on_disk(path, secret) for secret in secrets)


def test_deleting_a_face_set_leaves_no_byte_of_its_templates(
    database: Database, store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face_sets, "FACES_ERASED_AT_ONCE", 7)
    doomed, other = make_face_set(store, "doomed"), make_face_set(store, "other")
    faces = store.add_faces(doomed, [enrolment(i) for i in range(40)])
    store.add_faces(other, [enrolment(100)])
    store.delete_face(doomed, faces[3].face_id)
    store.delete_face_set(doomed)
    assert rows(database, "face") == rows(database, "template") == 1
    assert rows(database, "tombstone") == rows(database, "face_set_erasure") == 0
    assert all(wait_until_erased(path, vector(i).tobytes()) for i in range(40))
    assert on_disk(path, vector(100).tobytes())


def test_a_start_finishes_a_deletion_that_was_cut_off(
    database: Database, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    doomed = make_face_set(store)
    store.add_faces(doomed, [enrolment(i) for i in range(5)])

    class Cut(Exception):
        pass

    def cut(_: SqliteStore, __: int) -> None:
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(SqliteStore, "_erase_faces", cut)
        with pytest.raises(Cut):
            store.delete_face_set(doomed)
    assert store.face_sets(doomed.project_id) == []
    assert rows(database, "face") == 5
    SqliteStore(database, lambda: NOON)
    assert rows(database, "face") == rows(database, "template") == 0
    assert rows(database, "face_set_erasure") == 0


def test_old_tombstones_go_and_a_mirror_from_before_them_starts_anew(database: Database) -> None:
    store = SqliteStore(database, lambda: NOON, tombstones=10)
    face_set = make_face_set(store)
    faces = store.add_faces(face_set, [enrolment(i) for i in range(50)])
    for face in faces[:40]:
        store.delete_face(face_set, face.face_id)
    assert rows(database, "tombstone") == 10
    revision = store.revision(face_set)
    early = store.changes(face_set, 1)
    assert early.complete
    assert len(list(early.faces)) == 10
    edge = store.changes(face_set, revision - 10)
    assert not edge.complete
    assert list(edge.removed) == [face.face_key for face in faces[30:40]]
    assert store.changes(face_set, revision - 11).complete


def test_one_deletion_of_more_than_all_tombstones_keeps_none(database: Database) -> None:
    store = SqliteStore(database, lambda: NOON, tombstones=10)
    face_set = make_face_set(store)
    faces = store.add_faces(face_set, [enrolment(i) for i in range(30)])
    store.delete_unchanged(face_set, [face.face_key for face in faces], 1)
    assert rows(database, "tombstone") == 0
    assert store.changes(face_set, 1).complete
    assert not store.changes(face_set, store.revision(face_set)).complete


def test_an_update_leaves_the_template_row_alone(database: Database, store: SqliteStore) -> None:
    face_set = make_face_set(store)
    [face] = store.add_faces(face_set, [enrolment(1)])
    guard = (
        "CREATE TRIGGER guard BEFORE UPDATE ON template BEGIN SELECT RAISE(FAIL, 'touched'); END"
    )
    database.write(lambda connection: connection.execute(guard).rowcount)
    store.update_face(face_set, face.face_id, FaceUpdate("x", {"floor": 3}))


def test_a_change_stream_that_is_dropped_half_way_lets_its_reader_go(
    database: Database, store: SqliteStore, path: Path
) -> None:
    face_set = make_face_set(store)
    faces = store.add_faces(face_set, [enrolment(i) for i in range(20)])
    for consumed in (0, 3):
        stream = iter(store.changes(face_set, 0).faces)
        for _ in range(consumed):
            next(stream)
        del stream
    store.delete_face(face_set, faces[5].face_id)
    assert wait_until_erased(path, vector(5).tobytes())
