"""What the database knows of thumbnails, and that no deletion of a face forgets them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from openfrs.domain.errors import FaceNotFound
from openfrs.domain.faces import Enrolment, Face, FaceSet
from openfrs.domain.thumbnails import Thumbnail
from openfrs.storage import face_sets
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from openfrs.storage.thumbnails import SqliteThumbnails
from tests.storage.samples import enrolment, make_face_set

SEALED = b"\x01 sealed " * 100


@pytest.fixture
def thumbnails(database: Database) -> SqliteThumbnails:
    return SqliteThumbnails(database)


def with_thumbnail(seed: int) -> Enrolment:
    return replace(enrolment(seed), thumbnail=Thumbnail(f"object-{seed}", SEALED))


def test_a_thumbnail_is_stored_with_its_face(
    store: SqliteStore, thumbnails: SqliteThumbnails
) -> None:
    face_set = make_face_set(store)
    one, two = store.add_faces(face_set, [with_thumbnail(1), enrolment(2)])
    assert thumbnails.thumbnail(face_set, one.face_id) == Thumbnail("object-1", SEALED)
    assert thumbnails.thumbnail(face_set, two.face_id) is None
    assert thumbnails.to_store(10) == [(one.face_key, Thumbnail("object-1", SEALED))]
    assert thumbnails.object_keys() == {"object-1": False}
    with pytest.raises(FaceNotFound):
        thumbnails.thumbnail(face_set, "Zx81mQpL")
    with pytest.raises(FaceNotFound):
        thumbnails.thumbnail(make_face_set(store, "other"), one.face_id)


def test_once_it_is_in_its_store_the_database_holds_it_no_more(
    store: SqliteStore, database: Database, thumbnails: SqliteThumbnails, path: Path
) -> None:
    face_set = make_face_set(store)
    [face] = store.add_faces(face_set, [with_thumbnail(1)])
    thumbnails.stored([face.face_key])
    assert thumbnails.thumbnail(face_set, face.face_id) == Thumbnail("object-1", None)
    assert thumbnails.to_store(10) == []
    assert thumbnails.object_keys() == {"object-1": True}
    database.close()
    files = [file.read_bytes() for file in path.parent.glob("openfrs.db*")]
    assert files
    assert not any(SEALED[:50] in content for content in files)


def test_thumbnails_are_told_in_portions_the_oldest_first(
    store: SqliteStore, thumbnails: SqliteThumbnails
) -> None:
    face_set = make_face_set(store)
    faces = store.add_faces(face_set, [with_thumbnail(seed) for seed in range(5)])
    assert [key for key, _ in thumbnails.to_store(2)] == [face.face_key for face in faces[:2]]
    thumbnails.stored([face.face_key for face in faces[:4]])
    assert [key for key, _ in thumbnails.to_store(2)] == [faces[4].face_key]


Delete = Callable[[SqliteStore, FaceSet, Face], object]


def one_face(store: SqliteStore, face_set: FaceSet, face: Face) -> None:
    store.delete_face(face_set, face.face_id)


def several_faces(store: SqliteStore, face_set: FaceSet, face: Face) -> None:
    store.delete_unchanged(face_set, [face.face_key], store.revision(face_set))


def the_set(store: SqliteStore, face_set: FaceSet, face: Face) -> None:
    store.delete_face_set(face_set)


@pytest.mark.parametrize("delete", [one_face, several_faces, the_set])
@pytest.mark.parametrize("stored", [False, True])
def test_whatever_deletes_a_face_orders_its_thumbnail_to_be_erased(
    store: SqliteStore, thumbnails: SqliteThumbnails, delete: Delete, *, stored: bool
) -> None:
    face_set = make_face_set(store)
    [face, *_] = store.add_faces(face_set, [with_thumbnail(1), enrolment(2)])
    if stored:
        thumbnails.stored([face.face_key])
    delete(store, face_set, face)
    assert thumbnails.to_erase(10) == ["object-1"]
    assert thumbnails.to_store(10) == []
    assert thumbnails.object_keys() == {}
    thumbnails.erased(["object-1"])
    assert thumbnails.to_erase(10) == []


def test_a_deletion_that_is_refused_orders_nothing(
    store: SqliteStore, thumbnails: SqliteThumbnails
) -> None:
    face_set = make_face_set(store)
    [face] = store.add_faces(face_set, [with_thumbnail(1)])
    with pytest.raises(FaceNotFound):
        store.delete_face(make_face_set(store, "other"), face.face_id)
    store.delete_unchanged(face_set, [face.face_key], -1)
    assert thumbnails.to_erase(10) == []


def test_a_large_set_leaves_none_of_its_thumbnails(
    store: SqliteStore, thumbnails: SqliteThumbnails, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face_sets, "FACES_ERASED_AT_ONCE", 3)
    face_set, other = make_face_set(store), make_face_set(store, "other")
    store.add_faces(face_set, [with_thumbnail(seed) for seed in range(10)])
    store.add_faces(other, [with_thumbnail(10)])
    store.delete_face_set(face_set)
    assert set(thumbnails.to_erase(100)) == {f"object-{seed}" for seed in range(10)}
    assert thumbnails.object_keys() == {"object-10": False}


def test_whether_a_set_wants_thumbnails_is_remembered(store: SqliteStore) -> None:
    plain = make_face_set(store)
    wanting = store.create_face_set(
        plain.project_id,
        "wanting",
        capacity=10,
        schema={},
        model=plain.model,
        limit=10,
        thumbnails=True,
    )
    assert (plain.thumbnails, wanting.thumbnails) == (False, True)
    assert store.face_set(plain.project_id, "wanting") == wanting
    assert [one.thumbnails for one in store.face_sets(plain.project_id)] == [False, True]
