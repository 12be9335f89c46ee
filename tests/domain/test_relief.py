"""Depth that shows, or does not, as a face turns."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openfrs.domain.relief import FLAT, SKIN_FLAT, is_flat, relief
from tests.domain.tracks import Floats, bump, head, track, turned

TIMES = np.arange(0, 3, 1 / 15)


def angles(yaw: float, pitch: float) -> tuple[Floats, Floats]:
    swing = bump(TIMES, 0.5, 2.5)
    return yaw * swing, pitch * swing


def rolled(places: Floats, degrees: float) -> Floats:
    """The places turned clockwise in the picture; what follows x and y stays."""
    a = np.radians(degrees)
    x, y = places[..., 0], places[..., 1]
    turned_x, turned_y = x * np.cos(a) - y * np.sin(a), x * np.sin(a) + y * np.cos(a)
    return np.concatenate(
        (turned_x[..., np.newaxis], turned_y[..., np.newaxis], places[..., 2:]), axis=-1
    )


def projected(points: Floats, distance: float) -> Floats:
    """As a camera at that distance sees them, in units of pixels at the head's centre."""
    scale = distance / (distance + points[..., 2:])
    return np.concatenate((points[..., :2] * scale, points[..., 2:]), axis=-1)


@given(
    st.floats(-40, 40),
    st.floats(-30, 30),
    st.floats(-180, 180),
    st.floats(0, 1.0),
    st.floats(800, 5000),
    st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_a_head_that_turns_has_its_relief_even_in_a_sideways_video(
    yaw: float, pitch: float, roll: float, noise: float, distance: float, seed: int
) -> None:
    yaws, pitches = angles(yaw, pitch)
    shape = head()
    points = np.stack([turned(shape, a, b) for a, b in zip(yaws, pitches, strict=True)])
    points = rolled(projected(points, distance), roll)
    points += np.random.default_rng(seed).normal(0, noise, points.shape)
    found = relief(points, yaws, pitches, np.full_like(yaws, roll))
    if found is None:
        assert np.hypot(yaw, pitch) < 9
    else:
        assert found == pytest.approx(1.0, abs=0.3)


def sheet(shape: Floats, bend: float, axis: float) -> Floats:
    """The shape's picture on a sheet bent like a cylinder; (x, y, z) of each point."""
    across = shape[:, 0] * np.cos(axis) + shape[:, 1] * np.sin(axis)
    along = -shape[:, 0] * np.sin(axis) + shape[:, 1] * np.cos(axis)
    turn = bend * across / 200
    x = across * np.sinc(turn / np.pi)
    z = across * np.sin(turn / 2) * np.sinc(turn / 2 / np.pi)
    return np.stack(
        (x * np.cos(axis) - along * np.sin(axis), x * np.sin(axis) + along * np.cos(axis), z),
        axis=1,
    )


SHEETS = (
    st.floats(-40, 40),
    st.floats(-30, 30),
    st.floats(-2.0, 2.0),
    st.floats(0, np.pi),
    st.floats(800, 5000),
    st.floats(-180, 180),
)


def sheets_seen(
    yaw: float, pitch: float, bend: float, axis: float, distance: float, roll: float
) -> Floats:
    """(N, 468, 2): a sheet that is turned and bent there and back, before a camera held askew."""
    yaws, pitches = angles(yaw, pitch)
    swing = bump(TIMES, 0.5, 2.5)
    seen = np.stack(
        [
            projected(turned(sheet(head(), bend * share, axis), a, b), distance)[:, :2]
            for a, b, share in zip(yaws, pitches, swing, strict=True)
        ]
    )
    return rolled(seen, roll)


@given(*SHEETS)
@settings(max_examples=60, deadline=None)
def test_a_sheet_that_is_turned_and_bent_has_none(
    yaw: float, pitch: float, bend: float, axis: float, distance: float, roll: float
) -> None:
    """The network is taken to be wholly deceived: it claims the turn, and a head's depth."""
    seen = sheets_seen(yaw, pitch, bend, axis, distance, roll)
    depth = np.broadcast_to(head()[:, 2:], (*seen.shape[:2], 1))
    rolls = np.full(len(seen), roll)
    found = relief(np.concatenate((seen, depth), axis=2), *angles(yaw, pitch), rolls)
    assert found is None or found < FLAT / 2


@pytest.mark.parametrize(("skin", "flat"), [(None, False), (SKIN_FLAT - 0.01, True), (1.0, False)])
def test_skin_has_its_say(*, skin: float | None, flat: bool) -> None:
    """The mesh sees a head in all three."""
    found = track(seconds=3.0, yaw=lambda times: 20 * bump(times, 0.5, 2.5))
    assert is_flat(dataclasses.replace(found, skin_relief=skin)) is flat


def test_nothing_is_said_of_a_face_that_does_not_turn() -> None:
    yaws, pitches = angles(5, 0)
    points = np.stack([turned(head(), a, b) for a, b in zip(yaws, pitches, strict=True)])
    rolls = np.zeros_like(yaws)
    assert relief(points, yaws, pitches, rolls) is None
    assert relief(points[:1], yaws[:1], pitches[:1], rolls[:1]) is None
