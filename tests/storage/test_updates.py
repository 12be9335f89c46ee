"""The merge that SQLite makes equals the merge in Python, number by number and type by type."""

import math
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from openfrs.domain.faces import FaceUpdate
from openfrs.domain.fields import FieldValue
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from tests.storage.samples import NOON, add_project, enrolment, make_face_set

names = st.sampled_from(["a", "b", "null", "0", "-", "_x", "true", "A", "c-d", "e_f"])
values = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**53), 2**53).map(float),
    st.booleans(),
    st.text("abcXYZ019-_", min_size=1, max_size=12),
    st.sampled_from([1e16, 1e300, 5e-324, -0.0, 0.1, 2.0**63, 123456789012345680.0]),
)
fields = st.dictionaries(names, values, max_size=10)


def exactly(found: Mapping[str, FieldValue]) -> dict[str, tuple[type, str]]:
    """Values that differ in type, in a digit or in the sign of zero compare unequal."""
    return {name: (type(value), repr(value)) for name, value in found.items()}


@settings(max_examples=150, deadline=None)
@given(st.lists(fields, min_size=2, max_size=4))
def test_an_update_merges_as_python_does(steps: list[dict[str, FieldValue]]) -> None:
    with TemporaryDirectory() as directory:
        database = Database(Path(directory) / "openfrs.db")
        add_project(database)
        store = SqliteStore(database, lambda: NOON)
        face_set = make_face_set(store)
        [face] = store.add_faces(face_set, [enrolment(1, steps[0])])
        since = store.revision(face_set)
        merged: dict[str, FieldValue] = dict(steps[0])
        for step in steps[1:]:
            store.update_face(face_set, face.face_id, FaceUpdate(None, step))
            merged |= step
        found = store.face(face_set, face.face_id).external_fields
        [change] = store.changes(face_set, since).faces
        database.close()
    assert exactly(found) == exactly(merged)
    assert exactly(change.face.external_fields) == exactly(merged)
    assert not any(isinstance(value, float) and math.isnan(value) for value in found.values())
