"""What can be said about a detected face beyond where it is (spec 7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from openfrs.domain.quality import Quality


class Attribute(IntEnum):
    """An attribute code of ``face-detect``."""

    HEAD_POSE = 0
    GENDER = 1
    AGE = 2
    LANDMARK = 3
    DRESS = 4
    SMILE = 5
    MASK = 6
    HAIR = 7
    BEARD = 8
    PHOTOTYPE = 11
    QUALITY = 12
    EXPRESSION = 13
    FACE_ANGLE = 21


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Where a head points, in degrees; 0, 0, 0 looks straight into the camera.

    ``yaw`` > 0 where the subject looks to their own left, ``pitch`` > 0 where they look up,
    ``roll`` > 0 where the head is turned clockwise in the picture.
    """

    yaw: float
    pitch: float
    roll: float


Gender = Literal["male", "female"]
YesOrNone = Literal["yes", "none"]
Glasses = Literal["yes", "dark", "none"]
"""``dark`` are sunglasses."""
HairLength = Literal["long", "short"]
Phototype = Literal["idcard", "monitor", "internet photo"]
"""What a picture was taken of; spec 7 writes the last with a space."""
Mood = Literal["neutral", "happy", "fear", "surprise", "sad", "angry", "disgust"]
Contour = tuple[tuple[int, int], ...]
"""Points x, y in whole pixels of the picture, around or along what they outline."""


@dataclass(frozen=True, slots=True)
class Dress:
    """What a face wears; None where it was not measured."""

    glasses: Glasses | None = None
    hat: YesOrNone | None = None


@dataclass(frozen=True, slots=True)
class Expression:
    """The likeliest mood, and its probability, 0..1."""

    mood: Mood
    probability: float


@dataclass(frozen=True, slots=True)
class Landmark:
    """The contours of a face. Of eyes and eyebrows, the one on the picture's left comes first."""

    eyes: Contour
    mouth: Contour
    face: Contour
    eyebrows: Contour
    nose: Contour


@dataclass(frozen=True, slots=True)
class Attributes:
    """The measured attributes of one face; None for what was not asked or cannot be measured.

    ``age`` is in years, ``face_angle`` the clockwise rotation of the face in degrees (0, 90, 180
    or 270).
    """

    head_pose: HeadPose | None = None
    gender: Gender | None = None
    age: int | None = None
    landmark: Landmark | None = None
    dress: Dress = Dress()
    smile: YesOrNone | None = None
    mask: YesOrNone | None = None
    hair: HairLength | None = None
    beard: YesOrNone | None = None
    phototype: Phototype | None = None
    quality: Quality | None = None
    expression: Expression | None = None
    face_angle: int | None = None


MEASURED_BY: Mapping[Attribute, str] = {
    Attribute.HEAD_POSE: "mesh",
    Attribute.GENDER: "gender",
    Attribute.AGE: "age",
    Attribute.LANDMARK: "mesh",
    Attribute.SMILE: "mesh",
    Attribute.QUALITY: "mesh",
    Attribute.FACE_ANGLE: "detector",
}
"""The role of the model that an attribute needs; what is not here is not measured by any."""
