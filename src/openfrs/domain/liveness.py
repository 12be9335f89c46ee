"""What a liveness check has to remark (spec 8.3), and what the check of one picture finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from openfrs.domain.attributes import HeadPose
from openfrs.domain.faces import Image
from openfrs.domain.quality import Quality


class LivenessWarning(IntEnum):
    """A warning code of ``warning-list``; 1 to 8 are about a video, the others about a picture."""

    NOT_FACING_FORWARD = 1
    VIDEO_TOO_SHORT = 2
    VIDEO_TOO_LONG = 3
    TWO_FACES = 4
    NO_FACE = 5
    MOTION_TOO_SMALL = 6
    POOR_OR_NOT_REAL = 7
    NO_PREFERRED_PICTURE = 8
    LOW_QUALITY = 101
    BLURRED = 102
    ANGLE_TOO_LARGE = 103
    BLOCKED = 104
    DARK = 105
    SEVERAL_FACES = 106

    @property
    def message(self) -> str:
        """The text that goes with the code on the wire."""
        return _MESSAGES[self]


_MESSAGES = {
    LivenessWarning.NOT_FACING_FORWARD: "The face is not facing forward.",
    LivenessWarning.VIDEO_TOO_SHORT: "The video does not exceed 1 second.",
    LivenessWarning.VIDEO_TOO_LONG: "The video lasts for more than 15 seconds.",
    LivenessWarning.TWO_FACES: "Two faces are detected.",
    LivenessWarning.NO_FACE: "No face is detected.",
    LivenessWarning.MOTION_TOO_SMALL: "The range of motion is too small.",
    LivenessWarning.POOR_OR_NOT_REAL: (
        "The video quality is poor or the person in the video is not a real person."
    ),
    LivenessWarning.NO_PREFERRED_PICTURE: "Failed to select a preferred image.",
    LivenessWarning.LOW_QUALITY: "The overall quality of the facial image is low.",
    LivenessWarning.BLURRED: "The face is blurred.",
    LivenessWarning.ANGLE_TOO_LARGE: "The face angle is too large.",
    LivenessWarning.BLOCKED: "The face is blocked.",
    LivenessWarning.DARK: "The image is dark.",
    LivenessWarning.SEVERAL_FACES: "The image contains multiple faces.",
}


@dataclass(frozen=True, slots=True)
class SilentVerdict:
    """What one picture says about the largest face in it.

    ``confidence`` is how surely the face is that of a person before the camera, 0..1; ``alive``
    is what follows from it. ``picture`` is the whole picture, upright. The warnings are in the
    order of their codes, each at most once.
    """

    alive: bool
    confidence: float
    picture: Image
    warnings: Sequence[LivenessWarning]


SMALL_FACE = 80
"""Pixels of the box's shorter side below which a face is small for the service (spec 10)."""

LOW_TOTAL = 0.3
STRONG_FAULT = 0.5
"""The total quality below which, and the fault from which on, a picture gets a warning."""

YAW, PITCH, ROLL = 30.0, 15.0, 15.0
"""Degrees up to which the service asks faces to be turned (spec 10)."""


def faults(side: int, quality: Quality | None, pose: HeadPose | None) -> list[LivenessWarning]:
    """What is wrong with a picture's face, 101 to 105; what was not measured is not wrong.

    ``side`` is the shorter side of its box in pixels.
    """
    turned = pose is not None and (
        abs(pose.yaw) > YAW or abs(pose.pitch) > PITCH or abs(pose.roll) > ROLL
    )
    low = side < SMALL_FACE
    blurred = blocked = dark = False
    if quality is not None:
        low = low or quality.total_score < LOW_TOTAL
        blurred = quality.blur >= STRONG_FAULT
        blocked = quality.occlusion >= STRONG_FAULT
        dark = quality.illumination >= STRONG_FAULT
    found = {
        LivenessWarning.LOW_QUALITY: low,
        LivenessWarning.BLURRED: blurred,
        LivenessWarning.ANGLE_TOO_LARGE: turned,
        LivenessWarning.BLOCKED: blocked,
        LivenessWarning.DARK: dark,
    }
    return [warning for warning, holds in found.items() if holds]
