"""Actions in synthetic signals: with noise, jitter, at several rates."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openfrs.domain.action_order import Wanted, confidences
from openfrs.domain.actions import SHOWN, Action, ActionEvent, events
from openfrs.domain.face_track import FaceTrack
from tests.domain.tracks import Floats, bump, track

RATES = st.sampled_from([10.0, 12.5, 15.0])
SEEDS = st.integers(0, 2**20)


def shown(found: object) -> list[Action]:
    assert isinstance(found, list)
    return [event.action for event in found if event.confidence >= SHOWN]


def best(found: object, action: Action) -> float:
    assert isinstance(found, list)
    return max((event.confidence for event in found if event.action is action), default=0.0)


@given(RATES, SEEDS, st.floats(0, 1.2), st.floats(0, 0.5))
@settings(max_examples=60, deadline=None)
def test_a_still_face_with_noise_shows_nothing(
    rate: float, seed: int, noise: float, jitter: float
) -> None:
    assert shown(events(track(rate=rate, seed=seed, noise=noise, jitter=jitter))) == []


@given(RATES, SEEDS, st.floats(15, 45), st.floats(0.9, 2.0), st.sampled_from([1, -1]))
@settings(max_examples=60, deadline=None)
def test_left_is_the_subjects_own_left(
    rate: float, seed: int, degrees: float, seconds: float, side: int
) -> None:
    def yaw(times: Floats) -> Floats:
        return side * degrees * bump(times, 1, 1 + seconds)

    found = events(track(rate=rate, seed=seed, noise=0.8, jitter=0.4, yaw=yaw))
    assert shown(found) == [Action.SHAKE_LEFT if side > 0 else Action.SHAKE_RIGHT]


@given(RATES, SEEDS, st.floats(16, 35), st.floats(0.9, 1.8), st.sampled_from([1, -1]))
@settings(max_examples=60, deadline=None)
def test_a_nod_goes_there_and_back(
    rate: float, seed: int, degrees: float, seconds: float, side: int
) -> None:
    def pitch(times: Floats) -> Floats:
        return side * degrees * bump(times, 1, 1 + seconds)

    found = events(track(rate=rate, seed=seed, noise=0.6, jitter=0.4, pitch=pitch))
    assert shown(found) == [Action.NOD]


def test_a_slow_drift_of_the_pose_is_no_nod() -> None:
    found = events(track(seconds=10, pitch=lambda times: 20 * bump(times, 0, 10)))
    assert shown(found) == []


def test_turning_back_to_the_camera_is_no_shake() -> None:
    found = events(
        track(yaw=lambda times: np.where(times < 2, 20 * np.cos(times * np.pi / 4), 0.0))
    )
    assert Action.SHAKE_RIGHT not in shown(found)


@given(RATES, SEEDS, st.floats(0.2, 0.6))
@settings(max_examples=40, deadline=None)
def test_a_mouth_that_opens_moves(rate: float, seed: int, opening: float) -> None:
    found = events(
        track(rate=rate, seed=seed, noise=0.8, mouth=lambda times: opening * bump(times, 1, 1.9))
    )
    assert shown(found) == [Action.MOUTH]


@given(SEEDS, st.floats(0.5, 1.0))
@settings(max_examples=40, deadline=None)
def test_a_blink_closes_both_eyes_for_a_moment(seed: int, closing: float) -> None:
    found = events(track(seed=seed, noise=0.8, closing=lambda t: closing * bump(t, 1, 1.4)))
    assert shown(found) == [Action.BLINK]


def test_a_wink_is_no_blink() -> None:
    one = track(closing=lambda times: 0.9 * bump(times, 1, 1.4))
    eyes = one.eyes.copy()
    eyes[:, 1] = 0.3
    assert shown(events(dataclasses.replace(one, eyes=eyes))) == []


def test_closed_eyes_are_no_blink() -> None:
    found = events(track(closing=lambda times: np.where((times > 1) & (times < 2.5), 0.9, 0.0)))
    assert shown(found) == []


def moving(action: Action, size: float) -> FaceTrack:
    """A face that shows the action in full at size 1, and nothing at 0."""
    match action:
        case Action.SHAKE_LEFT:
            return track(yaw=lambda times: 30 * size * bump(times, 1, 2.2))
        case Action.SHAKE_RIGHT:
            return track(yaw=lambda times: -30 * size * bump(times, 1, 2.2))
        case Action.NOD:
            return track(pitch=lambda times: -30 * size * bump(times, 1, 2.2))
        case Action.MOUTH:
            return track(mouth=lambda times: 0.5 * size * bump(times, 1, 1.8))
        case Action.BLINK:
            return track(closing=lambda times: size * bump(times, 1, 1.4))


@pytest.mark.parametrize("action", Action)
def test_confidence_rises_with_the_motion(action: Action) -> None:
    found = [best(events(moving(action, float(size))), action) for size in np.linspace(0, 1, 12)]
    assert found[0] == 0
    assert found[-1] == 1
    assert (np.diff(found) >= -1e-9).all()


@given(st.floats(1, 90), st.floats(1, 90))
@settings(max_examples=40, deadline=None)
def test_a_higher_nod_threshold_never_helps_a_nod(one: float, other: float) -> None:
    nodding = track(pitch=lambda times: -25 * bump(times, 1, 2.2))
    low, high = sorted((one, other))
    least = best(events(nodding, nod_degrees=high), Action.NOD)
    assert least <= best(events(nodding, nod_degrees=low), Action.NOD) + 1e-9


def left_nod_right() -> list[ActionEvent]:
    moves = track(
        seconds=6,
        noise=0.5,
        yaw=lambda t: 22 * bump(t, 0.5, 1.9) - 22 * bump(t, 4, 5.4),
        pitch=lambda t: -18 * bump(t, 2.3, 3.6),
    )
    return list(events(moves))


def alive(codes: str, found: list[ActionEvent]) -> bool:
    wanted = [Wanted(Action(int(code))) for code in codes]
    return all(confidence >= SHOWN for confidence in confidences(wanted, found))


@pytest.mark.parametrize("codes", ["132", "1", "3", "2", "13", "32", "12"])
def test_actions_that_are_shown_in_that_order_are_found(codes: str) -> None:
    assert alive(codes, left_nod_right())


@pytest.mark.parametrize("codes", ["31", "23", "21", "312", "11", "33", "4", "5", "1324", "1325"])
def test_another_order_and_other_actions_are_refused(codes: str) -> None:
    assert not alive(codes, left_nod_right())


def test_an_action_counts_in_its_time_only() -> None:
    found = left_nod_right()
    inside, outside = (Wanted(Action.NOD, span) for span in ((2.0, 4.0), (0.0, 2.0)))
    assert confidences([inside], found)[0] >= SHOWN
    assert confidences([outside], found)[0] < SHOWN


def event(action: int, time: float, confidence: float) -> ActionEvent:
    return ActionEvent(Action(action), time, time, time, confidence)


def test_more_actions_shown_count_more_than_a_clearer_one() -> None:
    found = [event(1, 1, 0.6), event(3, 2, 0.6), event(1, 3, 1.0), event(3, 4, 0.45)]
    assert confidences([Wanted(Action(1)), Wanted(Action(3))], found) == (0.6, 0.6)


EVENTS = st.lists(st.tuples(st.integers(1, 5), st.floats(0, 15), st.floats(0, 1)), max_size=8).map(
    lambda rows: [event(*row) for row in sorted(rows, key=lambda row: row[1])]
)


@given(EVENTS, st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_every_action_asked_for_has_one_confidence(
    found: list[ActionEvent], codes: list[int]
) -> None:
    wanted = [Wanted(Action(code)) for code in codes]
    got = confidences(wanted, found)
    assert len(got) == len(codes)
    for one, confidence in zip(wanted, got, strict=True):
        known = [0.0, *(e.confidence for e in found if e.action is one.action)]
        assert confidence in known
