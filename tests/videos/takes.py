"""How the heads and photographs of scenes.py move, and the videos of it."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import cache, partial

import numpy as np

from openfrs.domain.faces import Image
from tests.videos.scenes import Head, Motion, photograph

RATE = 15
REST, WAY, HOLD = 0.5, 0.5, 0.2
"""Seconds before a motion, there (and back again), and between."""


def there_and_back(*stops: Motion) -> Sequence[Motion]:
    """From rest to each stop and back to rest, RATE pictures a second."""
    rest = Motion()
    keys, times = [rest], [0.0]
    for stop in stops:
        times += [times[-1] + REST, times[-1] + REST + WAY]
        keys += [rest, stop]
        times += [times[-1] + HOLD, times[-1] + HOLD + WAY]
        keys += [stop, rest]
    times.append(times[-1] + REST)
    keys.append(rest)
    shown = np.arange(0, times[-1], 1 / RATE)
    columns = {
        one.name: np.interp(shown, times, [getattr(key, one.name) for key in keys])
        for one in fields(Motion)
    }
    return [
        Motion(**{name: float(column[n]) for name, column in columns.items()})
        for n in range(len(shown))
    ]


def of_head(head: Head, *stops: Motion) -> list[Image]:
    """The head going to each stop and back."""
    return [*grainy(map(cache(head.seen), there_and_back(*stops)))]


def of_photograph(image: Image, *stops: Motion) -> list[Image]:
    """The photograph going to each stop and back."""
    return [*grainy(map(cache(partial(photograph, image)), there_and_back(*stops)))]


def grainy(pictures: Iterator[Image]) -> Iterator[Image]:
    """With a camera's noise of four grey levels."""
    dice = np.random.default_rng(5)
    grain = None
    for picture in pictures:
        if grain is None:
            grain = dice.normal(0, 4, (*picture.shape[:2], 1)).astype(np.float32)
        grain = np.roll(grain, (7, 13), axis=(0, 1))
        yield np.clip(picture + grain, 0, 255).astype(np.uint8)
