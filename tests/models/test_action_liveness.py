"""live-detect from the request to the answer, on drawn videos of real portraits.

What the heads of scenes.py can show is no proof for real people; see
docs/explanation/active-liveness.md.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openfrs import images
from openfrs.domain.action_order import Wanted
from openfrs.domain.actions import Action
from openfrs.domain.face_track import FaceTrack
from openfrs.domain.faces import Image
from openfrs.domain.limits import OPEN
from openfrs.domain.pictures import PictureFile
from openfrs.domain.ports import FaceTracker
from openfrs.domain.relief import SKIN_FLAT
from openfrs.domain.videos import VideoFrame
from openfrs.engine.face_tracker import MeshTracker
from openfrs.engine.installed_pack import InstalledPack, installed_pack
from openfrs.engine.pipeline import OnnxEngine
from openfrs.operations.action_liveness import LiveChecks, detect_live
from openfrs.testing import TestService, make_service
from tests.videos.clips import video
from tests.videos.scenes import Head, Motion, portrait
from tests.videos.takes import RATE, of_head, of_photograph

pytestmark = [pytest.mark.models, pytest.mark.shared]

LEFT, RIGHT = Motion(yaw=25), Motion(yaw=-25)
NOD = Motion(pitch=-18)
MOUTH = Motion(mouth=1)
BLINK = Motion(blink=1)


@dataclass(frozen=True)
class Remembering:
    """A FaceTracker that follows a face through the same pictures once, however often it is asked.

    Most tests judge one video in several ways.
    """

    tracker: FaceTracker
    known: dict[bytes, FaceTrack] = field(default_factory=dict)

    def track(self, frames: Iterable[VideoFrame]) -> FaceTrack:
        seen = [*frames]
        digest = sha256()
        for frame in seen:
            digest.update(f"{frame.time} {frame.image.shape}".encode())
            digest.update(frame.image.tobytes())
        if digest.digest() not in self.known:
            self.known[digest.digest()] = self.tracker.track(seen)
        return self.known[digest.digest()]


class RememberingEngine(OnnxEngine):
    """The engine of the pack, whose tracker remembers."""

    def __init__(self, pack: InstalledPack) -> None:
        super().__init__(pack, threads=2)
        tracker = super().face_tracker
        assert isinstance(tracker, MeshTracker)
        self.mesh_tracker = tracker
        self.remembering = Remembering(tracker)

    @property
    def face_tracker(self) -> FaceTracker:
        return self.remembering


@pytest.fixture(scope="module")
def engine(models_dir: Path) -> RememberingEngine:
    return RememberingEngine(installed_pack(models_dir, "default"))


@pytest.fixture(scope="module")
def service(
    engine: RememberingEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestService]:
    directory = tmp_path_factory.mktemp("live")
    with make_service(directory, engine=engine) as made:
        yield made


@pytest.fixture(scope="module")
def portraits(engine: RememberingEngine, shared_data: Path) -> Sequence[Image]:
    """Two people."""
    files = [shared_data / "people" / name for name in ("obama.jpg", "biden.jpg")]
    pictures = [images.decode(file.read_bytes(), OPEN) for file in files]
    return [portrait(picture, engine.detect_upright) for picture in pictures]


@pytest.fixture(scope="module")
def heads(engine: RememberingEngine, portraits: Sequence[Image]) -> Sequence[Head]:
    tracker = engine.mesh_tracker
    return [Head(image, tracker.detect, tracker.mesher) for image in portraits]


@pytest.fixture(scope="module")
def to_the_left(heads: Sequence[Head]) -> Sequence[Sequence[Image]]:
    """Each of the two people turning to the left."""
    return [of_head(head, LEFT) for head in heads]


def live(service: TestService, pictures: Sequence[Image], **body: Any) -> Any:
    data = b64encode(video(pictures, rate=RATE)).decode()
    answer = service.client.post(service.path("live-detect"), json={"video_base64": data} | body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def codes(body: Any) -> list[int]:
    return [entry["warningCode"] for entry in body["warning-list"]]


@pytest.mark.parametrize(
    ("stop", "action", "others"),
    [(LEFT, "1", "23"), (RIGHT, "2", "13"), (NOD, "3", "12"), (MOUTH, "4", "13")],
)
def test_one_action_is_seen_and_no_other(
    service: TestService, heads: Sequence[Head], stop: Motion, action: str, others: str
) -> None:
    pictures = of_head(heads[0], stop)
    seen = live(service, pictures, actions=action)
    assert seen["video-result"]["alive"] is True
    assert seen["warning-list"] == []
    for other in others:
        assert live(service, pictures, actions=other)["video-result"]["alive"] is False


def test_a_blink_is_seen(service: TestService, heads: Sequence[Head]) -> None:
    rest, closed = heads[0].seen(Motion()), heads[0].seen(BLINK)
    half = heads[0].seen(Motion(blink=0.5))
    pictures = [*[rest] * 12, half, closed, closed, half, *[rest] * 12]
    assert live(service, pictures, actions="5")["video-result"]["alive"] is True
    assert live(service, pictures, actions="4")["video-result"]["alive"] is False


def test_two_actions_count_in_their_order_and_times(
    service: TestService, heads: Sequence[Head]
) -> None:
    pictures = of_head(heads[1], LEFT, NOD)

    def alive(**body: Any) -> bool:
        answer = live(service, pictures, **body)
        assert isinstance(answer["video-result"]["alive"], bool)
        return bool(answer["video-result"]["alive"])

    assert alive(actions="1,3")
    assert not alive(actions="3,1")
    assert alive(actions="1,3", action_time="0-1700,1700-3400")
    assert not alive(actions="1,3", action_time="1700-3400,1700-3400")


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_video_that_lies_on_its_side_without_saying_so_is_alive(
    service: TestService, heads: Sequence[Head], quarters: int
) -> None:
    lying = [np.ascontiguousarray(np.rot90(one, quarters)) for one in of_head(heads[0], LEFT)]
    assert live(service, lying, actions="1")["video-result"]["alive"] is True
    assert live(service, lying, actions="2")["video-result"]["alive"] is False


PHOTOGRAPHS: dict[str, Sequence[Motion]] = {
    "turned": (Motion(yaw=35), Motion(pitch=-35)),
    "bent away": (Motion(bend=100, yaw=30), Motion(bend=170, yaw=-40)),
    "bent towards": (Motion(bend=-100, yaw=30), Motion(bend=-100, axis=45)),
    "bent down": (Motion(bend=100, axis=90, pitch=-30), Motion(bend=-100, axis=90)),
    "bent and swung": tuple(Motion(bend=100, yaw=yaw) for yaw in (-35, 35)),
}


@dataclass(frozen=True)
class Followed:
    """A FaceTracker of a face that has been followed already."""

    found: FaceTrack

    def track(self, frames: Iterable[VideoFrame]) -> FaceTrack:  # noqa: ARG002
        return self.found


@dataclass(frozen=True)
class Shown:
    """A video that has been looked at already."""

    seconds: float

    def __iter__(self) -> Iterator[VideoFrame]:
        return iter(())


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_photograph_that_is_waved_is_refused(
    engine: RememberingEngine, portraits: Sequence[Image], name: str
) -> None:
    pictures = of_photograph(portraits[1], *PHOTOGRAPHS[name])
    frames = [VideoFrame(n / RATE, picture) for n, picture in enumerate(pictures)]
    checks = LiveChecks(
        tracker=Followed(engine.face_tracker.track(frames)),
        encode=images.encode_jpeg,
        seconds=(1, 15),
    )
    for action in Action:
        verdict = detect_live(
            engine,
            checks,
            lambda _: nullcontext(Shown(len(frames) / RATE)),
            PictureFile(b""),
            [Wanted(action)],
            nod_degrees=10,
        )
        assert not verdict.alive, action


def test_skin_parts_a_head_from_a_photograph_that_swings(
    engine: RememberingEngine,
    to_the_left: Sequence[Sequence[Image]],
    portraits: Sequence[Image],
) -> None:
    """The mesh sees a turn, and a head's depth, in both."""
    reliefs = [
        engine.face_tracker.track(
            [VideoFrame(n / RATE, picture) for n, picture in enumerate(pictures)]
        ).skin_relief
        for pictures in (
            to_the_left[1],
            of_photograph(portraits[1], *PHOTOGRAPHS["bent and swung"]),
        )
    ]
    head, photograph = reliefs
    assert head is not None
    assert head > SKIN_FLAT
    assert photograph is not None
    assert photograph < SKIN_FLAT / 2


