"""What can be said about a detected face beyond where it is (spec 7)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal


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


@dataclass(frozen=True, slots=True)
class Attributes:
    """The measured attributes of one face; None for what was not asked or cannot be measured.

    ``age`` is in years, ``face_angle`` the clockwise rotation of the face in degrees (0, 90, 180
    or 270).
    """

    gender: Gender | None = None
    age: int | None = None
    face_angle: int | None = None
