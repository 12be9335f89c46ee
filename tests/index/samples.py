"""Faces for the tests of the index, and blocks of them as the changes that they stand for."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from openfrs.domain.faces import BoundingBox, Face, FaceBlock, FaceChange, Vector
from openfrs.domain.fields import FieldValue


def face(key: int, face_id: str, image_id: str, fields: Mapping[str, FieldValue]) -> Face:
    """A face whose box can be told from others'."""
    return Face(key, face_id, image_id, fields, BoundingBox(90 + key, 100, key, 7))


def change(
    key: int,
    face_id: str,
    image_id: str,
    fields: Mapping[str, FieldValue],
    vector: Vector | None,
) -> FaceChange:
    return FaceChange(face(key, face_id, image_id, fields), vector)


def block_of(changes: Sequence[FaceChange], dimension: int) -> FaceBlock:
    """New faces as one block."""
    faces = [one.face for one in changes]
    boxes = [
        (b.width, b.height, b.top_left_x, b.top_left_y) for b in (f.bounding_box for f in faces)
    ]
    return FaceBlock(
        np.array([f.face_key for f in faces], np.int64),
        [f.face_id for f in faces],
        [f.external_image_id for f in faces],
        [f.external_fields for f in faces],
        np.array(boxes, np.int32).reshape(-1, 4),
        np.array([one.vector for one in changes], np.float32).reshape(-1, dimension),
    )


def changes_of(blocks: Iterable[FaceBlock]) -> list[FaceChange]:
    """The faces of the blocks, one by one."""
    return [
        FaceChange(Face(int(key), face_id, image_id, fields, BoundingBox(*map(int, box))), vector)
        for block in blocks
        for key, face_id, image_id, fields, box, vector in zip(
            block.face_keys,
            block.face_ids,
            block.external_image_ids,
            block.external_fields,
            block.bounding_boxes,
            block.vectors,
            strict=True,
        )
    ]
