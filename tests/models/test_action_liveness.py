"""live-detect from the request to the answer, on drawn videos of real portraits.

What the heads of scenes.py can show is no proof for real people; see
docs/explanation/active-liveness.md.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openfrs import images
from openfrs.domain.faces import Image
from openfrs.domain.limits import OPEN
from openfrs.engine.face_tracker import MeshTracker
from openfrs.engine.manifest import installed_pack
from openfrs.engine.pipeline import OnnxEngine
from openfrs.testing import TestService, make_service
from tests.videos.clips import video
from tests.videos.scenes import Head, Motion, portrait
from tests.videos.takes import RATE, of_head, of_photograph

pytestmark = [pytest.mark.models, pytest.mark.shared]

LEFT, RIGHT = Motion(yaw=25), Motion(yaw=-25)
NOD = Motion(pitch=-18)
MOUTH = Motion(mouth=1)
BLINK = Motion(blink=1)


@pytest.fixture(scope="module")
def engine(models_dir: Path) -> OnnxEngine:
    return OnnxEngine(installed_pack(models_dir, "default"), threads=2)


@pytest.fixture(scope="module")
def service(
    engine: OnnxEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestService]:
    directory = tmp_path_factory.mktemp("live")
    with make_service(directory, engine=engine) as made:
        yield made


@pytest.fixture(scope="module")
def portraits(engine: OnnxEngine, shared_data: Path) -> Sequence[Image]:
    """Two people."""
    files = [shared_data / "people" / name for name in ("obama.jpg", "biden.jpg")]
    pictures = [images.decode(file.read_bytes(), OPEN) for file in files]
    return [portrait(picture, engine.detect_upright) for picture in pictures]


@pytest.fixture(scope="module")
def heads(engine: OnnxEngine, portraits: Sequence[Image]) -> Sequence[Head]:
    tracker = engine.face_tracker
    assert isinstance(tracker, MeshTracker)
    return [Head(image, tracker.detect, tracker.mesher) for image in portraits]


def live(service: TestService, pictures: Sequence[Image], **body: Any) -> Any:
    data = b64encode(video(pictures, rate=RATE)).decode()
    answer = service.client.post(service.path("live-detect"), json={"video_base64": data} | body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def codes(body: Any) -> list[int]:
    return [entry["warningCode"] for entry in body["warning-list"]]


@pytest.mark.parametrize(
    ("stop", "action", "others"),
    [(LEFT, "1", "2345"), (RIGHT, "2", "1345"), (NOD, "3", "124"), (MOUTH, "4", "1235")],
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
    for other in "1234":
        assert live(service, pictures, actions=other)["video-result"]["alive"] is False


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


PHOTOGRAPHS: dict[str, Sequence[Motion]] = {
    "turned aside": (Motion(yaw=35), Motion(yaw=-35)),
    "turned up and down": (Motion(pitch=-35), Motion(pitch=35)),
    "bent away": (Motion(bend=100), Motion(bend=100, yaw=30)),
    "bent towards": (Motion(bend=-100), Motion(bend=-100, yaw=-30)),
    "bent down": (Motion(bend=100, axis=90), Motion(bend=-100, axis=90)),
}


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("person", [0, 1])
def test_a_photograph_that_is_waved_is_refused(
    service: TestService, portraits: Sequence[Image], name: str, person: int
) -> None:
    pictures = of_photograph(portraits[person], *PHOTOGRAPHS[name])
    for action in "12345":
        assert live(service, pictures, actions=action)["video-result"]["alive"] is False


def other_half(first: Sequence[Image], second: Sequence[Image]) -> list[Image]:
    return [*first[: len(first) // 2], *second[len(second) // 2 :]]


def beside(first: Sequence[Image], second: Sequence[Image]) -> list[Image]:
    """The middles of both, next to each other."""
    return [np.hstack((a[:, 160:480], b[:, 160:480])) for a, b in zip(first, second, strict=True)]


@pytest.mark.parametrize(("cut", "code"), [(other_half, 7), (beside, 4)])
def test_a_second_person_is_refused(
    service: TestService,
    heads: Sequence[Head],
    cut: Callable[[Sequence[Image], Sequence[Image]], list[Image]],
    code: int,
) -> None:
    takes = [of_head(head, LEFT) for head in heads]
    answer = live(service, cut(*takes), actions="1")
    assert answer["video-result"]["alive"] is False
    assert code in codes(answer)


def test_a_cut_to_another_place_is_refused(service: TestService, heads: Sequence[Head]) -> None:
    pictures = of_head(heads[0], LEFT)
    moved = [np.roll(picture, 230, axis=1) for picture in pictures]
    answer = live(service, other_half(pictures, moved), actions="1")
    assert answer["video-result"]["alive"] is False
    assert codes(answer) == [7]


def test_a_face_that_rests_shows_nothing(service: TestService, heads: Sequence[Head]) -> None:
    answer = live(service, of_head(heads[0], Motion()), actions="1,2,3,4,5")
    assert answer["video-result"]["alive"] is False
    assert all(entry["confidence"] < 0.5 for entry in answer["video-result"]["actions"])
    assert codes(answer) == [6]
