"""Liveness by actions on the wire (spec 3.13, 8.1), on the fake engine's bright squares.

A square at the picture's right looks to the subject's left; one above the middle looks up; a white
square is flat. See FakeTracker.
"""

import io
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from openfrs.setting_values import SettingInvalid
from openfrs.testing import FakeLiveness, TestService, make_service
from tests.api.calls import code_of
from tests.videos.clips import colour_square, video

RATE = 15
MIDDLE = (0.5, 0.5)
WHITE = (240, 240, 240)


def path_to(*places: tuple[float, float]) -> list[tuple[float, float]]:
    """From the middle to each place and back, a second each way."""
    stops = [MIDDLE] * 5
    here = MIDDLE
    for stop in [stop for place in places for stop in (place, MIDDLE)]:
        steps = np.linspace(here, stop, RATE)
        stops += [(float(x), float(y)) for x, y in steps]
        here = stop
    return stops + [MIDDLE] * 5


LEFT, RIGHT, DOWN = (0.85, 0.5), (0.15, 0.5), (0.5, 0.85)


def clip(*places: tuple[float, float], colour: tuple[int, int, int] = (240, 32, 32)) -> bytes:
    return video(colour_square(path_to(*places), colour), rate=RATE)


def live(service: TestService, data: bytes, version: str = "v2", **body: Any) -> Any:
    answer = service.client.post(
        service.path("live-detect", version), json={"video_base64": b64encode(data).decode()} | body
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_video_of_the_actions_in_order_is_alive(service: TestService, version: str) -> None:
    body = live(service, clip(LEFT, DOWN), version, actions="1,3")
    assert set(body) == {"video-result", "warning-list"}
    assert body["warning-list"] == []
    result = body["video-result"]
    assert set(result) == {"alive", "actions", "picture"}
    assert result["alive"] is True
    assert [entry["action"] for entry in result["actions"]] == [1, 3]
    assert all(0.5 <= entry["confidence"] <= 1 for entry in result["actions"])
    picture = Pillow.open(io.BytesIO(b64decode(result["picture"])))
    assert (picture.format, picture.size) == ("JPEG", (320, 240))


@pytest.mark.parametrize(
    ("place", "action", "other"), [(LEFT, "1", "2"), (RIGHT, "2", "1"), (DOWN, "3", "1")]
)
def test_left_and_right_are_the_subjects_own(
    service: TestService, place: tuple[float, float], action: str, other: str
) -> None:
    data = clip(place)
    assert live(service, data, actions=action)["video-result"]["alive"] is True
    refused = live(service, data, actions=other)
    assert refused["video-result"]["alive"] is False
    assert [entry["warningCode"] for entry in refused["warning-list"]] == [6]


def test_another_order_is_refused_without_a_warning(service: TestService) -> None:
    body = live(service, clip(LEFT, DOWN), actions="3,1")
    assert body["video-result"]["alive"] is False
    assert body["warning-list"] == []


def test_actions_count_in_their_times(service: TestService) -> None:
    data = clip(LEFT, DOWN)
    good = live(service, data, actions="1,3", action_time="0-2400,2400-4800")
    late = live(service, data, actions="1,3", action_time=" 2000-2400 , 2400-4800 ")
    assert (good["video-result"]["alive"], late["video-result"]["alive"]) == (True, False)


def test_the_nod_threshold_makes_a_nod_harder(service: TestService) -> None:
    data = clip(DOWN)
    confidences = [
        live(service, data, actions="3", nod_threshold=threshold)["video-result"]["actions"][0][
            "confidence"
        ]
        for threshold in (5, 10, 15, 40)
    ]
    assert confidences == sorted(confidences, reverse=True)
    assert confidences[0] == 1
    assert confidences[-1] < 0.5


def test_a_flat_face_is_not_alive(service: TestService) -> None:
    body = live(service, clip(LEFT, colour=WHITE), actions="1")
    assert body["video-result"]["alive"] is False
    assert [entry["warningCode"] for entry in body["warning-list"]] == [7]
    assert "not a real person" in body["warning-list"][0]["warningMsg"]


def test_a_swap_of_the_person_is_not_alive(service: TestService) -> None:
    places = path_to(LEFT)
    half = len(places) // 2
    pictures = colour_square(places[:half]) + colour_square(places[half:], (32, 240, 32))
    body = live(service, video(pictures, rate=RATE), actions="1")
    assert body["video-result"]["alive"] is False
    assert [entry["warningCode"] for entry in body["warning-list"]] == [7]


def test_a_video_without_a_face_has_neither_picture_nor_life(service: TestService) -> None:
    empty = [np.zeros((240, 320, 3), dtype=np.uint8)] * 30
    body = live(service, video(empty, rate=RATE), actions="1,2")
    assert body["video-result"] == {
        "alive": False,
        "actions": [{"confidence": 0.0, "action": 1}, {"confidence": 0.0, "action": 2}],
    }
    assert [entry["warningCode"] for entry in body["warning-list"]] == [5, 8]


def test_a_form_carries_a_video(service: TestService) -> None:
    answer = service.client.post(
        service.path("live-detect"),
        data={"actions": "1", "action_time": "0-4000", "nod_threshold": "10.0"},
        files={"video_file": ("a.jpg", clip(LEFT))},
    )
    assert answer.json()["video-result"]["alive"] is True


def test_an_address_leads_to_a_video(tmp_path: Path) -> None:
    bucket = tmp_path / "bucket"
    bucket.mkdir()
    (bucket / "turn.mp4").write_bytes(clip(LEFT))
    with make_service(tmp_path / "data", image_url_buckets=[f"videos={bucket}"]) as service:
        answer = service.client.post(
            service.path("live-detect"), json={"video_url": "/videos/turn.mp4", "actions": "1"}
        )
        assert answer.json()["video-result"]["alive"] is True


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "FRS.0011"),
        ({"actions": "1"}, "FRS.0011"),
        ({"video_base64": "AA=="}, "FRS.0011"),
        ({"video_base64": "AA==", "video_url": "/a/b", "actions": "1"}, "FRS.0012"),
        ({"actions": "1,,2"}, "FRS.0702"),
        ({"actions": "0"}, "FRS.0702"),
        ({"actions": "1;2"}, "FRS.0702"),
        ({"actions": ",".join("12345" * 2 + "1")}, "FRS.0704"),
        ({"actions": "1,2", "action_time": "1000-3000"}, "FRS.0012"),
        ({"actions": "1", "action_time": "3000-1000"}, "FRS.0012"),
        ({"actions": "1", "action_time": "a-b"}, "FRS.0012"),
        ({"actions": "1", "action_time": "-1-5"}, "FRS.0012"),
        ({"actions": "3", "nod_threshold": 0.5}, "FRS.0012"),
        ({"actions": "3", "nod_threshold": 91}, "FRS.0012"),
        ({"actions": "3", "nod_threshold": "x"}, "FRS.0012"),
    ],
)
def test_cheap_checks_come_before_the_video_is_read(
    service: TestService, body: dict[str, Any], code: str
) -> None:
    if len(body) and "video_base64" not in body and body != {"actions": "1"}:
        body = {"video_base64": "not base64 at all"} | body
    answer = service.client.post(service.path("live-detect"), json=body)
    assert (answer.status_code, code_of(answer)) == (400, code)