def other_half(first: Sequence[Image], second: Sequence[Image]) -> list[Image]:
    return [*first[: len(first) // 2], *second[len(second) // 2 :]]


def beside(first: Sequence[Image], second: Sequence[Image]) -> list[Image]:
    """The middles of both, next to each other."""
    return [np.hstack((a[:, 160:480], b[:, 160:480])) for a, b in zip(first, second, strict=True)]


@pytest.mark.parametrize(("cut", "code"), [(other_half, 7), (beside, 4)])
def test_a_second_person_is_refused(
    service: TestService,
    to_the_left: Sequence[Sequence[Image]],
    cut: Callable[[Sequence[Image], Sequence[Image]], list[Image]],
    code: int,
) -> None:
    answer = live(service, cut(*to_the_left), actions="1")
    assert answer["video-result"]["alive"] is False
    assert code in codes(answer)


def test_a_cut_to_another_place_is_refused(
    service: TestService, to_the_left: Sequence[Sequence[Image]]
) -> None:
    pictures = to_the_left[0]
    moved = [np.roll(picture, 230, axis=1) for picture in pictures]
    answer = live(service, other_half(pictures, moved), actions="1")
    assert answer["video-result"]["alive"] is False
    assert codes(answer) == [7]


def test_a_face_that_rests_shows_nothing(service: TestService, heads: Sequence[Head]) -> None:
    answer = live(service, of_head(heads[0], Motion()), actions="1,2,3,4,5")
    assert answer["video-result"]["alive"] is False
    assert all(entry["confidence"] < 0.5 for entry in answer["video-result"]["actions"])
    assert codes(answer) == [6]


def test_the_passive_check_has_its_say(
    liveness_models_dir: Path,
    engine: RememberingEngine,
    to_the_left: Sequence[Sequence[Image]],
    tmp_path: Path,
) -> None:
    """A threshold that nothing reaches refuses, one that everything reaches does not."""
    pictures = to_the_left[1]
    found = []
    for threshold in (0.0, 1.0):
        directory = tmp_path / str(threshold)
        with make_service(
            directory,
            engine=engine,
            models_dir=liveness_models_dir,
            live_detect_passive="on",
            liveness_threshold=threshold,
        ) as made:
            found.append(live(made, pictures, actions="1"))
    assert [answer["video-result"]["alive"] for answer in found] == [True, False]
    assert [codes(answer) for answer in found] == [[], [7]]
