"""The combined active and passive check, and what else the wire does not show."""

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pytest

from openfrs.domain.action_order import Wanted
from openfrs.domain.actions import Action
from openfrs.domain.face_track import FaceTrack, Portrait
from openfrs.domain.faces import BoundingBox, DetectedFace, Image
from openfrs.domain.liveness import LivenessWarning
from openfrs.domain.pictures import PictureFile, PictureSource
from openfrs.domain.videos import VideoFrame
from openfrs.operations.action_liveness import LiveChecks, LiveVerdict, detect_live
from openfrs.testing import FakeEngine
from tests.videos.clips import colour_square

PLACES = [0.5] * 5 + [0.5 + 0.03 * n for n in range(12)] + [0.86 - 0.03 * n for n in range(12)]


@dataclasses.dataclass(frozen=True)
class Frames:
    """A video that is decoded already, fifteen pictures a second."""

    pictures: Sequence[Image]

    def __iter__(self) -> Iterator[VideoFrame]:
        return iter([VideoFrame(n / 15, picture) for n, picture in enumerate(self.pictures)])

    @property
    def seconds(self) -> float:
        return len(self.pictures) / 15


@contextmanager
def turning_left(_: PictureSource) -> Iterator[Frames]:
    yield Frames(colour_square([(place, 0.5) for place in PLACES]))


@dataclasses.dataclass(frozen=True)
class Passive:
    """A passive check that always gives the same score."""

    score: float

    def live_score(self, image: Image, face: DetectedFace) -> float:  # noqa: ARG002
        return self.score


@dataclasses.dataclass(frozen=True)
class Choosy:
    """A passive check that knows one box alone."""

    box: BoundingBox

    def live_score(self, image: Image, face: DetectedFace) -> float:  # noqa: ARG002
        return float(face.bounding_box == self.box)


@dataclasses.dataclass(frozen=True)
class Altered:
    """FakeTracker's track with some of its fields replaced."""

    fields: dict[str, object]

    def track(self, frames: Iterator[VideoFrame]) -> FaceTrack:
        found = FakeEngine().face_tracker.track(frames)
        return dataclasses.replace(found, **self.fields)  # type: ignore[arg-type]


def verdict(passive: Passive | Choosy | None = None, **fields: object) -> LiveVerdict:
    checks = LiveChecks(
        tracker=Altered(fields),  # type: ignore[arg-type]
        encode=lambda image: image.tobytes(),
        seconds=(1.0, 15.0),
        passive=passive,
    )
    wanted = [Wanted(Action.SHAKE_LEFT)]
    return detect_live(FakeEngine(), checks, turning_left, PictureFile(b""), wanted, nod_degrees=10)


def test_the_passive_check_is_off_unless_given() -> None:
    assert verdict().alive
    assert verdict().warnings == []


@pytest.mark.parametrize("score", [0.5, 1.0])
def test_a_passive_check_that_agrees_changes_nothing(score: float) -> None:
    assert verdict(Passive(score)) == verdict()


@pytest.mark.parametrize("score", [0.0, 0.49])
def test_a_passive_check_that_disagrees_refuses(score: float) -> None:
    found = verdict(Passive(score))
    assert not found.alive
    assert found.warnings == [LivenessWarning.POOR_OR_NOT_REAL]
    assert found.confidences[0] >= 0.5  # the motion was there all the same


def test_the_passive_check_gets_the_detectors_box() -> None:
    picture = colour_square([(PLACES[0], 0.5)])[0]
    [face] = FakeEngine().detect(picture)
    elsewhere = BoundingBox(width=60, height=90, top_left_x=100, top_left_y=60)
    portrait = Portrait(VideoFrame(0.0, picture), dataclasses.replace(face, bounding_box=elsewhere))
    assert verdict(Choosy(face.bounding_box), portraits=[portrait]).alive
    assert not verdict(Choosy(elsewhere), portraits=[portrait]).alive


def test_two_faces_are_remarked_and_refused() -> None:
    found = verdict(crowd=0.5)
    assert not found.alive
    assert found.warnings == [LivenessWarning.TWO_FACES]


def test_a_second_face_that_the_detector_errs_about_once_does_no_harm() -> None:
    assert verdict(crowd=0.1).alive


def test_a_face_that_never_looks_ahead_is_remarked_and_refused() -> None:
    found = verdict(pitch=np.full(len(PLACES), 40.0))
    assert not found.alive
    assert LivenessWarning.NOT_FACING_FORWARD in found.warnings


def test_without_a_portrait_there_is_no_picture() -> None:
    found = verdict(portraits=[])
    assert found.picture is None
    assert found.warnings == [LivenessWarning.NO_PREFERRED_PICTURE]
    assert found.alive


def test_a_face_that_is_missing_from_much_of_the_video_is_refused() -> None:
    found = verdict(pictures=100)
    assert not found.alive
    assert found.warnings == [LivenessWarning.POOR_OR_NOT_REAL]