def test_a_video_that_is_not_base64_is_not_called_a_picture(service: TestService) -> None:
    answer = service.client.post(
        service.path("live-detect"), json={"video_base64": "%", "actions": "1"}
    )
    assert code_of(answer) == "FRS.0701"
    assert "not base64" in answer.json()["error_msg"]
    assert "picture" not in answer.json()["error_msg"]


@pytest.mark.parametrize(("count", "rate", "code"), [(8, 15, 2), (90, 5, 3)])
def test_lengths_are_refused_or_remarked(tmp_path: Path, count: int, rate: int, code: int) -> None:
    data = video(colour_square([MIDDLE] * count), rate=rate)
    with make_service(tmp_path / "strict") as service:
        answer = service.client.post(
            service.path("live-detect"),
            json={"video_base64": b64encode(data).decode(), "actions": "1"},
        )
        assert code_of(answer) == "FRS.0706"
        assert answer.json()["error_msg"].startswith("Video time ")
    with make_service(tmp_path / "lenient", video_length="lenient") as service:
        body = live(service, data, actions="1")
        assert code in [entry["warningCode"] for entry in body["warning-list"]]


@pytest.mark.parametrize(("colour", "warnings"), [((32, 240, 32), []), ((240, 32, 32), [7])])
def test_the_passive_check_is_asked_where_it_is_switched_on(
    tmp_path: Path, colour: tuple[int, int, int], warnings: list[int]
) -> None:
    settings: dict[str, Any] = {"liveness": FakeLiveness(), "live_detect_passive": "on"}
    with make_service(tmp_path, **settings) as service:
        body = live(service, clip(LEFT, colour=colour), actions="1")
    assert body["video-result"]["alive"] is (warnings == [])
    assert [entry["warningCode"] for entry in body["warning-list"]] == warnings


def test_the_passive_check_cannot_be_switched_on_without_its_models(tmp_path: Path) -> None:
    with (
        pytest.raises(SettingInvalid, match="openfrs models pull silent-face"),
        make_service(tmp_path, live_detect_passive="on"),
    ):
        pass
