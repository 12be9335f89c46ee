import numpy as np

from openfrs.domain.faces import FaceChange
from openfrs.index.flat import FIRST_CAPACITY, FlatIndex


def face(key: int) -> FaceChange:
    return FaceChange(key, f"{key:08d}", "x", {}, np.full(4, key + 1, np.float32))


def test_a_removed_template_leaves_memory() -> None:
    index = FlatIndex({}, 4)
    for key in range(3):
        index.put(face(key))
    index.remove(1)
    assert sorted(set(index._matrix[:, 0].tolist())) == [0.0, 1.0, 3.0]
    assert b"00000001" not in index._face_ids


def test_a_free_slot_is_used_before_the_matrix_grows() -> None:
    index = FlatIndex({}, 4)
    for key in range(10 * FIRST_CAPACITY):
        index.put(face(key))
        if key >= FIRST_CAPACITY:
            index.remove(key - FIRST_CAPACITY)
    assert len(index) == FIRST_CAPACITY
    assert len(index._matrix) == 2 * FIRST_CAPACITY
