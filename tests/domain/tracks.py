"""Synthetic tracks of a face, for tests of what is made of them."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.face_track import FaceTrack
from openfrs.domain.faces import Template

Floats = NDArray[np.float64]


def bump(times: Floats, start: float, end: float) -> Floats:
    """Smoothly from 0 to 1 and back between start and end."""
    inside = (times >= start) & (times <= end)
    return np.where(inside, np.sin(np.pi * (times - start) / (end - start)) ** 2, 0.0)


def head(seed: int = 0) -> Floats:
    """(468, 3): points of a rigid, rough head about 200 pixels wide."""
    return np.random.default_rng(seed).uniform(-100, 100, (468, 3)) * (1, 1, 0.4)


def turned(shape: Floats, yaw: float, pitch: float) -> Floats:
    """The shape after turning: positive yaw takes what is near to the right, pitch up."""
    a, b = np.radians((yaw, pitch))
    aside = np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])
    up = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    return np.asarray(shape @ (up @ aside).T)


def track(
    *,
    seconds: float = 4.0,
    rate: float = 15.0,
    jitter: float = 0.0,
    noise: float = 0.0,
    seed: int = 0,
    yaw: Callable[[Floats], Floats] = np.zeros_like,
    pitch: Callable[[Floats], Floats] = np.zeros_like,
    mouth: Callable[[Floats], Floats] = np.zeros_like,
    closing: Callable[[Floats], Floats] = np.zeros_like,
    samples: Sequence[Template] = (),
) -> FaceTrack:
    """A track of the signals given: angles in degrees, closing of the eyes in 0..1.

    ``noise`` is the standard deviation of the angles in degrees; that of the openings is a
    hundredth of it. ``jitter`` moves the times by up to that part of a step.
    """
    dice = np.random.default_rng(seed)
    times = np.arange(0, seconds, 1 / rate)
    times = times + dice.uniform(0, jitter / rate, times.shape)

    def noisy(signal: Floats, size: float) -> Floats:
        return np.asarray(signal + dice.normal(0, size, signal.shape))

    yaws, pitches = noisy(yaw(times), noise), noisy(pitch(times), noise)
    shape = head()
    lids = [noisy(0.3 * (1 - closing(times)), 0.003 * noise) for _ in range(2)]
    return FaceTrack(
        times=times,
        yaw=yaws,
        pitch=pitches,
        roll=np.zeros_like(times),
        mouth=noisy(0.05 + mouth(times), 0.01 * noise),
        eyes=np.stack(lids, axis=1),
        points=np.array(
            [turned(shape, a, b) for a, b in zip(yaws, pitches, strict=True)], dtype=np.float32
        ),
        changes=np.zeros_like(times),
        pictures=len(times),
        crowd=0.0,
        samples=samples,
        portraits=[],
    )
