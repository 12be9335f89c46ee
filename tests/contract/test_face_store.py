"""What every store of faces must do; see stores.py."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openfrs.domain.errors import (
    FaceNotFound,
    FaceSetExists,
    FaceSetFull,
    FaceSetNotFound,
    TemplateModelMismatch,
    TooManyFaceSets,
)
from openfrs.domain.faces import Enrolment, Face, FacePage, FaceSet, FaceUpdate, Template
from openfrs.domain.fields import FieldValue
from tests.contract.stores import Store
from tests.storage.samples import (
    MODEL,
    NOON,
    PROJECT,
    SCHEMA,
    enrolment,
    make_face_set,
    vector,
)


def test_a_new_face_set_is_found_by_its_name_as_it_was_made(store: Store) -> None:
    made = make_face_set(store, "staff", 20_000)
    assert made == store.face_set(PROJECT, "staff")
    assert (made.project_id, made.name, made.capacity) == (PROJECT, "staff", 20_000)
    assert (made.model, made.created, made.face_number) == (MODEL, NOON, 0)
    assert list(made.schema.items()) == list(SCHEMA.items())
    assert len(made.face_set_id) == 8
    assert made.face_set_id.isalnum()
    assert made.face_set_id.isascii()


def test_a_project_lists_its_own_face_sets_the_oldest_first(store: Store) -> None:
    names = ["c", "a", "b"]
    made = [make_face_set(store, name) for name in names]
    other = store.create_face_set(
        "project-2", "a", capacity=10_000, schema={}, model=MODEL, limit=1
    )
    assert store.face_sets(PROJECT) == made
    assert store.face_sets("project-2") == [other]
    assert store.face_sets("nowhere") == []


def test_a_name_is_taken_once_in_a_project_and_told_apart_by_case(store: Store) -> None:
    make_face_set(store, "staff")
    with pytest.raises(FaceSetExists):
        make_face_set(store, "staff")
    make_face_set(store, "Staff")


def test_a_project_has_no_more_face_sets_than_the_limit(store: Store) -> None:
    def make(name: str) -> FaceSet:
        return store.create_face_set(
            PROJECT, name, capacity=10_000, schema={}, model=MODEL, limit=2
        )

    first = make("a")
    make("b")
    with pytest.raises(TooManyFaceSets, match="2"):
        make("c")
    with pytest.raises(FaceSetExists):
        make("a")
    store.delete_face_set(first)
    make("c")


def test_an_unknown_face_set_is_not_found(store: Store) -> None:
    with pytest.raises(FaceSetNotFound, match="nothing"):
        store.face_set(PROJECT, "nothing")


def test_after_deletion_a_face_set_is_gone_for_every_call(store: Store) -> None:
    gone = make_face_set(store)
    [face] = store.add_faces(gone, [enrolment(1)])
    store.delete_face_set(gone)
    calls: list[Callable[[], object]] = [
        lambda: store.face_set(PROJECT, "staff"),
        lambda: store.delete_face_set(gone),
        lambda: store.add_faces(gone, [enrolment(2)]),
        lambda: store.update_face(gone, face.face_id, FaceUpdate("x", {})),
        lambda: store.delete_face(gone, face.face_id),
        lambda: store.delete_unchanged(gone, [face.face_key], 99),
        lambda: store.revision(gone),
        lambda: store.changes(gone, 0),
    ]
    for call in calls:
        with pytest.raises(FaceSetNotFound):
            call()
    assert store.faces(gone, 0, 10) == []


def test_a_face_set_made_again_under_the_same_name_is_another_one(store: Store) -> None:
    old = make_face_set(store)
    [old_face] = store.add_faces(old, [enrolment(1)])
    store.delete_face_set(old)
    new = make_face_set(store)
    [new_face] = store.add_faces(new, [enrolment(1)])
    assert new.key != old.key
    assert new_face.face_key != old_face.face_key
    assert store.faces(new, 0, 10) == [new_face]


def test_added_faces_come_back_in_the_order_of_enrolment(store: Store) -> None:
    face_set = make_face_set(store)
    added = [*store.add_faces(face_set, [enrolment(i) for i in range(7)])]
    added += store.add_faces(face_set, [enrolment(i) for i in range(7, 10)])
    assert store.faces(face_set, 0, 100) == added
    assert store.faces(face_set, 3, 4) == added[3:7]
    assert store.faces(face_set, 9, 4) == added[9:]
    assert store.faces(face_set, 10, 4) == []
    assert [face.external_fields for face in added] == [{"floor": i} for i in range(10)]
    assert store.face_set(PROJECT, "staff").face_number == 10
    assert len({face.face_id for face in added}) == 10


def test_a_page_comes_with_the_number_of_all_faces(store: Store) -> None:
    face_set = make_face_set(store)
    added = store.add_faces(face_set, [enrolment(number) for number in range(5)])
    assert store.page(face_set, 1, 2) == FacePage(5, list(added[1:3]))
    assert store.page(face_set, 5, 2) == FacePage(5, [])
    store.delete_face(face_set, added[1].face_id)
    assert store.page(face_set, 0, 2) == FacePage(4, [added[0], added[2]])
    store.delete_face_set(face_set)
    with pytest.raises(FaceSetNotFound):
        store.page(face_set, 0, 2)


def test_a_face_and_its_template_are_found_by_id_in_their_own_set_alone(store: Store) -> None:
    here, there = make_face_set(store, "here"), make_face_set(store, "there")
    [face] = store.add_faces(here, [enrolment(5)])
    template = store.template(here, face.face_id)
    assert store.face(here, face.face_id) == face
    np.testing.assert_array_equal(template.vector, vector(5))
    assert template.vector.dtype == np.float32
    assert template.model == MODEL
    for call in (store.face, store.template, store.delete_face):
        with pytest.raises(FaceNotFound, match=face.face_id):
            call(there, face.face_id)
    with pytest.raises(FaceNotFound):
        store.update_face(there, face.face_id, FaceUpdate("x", {}))


def test_faces_that_do_not_all_fit_are_refused_together(store: Store) -> None:
    face_set = make_face_set(store, capacity=3)
    store.add_faces(face_set, [enrolment(1), enrolment(2)])
    revision = store.revision(face_set)
    with pytest.raises(FaceSetFull, match="2 of 3"):
        store.add_faces(face_set, [enrolment(3), enrolment(4)])
    assert len(store.faces(face_set, 0, 10)) == 2
    assert store.revision(face_set) == revision
    assert store.face_set(PROJECT, "staff").face_number == 2
    store.add_faces(face_set, [enrolment(3)])


def test_many_callers_never_fill_a_set_past_its_capacity(store: Store) -> None:
    face_set = make_face_set(store, capacity=10)

    def add(seed: int) -> bool:
        try:
            store.add_faces(face_set, [enrolment(seed), enrolment(seed + 100)])
        except FaceSetFull:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(add, range(16))) == 5
    assert len(store.faces(face_set, 0, 100)) == 10


def test_a_template_of_another_model_is_refused(store: Store) -> None:
    face_set = make_face_set(store)
    foreign = replace(enrolment(1), template=Template(vector(1), "pack-2"))
    with pytest.raises(TemplateModelMismatch, match="pack-2"):
        store.add_faces(face_set, [enrolment(2), foreign])
    assert store.faces(face_set, 0, 10) == []


@pytest.mark.parametrize("bad", [np.full(8, np.nan), np.full(8, np.inf), np.zeros((2, 8))])
def test_a_template_that_no_index_could_hold_is_refused(store: Store, bad: np.ndarray) -> None:
    face_set = make_face_set(store)
    broken = replace(enrolment(1), template=Template(bad.astype(np.float32), MODEL))
    with pytest.raises(ValueError, match="finite"):
        store.add_faces(face_set, [broken])


def test_an_update_merges_by_key_and_leaves_the_rest(store: Store) -> None:
    face_set = make_face_set(store)
    one, two = store.add_faces(
        face_set, [enrolment(1, {"floor": 1, "name": "bob"}), enrolment(2, {"floor": 2})]
    )
    store.update_face(face_set, one.face_id, FaceUpdate(None, {"floor": 9, "active": False}))
    merged: dict[str, FieldValue] = {"floor": 9, "name": "bob", "active": False}
    assert store.face(face_set, one.face_id) == replace(one, external_fields=merged)
    store.update_face(face_set, one.face_id, FaceUpdate("new", {}))
    after = store.face(face_set, one.face_id)
    assert after == replace(one, external_fields=merged, external_image_id="new")
    assert store.face(face_set, two.face_id) == two
    np.testing.assert_array_equal(store.template(face_set, one.face_id).vector, vector(1))


VALUES = {
    "name": st.text("abcXYZ019_-", min_size=1, max_size=20),
    "floor": st.integers(-(2**31), 2**31 - 1),
    "stamp": st.integers(-(2**63), 2**63 - 1),
    "ratio": st.floats(allow_nan=False, allow_infinity=False),
    "active": st.booleans(),
}
FIELDS = st.fixed_dictionaries({}, optional=VALUES)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(fields=FIELDS, update=FIELDS)
def test_every_value_keeps_its_type_and_every_digit(
    store: Store, fields: dict[str, FieldValue], update: dict[str, FieldValue]
) -> None:
    known = store.face_sets(PROJECT)
    face_set = known[0] if known else make_face_set(store)
    [face] = store.add_faces(face_set, [enrolment(1, fields)])
    store.update_face(face_set, face.face_id, FaceUpdate(None, update))
    found = store.face(face_set, face.face_id).external_fields
    assert dict(found) == {**fields, **update}
    assert {name: repr(value) for name, value in found.items()} == {
        name: repr(value) for name, value in {**fields, **update}.items()
    }


def test_a_deleted_face_is_gone_with_its_template(store: Store) -> None:
    face_set = make_face_set(store)
    one, two = store.add_faces(face_set, [enrolment(1), enrolment(2)])
    store.delete_face(face_set, one.face_id)
    assert store.faces(face_set, 0, 10) == [two]
    assert store.face_set(PROJECT, "staff").face_number == 1
    for call in (store.face, store.template, store.delete_face):
        with pytest.raises(FaceNotFound):
            call(face_set, one.face_id)


def test_delete_unchanged_spares_what_a_write_has_touched_since(store: Store) -> None:
    face_set = make_face_set(store)
    faces = store.add_faces(face_set, [enrolment(i) for i in range(5)])
    keys = [face.face_key for face in faces]
    as_of = store.revision(face_set)
    store.update_face(face_set, faces[1].face_id, FaceUpdate("touched", {}))
    store.delete_face(face_set, faces[2].face_id)
    [late] = store.add_faces(face_set, [enrolment(9)])
    removed, changed = store.delete_unchanged(face_set, [*keys[:4], late.face_key, 10**15], as_of)
    assert removed == 2
    assert changed == {keys[1], late.face_key}
    left = [face.face_key for face in store.faces(face_set, 0, 10)]
    assert left == [keys[1], keys[4], late.face_key]
    assert store.face_set(PROJECT, "staff").face_number == 3
    revision = store.revision(face_set)
    assert store.delete_unchanged(face_set, [keys[0]], revision) == (0, frozenset())
    assert store.revision(face_set) == revision


def test_delete_unchanged_takes_more_keys_than_sql_has_parameters(store: Store) -> None:
    face_set = make_face_set(store)
    faces = store.add_faces(face_set, [enrolment(i % 50) for i in range(200)])
    keys = [face.face_key for face in faces]
    unknown = range(10**12, 10**12 + 40_000)
    assert store.delete_unchanged(face_set, [*keys, *unknown], store.revision(face_set)) == (
        200,
        frozenset(),
    )


def test_any_run_of_writes_leaves_what_a_dictionary_would(store: Store) -> None:
    dice = np.random.default_rng(7)
    face_set = make_face_set(store, capacity=40)
    expected: dict[str, Face] = {}
    for step in range(300):
        ids = list(expected)
        chosen = ids[dice.integers(len(ids))] if ids else "missing0"
        match dice.integers(4):
            case 0 | 1:
                batch = [enrolment(step * 10 + i) for i in range(dice.integers(1, 4))]
                _add(store, face_set, batch, expected)
            case 2 if ids:
                floor = int(dice.integers(5))
                store.update_face(face_set, chosen, FaceUpdate(None, {"floor": floor}))
                before = expected[chosen]
                fields = {**before.external_fields, "floor": floor}
                expected[chosen] = replace(before, external_fields=fields)
            case 3 if ids:
                store.delete_face(face_set, chosen)
                del expected[chosen]
    assert store.faces(face_set, 0, 100) == list(expected.values())
    assert store.face_set(PROJECT, "staff").face_number == len(expected)


def _add(
    store: Store, face_set: FaceSet, batch: list[Enrolment], expected: dict[str, Face]
) -> None:
    if len(expected) + len(batch) > face_set.capacity:
        with pytest.raises(FaceSetFull):
            store.add_faces(face_set, batch)
        return
    expected.update((face.face_id, face) for face in store.add_faces(face_set, batch))
