"""What every store must tell the mirrors that follow it; see stores.py."""

import numpy as np
import pytest

from openfrs.domain.errors import FaceNotFound
from openfrs.domain.faces import FaceUpdate
from openfrs.storage import feed
from tests.contract.stores import Store
from tests.index.samples import changes_of
from tests.storage.samples import enrolment, make_face_set, vector


def test_each_write_raises_the_revision_by_one_and_a_refused_one_does_not(store: Store) -> None:
    face_set = make_face_set(store)
    assert store.revision(face_set) == 0
    one, two, three = store.add_faces(face_set, [enrolment(i) for i in range(3)])
    assert store.revision(face_set) == 1
    store.update_face(face_set, one.face_id, FaceUpdate("x", {}))
    assert store.revision(face_set) == 2
    store.delete_face(face_set, one.face_id)
    assert store.revision(face_set) == 3
    store.delete_unchanged(face_set, [two.face_key, three.face_key], 3)
    assert store.revision(face_set) == 4
    with pytest.raises(FaceNotFound):
        store.update_face(face_set, "missing0", FaceUpdate("x", {}))
    with pytest.raises(FaceNotFound):
        store.delete_face(face_set, "missing0")
    assert store.revision(face_set) == 4


def test_the_feed_tells_what_moved_with_vectors_of_new_faces_only(store: Store) -> None:
    face_set = make_face_set(store)
    one, two, three = store.add_faces(face_set, [enrolment(i) for i in range(3)])
    since = store.revision(face_set)
    store.update_face(face_set, two.face_id, FaceUpdate(None, {"name": "eve"}))
    store.delete_face(face_set, one.face_id)
    [four] = store.add_faces(face_set, [enrolment(4)])
    store.update_face(face_set, four.face_id, FaceUpdate("late", {}))
    changes = store.changes(face_set, since)
    moved = {change.face.face_key: change for change in changes.faces}
    assert (changes.revision, changes.complete) == (since + 4, False)
    assert list(changes.removed) == [one.face_key]
    assert set(moved) == {two.face_key, four.face_key}
    assert moved[two.face_key].vector is None
    assert moved[two.face_key].face.external_fields == {"floor": 1, "name": "eve"}
    assert moved[four.face_key].face.external_image_id == "late"
    np.testing.assert_array_equal(moved[four.face_key].vector, vector(4))
    assert three.face_key not in moved


@pytest.mark.parametrize("enrolled", [False, True])
def test_the_feed_tells_of_few_changes_what_it_tells_of_many(
    store: Store, monkeypatch: pytest.MonkeyPatch, *, enrolled: bool
) -> None:
    face_set = make_face_set(store)
    faces = store.add_faces(face_set, [enrolment(i) for i in range(30)])
    since = store.revision(face_set)
    for face in faces[:9]:
        store.update_face(face_set, face.face_id, FaceUpdate("x", {"ratio": 3.0, "active": True}))
    for face in faces[6:15]:
        store.delete_face(face_set, face.face_id)
    if enrolled:
        store.add_faces(face_set, [enrolment(i) for i in range(40, 50)])
    told = []
    for at_once in (100, 4, 1):
        monkeypatch.setattr(feed, "CHANGES_AT_ONCE", at_once)
        changes = store.changes(face_set, since)
        moved = {
            change.face.face_key: (
                change.face,
                None if change.vector is None else change.vector.tolist(),
            )
            for change in changes.faces
        }
        told.append((changes.revision, changes.complete, sorted(changes.removed), moved))
    assert told[0] == told[1] == told[2]
    assert told[0][2] == [face.face_key for face in faces[6:15]]
    assert len(told[0][3]) == (16 if enrolled else 6)


def test_a_mirror_that_has_nothing_is_given_the_whole_set(store: Store) -> None:
    face_set = make_face_set(store)
    one, two = store.add_faces(face_set, [enrolment(1), enrolment(2)])
    store.update_face(face_set, two.face_id, FaceUpdate("x", {}))
    store.delete_face(face_set, one.face_id)
    for since in (-1, 0):
        changes = store.changes(face_set, since)
        [change] = changes_of(changes.blocks)
        assert changes.complete
        assert change.face == store.face(face_set, two.face_id)
        np.testing.assert_array_equal(change.vector, vector(2))


def test_the_feed_streams_one_moment_while_writes_go_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "FACES_A_BLOCK", 1)
    face_set = make_face_set(store)
    faces = store.add_faces(face_set, [enrolment(i) for i in range(50)])
    changes = store.changes(face_set, 0)
    stream = iter(changes.blocks)
    next(stream)
    store.update_face(face_set, faces[40].face_id, FaceUpdate("later", {}))
    store.delete_face(face_set, faces[41].face_id)
    store.add_faces(face_set, [enrolment(99)])
    assert store.revision(face_set) == changes.revision + 3
    rest = changes_of(stream)
    assert [change.face for change in rest] == list(faces[1:])


def test_a_mirror_that_is_up_to_date_is_told_of_nothing(store: Store) -> None:
    face_set = make_face_set(store)
    for faces in (0, 1):
        store.add_faces(face_set, [enrolment(i) for i in range(faces)])
        changes = store.changes(face_set, store.revision(face_set))
        assert not changes.complete
        assert not [*changes.removed, *changes.faces, *changes.blocks]


def test_the_stamp_changes_with_every_write_before_it_is_acknowledged(store: Store) -> None:
    face_set = make_face_set(store)
    stamps = [store.stamp()]

    def changed() -> bool:
        stamps.append(store.stamp())
        return stamps[-1] > stamps[-2]

    [face] = store.add_faces(face_set, [enrolment(1)])
    assert changed()
    store.update_face(face_set, face.face_id, FaceUpdate("x", {}))
    assert changed()
    store.faces(face_set, 0, 10)
    store.revision(face_set)
    assert not changed()
    store.delete_face(face_set, face.face_id)
    assert changed()
    store.delete_face_set(face_set)
    assert changed()
