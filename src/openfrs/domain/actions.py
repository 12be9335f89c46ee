"""The actions that a video may show, and where a tracked face shows them (spec 8.1).

Left and right are the subject's own: after action 1 the nose points to the subject's left, which
is the picture's right where the picture is not mirrored.

Each signal is reduced to its swings, the rises and falls between turning points, and an action is
a swing or a pair of swings. How far it goes decides the confidence: an action that just reaches
its threshold has 0.5, one of twice that size has 1, and the way between is a straight line. The
thresholds are geometry, not fitted to any data: see docs/explanation/active-liveness.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.face_track import FaceTrack

Signal = NDArray[np.float64]


class Action(IntEnum):
    """An action code of ``live-detect``."""

    SHAKE_LEFT = 1
    SHAKE_RIGHT = 2
    NOD = 3
    MOUTH = 4
    BLINK = 5


@dataclass(frozen=True, slots=True)
class ActionEvent:
    """An action that a video shows, from ``start`` to ``end`` seconds, most clearly at ``time``.

    ``confidence`` lies in 0..1; from 0.5 on the action counts as shown.
    """

    action: Action
    start: float
    time: float
    end: float
    confidence: float


SHOWN = 0.5
"""The confidence from which on an action counts."""

SHAKE_DEGREES = 10.0
"""Two thirds of the least shake that is advised (15 to 30 degrees)."""
NOD_DEGREES = 10.0
"""Where the request says nothing (spec 8.1)."""
MOUTH_OPENING = 0.15
"""How much the gap between the lips changes, as part of the nose's length."""
BLINK_CLOSING = 0.2
"""How much of their usual opening both eyes lose, as the mesh sees it: it never
closes its eyes in full."""

NEUTRAL_DEGREES = 6.0
"""How far a face that looks ahead may seem turned: a camera does not stand straight before it."""
NOD_SECONDS = 2.0
"""The longest way down or up of a nod."""
MOUTH_SECONDS = 1.0
"""The longest way of the lips."""
BLINK_SECONDS = 0.4
"""The longest time for which a blink keeps the eyes more than half as closed as it does at most."""
ACROSS = 1.5
"""A nod during which the head turns by more than this many times as much is part of the turn, and
the other way round: no estimate of the pose keeps the two fully apart."""
STILL_DEGREES = 8.0
"""A head that nods or turns by more than this during a blink makes the eyes seem to close."""

_SHARE = 0.3
"""Turning points nearer to each other than this part of a threshold are not told apart."""
_WARM_UP = 0.3
"""Seconds from the start whose median is taken for the pose before the first action."""


@dataclass(frozen=True, slots=True)
class _Swing:
    """A rise or fall of a signal between two turning points, by index and value."""

    first: int
    last: int
    low: float
    high: float
    rising: bool

    @property
    def size(self) -> float:
        return self.high - self.low


def events(track: FaceTrack, *, nod_degrees: float = NOD_DEGREES) -> Sequence[ActionEvent]:
    """Every action that the face shows, however faintly, by its time."""
    if len(track.times) < 2:
        return []
    found = [
        *_shakes(track),
        *_nods(track, nod_degrees),
        *_mouth_movements(track),
        *_blinks(track),
    ]
    return sorted(found, key=lambda event: event.time)


def _shakes(track: FaceTrack) -> Iterator[ActionEvent]:
    yaw = steady(track.yaw)
    start = yaw[track.times <= track.times[0] + _WARM_UP]
    neutral = float(np.clip(np.median(start), -NEUTRAL_DEGREES, NEUTRAL_DEGREES))
    for action, signal, middle in (
        (Action.SHAKE_LEFT, yaw, neutral),
        (Action.SHAKE_RIGHT, -yaw, -neutral),
    ):
        for swing in _swings(signal, _SHARE * SHAKE_DEGREES):
            if swing.rising:
                size = min(swing.size, swing.high - middle)
                size *= _dominance(size, track.pitch, swing)
                yield _event(action, track, swing, signal, size / SHAKE_DEGREES)


def _nods(track: FaceTrack, threshold: float) -> Iterator[ActionEvent]:
    pitch = steady(track.pitch)
    for down, up in pairwise(_swings(pitch, _SHARE * threshold)):
        there, back = (_seconds(track, pitch, swing) for swing in (down, up))
        if max(there, back) > NOD_SECONDS:
            continue
        both = _Swing(down.first, up.last, 0.0, min(down.size, up.size), down.rising)
        size = both.size * _dominance(both.size, track.yaw, both)
        yield _pair_event(Action.NOD, track, down, up, size / threshold)


