"""What is particular to faces in SQLite: ids, the log of changes, groups of writes, erasure."""

import re
import time
from functools import partial
from itertools import chain, cycle
from pathlib import Path

import pytest

from openfrs.domain.errors import FaceNotFound, FaceSetFull, FaceSetNotFound
from openfrs.domain.faces import FaceUpdate
from openfrs.storage import face_sets, feed
from openfrs.storage import faces as faces_module
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from openfrs.storage.rows import new_id
from tests.index.samples import changes_of
from tests.storage.samples import NOON, enrolment, make_face_set, vector
from tests.storage.test_database import as_one_group, on_disk, wait_until_erased


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
    assert rows(database, "face_change") == 1
    assert rows(database, "face_set_erasure") == 0
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
    give_up = time.monotonic() + 10
    while rows(database, "face_set_erasure"):  # it is done beside everything else
        assert time.monotonic() < give_up
        time.sleep(0.01)
    assert rows(database, "face") == rows(database, "template") == 0


def test_a_deletion_cut_off_by_the_end_of_the_program_goes_on_with_the_next_start(
    database: Database, store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doomed = make_face_set(store)
    store.add_faces(doomed, [enrolment(i) for i in range(300)])
    monkeypatch.setattr(face_sets, "FACES_ERASED_AT_ONCE", 1)
    erasing = Database(path)
    with monkeypatch.context() as patch:
        patch.setattr(SqliteStore, "_erase_faces", lambda *_: None)
        store.delete_face_set(doomed)
    SqliteStore(erasing, lambda: NOON)
    erasing.close()  # the thread that erases learns it, and tells nobody
    assert rows(database, "face_set_erasure") == 1
    monkeypatch.setattr(face_sets, "FACES_ERASED_AT_ONCE", 100)
    SqliteStore(database, lambda: NOON)
    give_up = time.monotonic() + 10
    while rows(database, "face_set_erasure"):
        assert time.monotonic() < give_up
        time.sleep(0.01)
    assert rows(database, "face") == rows(database, "face_change") == 0


def test_old_changes_go_and_a_mirror_from_before_them_starts_anew(database: Database) -> None:
    store = SqliteStore(database, lambda: NOON, changes_kept=10)
    face_set = make_face_set(store)
    faces = store.add_faces(face_set, [enrolment(i) for i in range(50)])
    for face in faces[:40]:
        store.delete_face(face_set, face.face_id)
    assert rows(database, "face_change") == 10
    revision = store.revision(face_set)
    early = store.changes(face_set, 1)
    assert early.complete
    assert len(changes_of(early.blocks)) == 10
    edge = store.changes(face_set, revision - 10)
    assert not edge.complete
    assert list(edge.removed) == [face.face_key for face in faces[30:40]]
    assert store.changes(face_set, revision - 11).complete


def test_one_deletion_of_more_than_the_log_keeps_leaves_it_empty(database: Database) -> None:
    store = SqliteStore(database, lambda: NOON, changes_kept=10)
    face_set = make_face_set(store)
    faces = store.add_faces(face_set, [enrolment(i) for i in range(30)])
    store.delete_unchanged(face_set, [face.face_key for face in faces], 1)
    assert rows(database, "face_change") == 0
    assert store.changes(face_set, 1).complete
    assert not store.changes(face_set, store.revision(face_set)).complete


def test_a_large_set_keeps_a_tenth_of_itself_as_changes(database: Database) -> None:
    store = SqliteStore(database, lambda: NOON, changes_kept=10)
    face_set = make_face_set(store)
    store.add_faces(face_set, [enrolment(i) for i in range(300)])
    since = store.revision(face_set)
    for i in range(30):
        store.add_faces(face_set, [enrolment(i)])
    assert not store.changes(face_set, since).complete


def test_a_long_deletion_lets_other_writes_go_between_its_portions(
    database: Database, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faces_module, "DELETED_AT_ONCE", 10)
    face_set = make_face_set(store)
    faces = store.add_faces(face_set, [enrolment(i) for i in range(45)])
    as_of = store.revision(face_set)
    touched = [faces[3], faces[44]]
    for face in touched:
        store.update_face(face_set, face.face_id, FaceUpdate("touched", {}))
    before, revision = database.commits, store.revision(face_set)
    removed, changed = store.delete_unchanged(face_set, {f.face_key for f in faces}, as_of)
    assert removed == 43
    assert changed == {face.face_key for face in touched}
    assert database.commits == before + 5
    assert store.revision(face_set) == revision + 5
    assert {face.face_key for face in store.faces(face_set, 0, 100)} == changed


def test_updates_that_wait_together_are_one_step_of_the_revision(
    database: Database, store: SqliteStore
) -> None:
    one, two = make_face_set(store, "one"), make_face_set(store, "two")
    faces = store.add_faces(one, [enrolment(i, {}) for i in range(600)])
    [other] = store.add_faces(two, [enrolment(0)])
    gone = make_face_set(store, "gone")
    store.delete_face_set(gone)
    revisions = store.revision(one), store.revision(two)
    outcomes = as_one_group(
        database,
        *(
            partial(store.update_face, one, face.face_id, FaceUpdate(None, {"stamp": number}))
            for number, face in enumerate(faces[:300])
        ),
        partial(store.update_face, two, other.face_id, FaceUpdate("x", {})),
        partial(store.update_face, one, "missing0", FaceUpdate("x", {})),
        partial(store.update_face, one, other.face_id, FaceUpdate("wrong set", {})),
        partial(store.update_face, gone, other.face_id, FaceUpdate("x", {})),
    )
    for outcome in outcomes[:301]:
        assert outcome.result() is None
    for outcome, reason in zip(
        outcomes[301:], [FaceNotFound, FaceNotFound, FaceSetNotFound], strict=True
    ):
        with pytest.raises(reason):
            outcome.result()
    assert (store.revision(one), store.revision(two)) == (revisions[0] + 1, revisions[1] + 1)
    stamps = [face.external_fields.get("stamp") for face in store.faces(one, 0, 1000)]
    assert stamps == [*range(300), *[None] * 300]
    assert store.face(two, other.face_id).external_image_id == "x"
    moved = {change.face.face_key for change in store.changes(one, revisions[0]).faces}
    assert moved == {face.face_key for face in faces[:300]}


def test_updates_of_one_face_that_wait_together_follow_each_other(
    database: Database, store: SqliteStore
) -> None:
    face_set = make_face_set(store)
    [face] = store.add_faces(face_set, [enrolment(1, {"name": "a", "floor": 1})])
    updates = [
        FaceUpdate("first", {"stamp": 1, "ratio": 1.0}),
        FaceUpdate(None, {"stamp": 2}),
        FaceUpdate("third", {"active": True}),
        FaceUpdate(None, {"ratio": 3.0}),
    ]
    calls = [partial(store.update_face, face_set, face.face_id, update) for update in updates]
    for outcome in as_one_group(database, *calls):
        outcome.result()
    found = store.face(face_set, face.face_id)
    assert found.external_image_id == "third"
    assert found.external_fields == {
        **{"name": "a", "floor": 1, "stamp": 2, "ratio": 3.0, "active": True}
    }


def test_additions_that_wait_together_are_taken_as_far_as_they_fit(
    database: Database, store: SqliteStore
) -> None:
    face_set = make_face_set(store, capacity=5)
    calls = [
        partial(store.add_faces, face_set, [enrolment(10 * n + i) for i in range(size)])
        for n, size in enumerate([2, 4, 1, 3, 2])
    ]
    outcomes = as_one_group(database, *calls)
    for refused in (outcomes[1], outcomes[3]):
        with pytest.raises(FaceSetFull, match="of 5 faces"):
            refused.result()
    floors = [face.external_fields["floor"] for face in store.faces(face_set, 0, 10)]
    assert floors == [0, 1, 20, 40, 41]
    assert store.face_set(face_set.project_id, face_set.name).face_number == 5
    assert store.revision(face_set) == 1


def test_an_update_leaves_the_template_row_alone(database: Database, store: SqliteStore) -> None:
    face_set = make_face_set(store)
    [face] = store.add_faces(face_set, [enrolment(1)])
    guard = (
        "CREATE TRIGGER guard BEFORE UPDATE ON template BEGIN SELECT RAISE(FAIL, 'touched'); END"
    )
    database.write(lambda connection: connection.execute(guard).rowcount)
    store.update_face(face_set, face.face_id, FaceUpdate("x", {"floor": 3}))


def test_a_change_stream_that_is_dropped_half_way_lets_its_reader_go(
    database: Database, store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    face_set = make_face_set(store)
    faces = store.add_faces(face_set, [enrolment(i) for i in range(20)])
    monkeypatch.setattr(feed, "FACES_A_BLOCK", 5)
    for consumed in (0, 3):
        stream = iter(store.changes(face_set, 0).blocks)
        for _ in range(consumed):
            next(stream)
        del stream
    store.delete_face(face_set, faces[5].face_id)
    assert wait_until_erased(path, vector(5).tobytes())
