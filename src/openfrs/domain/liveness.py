"""What a liveness check has to remark (spec 8.3)."""

from enum import IntEnum


class LivenessWarning(IntEnum):
    """A warning code of ``warning-list``; 1 to 8 are about a video."""

    NOT_FACING_FORWARD = 1
    VIDEO_TOO_SHORT = 2
    VIDEO_TOO_LONG = 3
    TWO_FACES = 4
    NO_FACE = 5
    MOTION_TOO_SMALL = 6
    POOR_OR_NOT_REAL = 7
    NO_PREFERRED_PICTURE = 8

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
}
