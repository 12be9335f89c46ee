"""Face sets, faces and templates: the values that every layer passes about.

Words follow FRS where FRS names a thing and ISO/IEC 2382-37 elsewhere; see docs/glossary.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.fields import FieldType, FieldValue

Image = NDArray[np.uint8]
"""An upright picture: (height, width, 3) uint8 RGB."""

Vector = NDArray[np.float32]
"""A template's numbers: (D,) float32 of unit length."""


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """A rectangle in whole pixels, origin at the top left of the upright picture (spec 3)."""

    width: int
    height: int
    top_left_x: int
    top_left_y: int

    @property
    def area(self) -> int:
        return self.width * self.height

    def overlap(self, other: "BoundingBox") -> float:
        """What both cover, as part of what either covers: 0..1 (intersection over union)."""
        width = min(self.top_left_x + self.width, other.top_left_x + other.width) - max(
            self.top_left_x, other.top_left_x
        )
        height = min(self.top_left_y + self.height, other.top_left_y + other.height) - max(
            self.top_left_y, other.top_left_y
        )
        common = max(width, 0) * max(height, 0)
        return common / (self.area + other.area - common)


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """A face found in a picture.

    ``landmarks`` is (5, 2) float32 in pixels of that picture: the eye on the picture's left, the
    eye on its right, the nose tip, the mouth corner on the left and the one on the right.
    ``detection_score`` lies in 0..1. The box lies inside the picture.
    """

    bounding_box: BoundingBox
    landmarks: NDArray[np.float32]
    detection_score: float


@dataclass(frozen=True, slots=True)
class Template:
    """A unit vector and the model pack that made it."""

    vector: Vector
    model: str


@dataclass(frozen=True, slots=True)
class FaceSet:
    """A project's named collection of faces, as it stood when it was read.

    ``key`` is the store's own number. ``model`` names the pack whose templates the set holds.
    ``quality_gate`` bounds the quality of faces that are added, as domain/quality_gate.py says.
    """

    key: int
    project_id: str
    face_set_id: str
    name: str
    capacity: int
    schema: Mapping[str, FieldType]
    model: str
    created: datetime
    face_number: int
    quality_gate: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Face:
    """One enrolled face. Its template stays in the store."""

    face_key: int
    face_id: str
    external_image_id: str
    external_fields: Mapping[str, FieldValue]
    bounding_box: BoundingBox


@dataclass(frozen=True, slots=True)
class FacePage:
    """Some faces of a selection, and ``total``, the number of all of them at the same moment."""

    total: int
    faces: Sequence[Face]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What is stored for one face of a picture being added."""

    template: Template
    bounding_box: BoundingBox
    external_image_id: str
    external_fields: Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class FaceUpdate:
    """New client data of a face: fields named here change, everything else stays (spec 3.7)."""

    external_image_id: str | None
    external_fields: Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class FaceChange:
    """One face as a mirror must now hold it; ``vector`` is None where only client data moved."""

    face: Face
    vector: Vector | None


@dataclass(frozen=True, slots=True)
class FacePatch:
    """New client data of a face that a mirror has: what is not named here stays."""

    face_key: int
    external_image_id: str | None
    external_fields: Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class FaceBlock:
    """Several new faces of one set, column by column: that is how a whole set is read.

    ``face_keys`` is (N,) int64, ``bounding_boxes`` (N, 4) int32 in the order of BoundingBox,
    ``vectors`` (N, D) float32.
    """

    face_keys: NDArray[np.int64]
    face_ids: Sequence[str]
    external_image_ids: Sequence[str]
    external_fields: Sequence[Mapping[str, FieldValue]]
    bounding_boxes: NDArray[np.int32]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hit:
    """A face found by an index, with its raw cosine score in -1..1."""

    face: Face
    score: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A face of a search's answer, with its calibrated similarity in 0..1."""

    face: Face
    similarity: float


def largest(faces: Sequence[DetectedFace]) -> DetectedFace | None:
    """The face of the greatest box area (the first of equals), or None where there is no face."""
    return max(faces, key=lambda face: face.bounding_box.area, default=None)
