"""Whether a video shows a live person who does what was asked for (spec 3.13, 8.1)."""

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from openfrs.domain import continuity
from openfrs.domain.action_order import Wanted, confidences
from openfrs.domain.actions import SHOWN, Action, ActionEvent, events
from openfrs.domain.errors import LivenessUnavailable, VideoLengthRefused
from openfrs.domain.face_track import FaceTrack, Portrait
from openfrs.domain.faces import BoundingBox, DetectedFace, Image
from openfrs.domain.liveness import LivenessWarning
from openfrs.domain.pictures import PictureSource
from openfrs.domain.ports import FaceEngine, FaceTracker, SilentLivenessDetector, Video
from openfrs.domain.relief import is_flat
from openfrs.domain.stages import Step, stage

OpenVideo = Callable[[PictureSource], AbstractContextManager[Video]]
"""Starts decoding a video. Raises a leaf of VideoRefused or ImageRefused."""
EncodePicture = Callable[[Image], bytes]
"""The picture as a JPEG file."""

CONFIDENCE_DIGITS = 4
LEAST_SEEN = 0.7
"""The part of the video's pictures that must show the face."""
CROWD = 0.2
"""From this part of the searched pictures on, two faces count as two: a detector errs at times."""
AHEAD_DEGREES = 20.0
"""Yaw and pitch within which the face must be at least once."""
PORTRAITS = 3
"""How many pictures of the video the passive check sees."""


@dataclass(frozen=True, slots=True)
class LiveChecks:
    """How videos are judged.

    ``tracker`` is None where the model pack has no mesh. ``seconds`` are the shortest and longest
    video; with ``lenient`` another one gets a warning instead of a refusal, and its first
    ``seconds[1]`` count. With ``passive``, the portraits must also score at least
    ``least_live_score`` with it.
    """

    tracker: FaceTracker | None
    encode: EncodePicture
    seconds: tuple[float, float]
    lenient: bool = False
    passive: SilentLivenessDetector | None = None
    least_live_score: float = 0.5


@dataclass(frozen=True, slots=True)
class LiveVerdict:
    """``confidences`` has one value, 0..1, for each action asked for; ``picture`` is a JPEG."""

    alive: bool
    confidences: Sequence[float]
    picture: bytes | None
    warnings: Sequence[LivenessWarning]


def detect_live(
    engine: FaceEngine,
    checks: LiveChecks,
    open_video: OpenVideo,
    source: PictureSource,
    wanted: Sequence[Wanted],
    *,
    nod_degrees: float,
) -> LiveVerdict:
    """What the video shows of the actions, and whether one live person shows them in that order.

    Raises LivenessUnavailable where the model pack has no mesh, a leaf of VideoRefused or, for
    one behind an address, of ImageRefused.
    """
    if checks.tracker is None:
        raise LivenessUnavailable("the model pack has no mesh, by which a face is followed")
    with open_video(source) as video:
        with stage(Step.TRACK):
            track = checks.tracker.track(video)
        length = video.seconds
    warnings = _length_warnings(length, checks)
    if not len(track.times):
        warnings += [LivenessWarning.NO_FACE, LivenessWarning.NO_PREFERRED_PICTURE]
        return LiveVerdict(
            alive=False, confidences=[0.0] * len(wanted), picture=None, warnings=warnings
        )
    shown = events(track, nod_degrees=nod_degrees)
    found = confidences(wanted, shown)
    complete = all(confidence >= SHOWN for confidence in found)
    if not all(_is_large(one.action, shown) for one in wanted):
        warnings.append(LivenessWarning.MOTION_TOO_SMALL)
    faults = _faults(engine, checks, track)
    if not track.portraits:
        warnings.append(LivenessWarning.NO_PREFERRED_PICTURE)
    return LiveVerdict(
        alive=complete and not faults,
        confidences=[round(confidence, CONFIDENCE_DIGITS) for confidence in found],
        picture=checks.encode(track.portraits[0].frame.image) if track.portraits else None,
        warnings=sorted([*warnings, *faults]),
    )


def _length_warnings(length: float, checks: LiveChecks) -> list[LivenessWarning]:
    """Raises VideoLengthRefused unless the checks are lenient."""
    shortest, longest = checks.seconds
    # A video exactly as long as it may be ends a rounding error late.
    if shortest - 0.001 <= length <= longest + 0.001:
        return []
    if not checks.lenient:
        place = f"less than {shortest:g}" if length < shortest else f"more than {longest:g}"
        raise VideoLengthRefused(f"is {place} s; it must lie in [{shortest:g}, {longest:g}] s")
    too_short = length < shortest
    return [LivenessWarning.VIDEO_TOO_SHORT if too_short else LivenessWarning.VIDEO_TOO_LONG]


def _is_large(action: Action, shown: Sequence[ActionEvent]) -> bool:
    """True where the video shows the action at all, be it in another order."""
    return any(event.action is action and event.confidence >= SHOWN for event in shown)


def _faults(engine: FaceEngine, checks: LiveChecks, track: FaceTrack) -> list[LivenessWarning]:
    """What forbids to call the person alive, whatever the actions."""
    faults = []
    if not np.any((np.abs(track.yaw) <= AHEAD_DEGREES) & (np.abs(track.pitch) <= AHEAD_DEGREES)):
        faults.append(LivenessWarning.NOT_FACING_FORWARD)
    if track.crowd >= CROWD:
        faults.append(LivenessWarning.TWO_FACES)
    if (
        len(track.times) < LEAST_SEEN * track.pictures
        or continuity.is_cut(track)
        or not continuity.is_one_person(track, engine.calibration)
        or is_flat(track)
        or not _is_live(engine, checks, track)
    ):
        faults.append(LivenessWarning.POOR_OR_NOT_REAL)
    return faults


def _is_live(engine: FaceEngine, checks: LiveChecks, track: FaceTrack) -> bool:
    """What the passive check says of the best portraits, where it is switched on."""
    if checks.passive is None:
        return True
    with stage(Step.LIVENESS):
        scores = [
            checks.passive.live_score(portrait.frame.image, _detected(engine, portrait))
            for portrait in track.portraits[:PORTRAITS]
        ]
    return bool(scores) and min(scores) >= checks.least_live_score


def _detected(engine: FaceEngine, portrait: Portrait) -> DetectedFace:
    """The portrait's face in the detector's box, which is the one that passive checks know.

    The box around the mesh is another; it serves where the detector finds nothing.
    """
    return min(
        engine.detect(portrait.frame.image),
        key=lambda face: _apart(face.bounding_box, portrait.face.bounding_box),
        default=portrait.face,
    )


def _apart(one: BoundingBox, other: BoundingBox) -> float:
    """The distance between the middles."""
    return math.hypot(
        one.top_left_x + one.width / 2 - other.top_left_x - other.width / 2,
        one.top_left_y + one.height / 2 - other.top_left_y - other.height / 2,
    )