def _mouth_movements(track: FaceTrack) -> Iterator[ActionEvent]:
    mouth = steady(track.mouth)
    swings = _swings(mouth, _SHARE * MOUTH_OPENING)
    quick = [swing if _seconds(track, mouth, swing) <= MOUTH_SECONDS else None for swing in swings]
    for before, after in pairwise([None, *quick, None]):
        opening = before if before is not None and before.rising else None
        closing = after if after is not None and not after.rising else None
        if opening is None and closing is None:
            continue
        first, last = opening or closing, closing or opening
        assert first is not None
        assert last is not None
        size = max(swing.size for swing in (first, last))
        yield _pair_event(Action.MOUTH, track, first, last, size / MOUTH_OPENING)


def _blinks(track: FaceTrack) -> Iterator[ActionEvent]:
    usual = np.percentile(track.eyes, 80, axis=0)
    # The more open eye counts, so that a wink is no blink.
    opening = (track.eyes / np.maximum(usual, 1e-6)).max(axis=1)
    for closing, reopening in pairwise(_swings(opening, _SHARE * BLINK_CLOSING)):
        if closing.rising:
            continue
        size = min(closing.size, reopening.size)
        half = opening[closing.last] + size / 2
        shut = [n for n in range(closing.first, reopening.last + 1) if opening[n] < half]
        if track.times[shut[-1]] - track.times[shut[0]] > BLINK_SECONDS:
            continue
        near = slice(max(shut[0] - 1, 0), shut[-1] + 2)
        motion = max(np.ptp(track.pitch[near]), np.ptp(track.yaw[near]))
        size *= min(1.0, STILL_DEGREES / max(motion, 1e-6))
        yield _pair_event(Action.BLINK, track, closing, reopening, size / BLINK_CLOSING)


def steady(signal: Signal) -> Signal:
    """The signal without single outliers: each value is the median of itself and its neighbours."""
    padded = np.pad(signal, 1, mode="edge")
    return np.asarray(
        np.median(np.stack((padded[:-2], padded[1:-1], padded[2:])), axis=0), dtype=np.float64
    )


def _swings(signal: Signal, least: float) -> Sequence[_Swing]:
    """The signal's rises and falls of at least ``least``, in turn."""
    turns = [0]
    low = high = 0
    rising: bool | None = None
    for n, value in enumerate(signal):
        low = n if value < signal[low] else low
        high = n if value > signal[high] else high
        if rising is not False and signal[high] - value >= least and high < n:
            if rising or high > 0:
                turns.append(high)
            rising, low = False, n
            high = n
        elif rising is not True and value - signal[low] >= least and low < n:
            if rising is False or low > 0:
                turns.append(low)
            rising, high = True, n
            low = n
    if rising is not None:
        turns.append(high if rising else low)
    return [_between(signal, first, last) for first, last in pairwise(turns)]


def _between(signal: Signal, first: int, last: int) -> _Swing:
    before, after = float(signal[first]), float(signal[last])
    return _Swing(first, last, min(before, after), max(before, after), after > before)


def _reach(signal: Signal, swing: _Swing) -> int:
    """Where the swing has gone four fifths of its way: on a plateau, its end says little."""
    way = (signal - signal[swing.first]) / (signal[swing.last] - signal[swing.first])
    return next(n for n in range(swing.first, swing.last + 1) if way[n] >= 0.8)


def _leave(signal: Signal, swing: _Swing) -> int:
    """Where the swing begins in earnest: the last place before a fifth of its way."""
    way = (signal - signal[swing.first]) / (signal[swing.last] - signal[swing.first])
    return next(n for n in range(swing.last, swing.first - 1, -1) if way[n] <= 0.2)


def _seconds(track: FaceTrack, signal: Signal, swing: _Swing) -> float:
    return float(track.times[_reach(signal, swing)] - track.times[_leave(signal, swing)])


def _dominance(size: float, other: Signal, swing: _Swing) -> float:
    """1, or less where the head moves more the other way."""
    across = float(np.ptp(other[swing.first : swing.last + 1]))
    return min(1.0, ACROSS * max(size, 0.0) / max(across, 1e-6))


def _event(
    action: Action, track: FaceTrack, swing: _Swing, signal: Signal, strength: float
) -> ActionEvent:
    start, time = _leave(signal, swing), _reach(signal, swing)
    times = track.times
    return ActionEvent(
        action, float(times[start]), float(times[time]), float(times[time]), _confidence(strength)
    )


def _pair_event(
    action: Action, track: FaceTrack, first: _Swing, last: _Swing, strength: float
) -> ActionEvent:
    vertex = first.last if first is not last or first.rising else first.first
    times = track.times
    return ActionEvent(
        action,
        float(times[first.first]),
        float(times[vertex]),
        float(times[last.last]),
        _confidence(strength),
    )


def _confidence(strength: float) -> float:
    return float(np.clip(SHOWN * strength, 0.0, 1.0))
