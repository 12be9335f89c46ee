"""Poses of a made-up mesh: the mean face itself, turned."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from openfrs.engine.head_pose import MEAN_FACE, head_pose

ANGLES = st.floats(-80, 80)


def rotation(axis: int, degrees: float) -> NDArray[np.float64]:
    """Around x, y or z; positive turns x to y, y to z, z to x."""
    angle = np.radians(degrees)
    turn = np.eye(3)
    one, other = (axis + 1) % 3, (axis + 2) % 3
    turn[one, one] = turn[other, other] = np.cos(angle)
    turn[one, other], turn[other, one] = -np.sin(angle), np.sin(angle)
    return turn


def mesh(turn: NDArray[np.float64]) -> NDArray[np.float64]:
    points = np.zeros((468, 3))
    points[list(MEAN_FACE)] = np.array(list(MEAN_FACE.values())) @ turn.T * 70 + (200, 300, 10)
    return points


@given(ANGLES, ANGLES, st.floats(-179, 179))
def test_the_angles_are_those_by_which_the_head_was_turned(
    yaw: float, pitch: float, roll: float
) -> None:
    found = head_pose(mesh(rotation(2, roll) @ rotation(0, -pitch) @ rotation(1, -yaw)))
    assert (found.yaw, found.pitch, found.roll) == pytest.approx((yaw, pitch, roll), abs=1e-6)


def test_signs_are_as_documented() -> None:
    """x runs to the right, y down, z away: the nose tells where the head points."""
    tip, bridge = 4, 168
    left = mesh(rotation(1, -30))
    assert head_pose(left).yaw > 0
    assert left[tip, 0] > left[bridge, 0]  # to the picture's right: the subject's own left
    up = mesh(rotation(0, -30))
    assert head_pose(up).pitch > 0
    assert up[tip, 1] - up[bridge, 1] < mesh(np.eye(3))[tip, 1] - mesh(np.eye(3))[bridge, 1]
    clockwise = mesh(rotation(2, 30))
    assert head_pose(clockwise).roll > 0
    assert clockwise[263, 1] > clockwise[33, 1]  # the eye on the right has sunk
