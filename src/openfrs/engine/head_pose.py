"""Where a head is turned, from the mesh of its face.

The mesh is in space already, so its pose is the rotation that brings a mean face nearest to it
(Kabsch 1976, Umeyama 1991). That needs no camera. Solving for a camera instead (PnP, focal length
the longer side, principal point in the middle) was tried on the same points: it agrees within a
degree or two on whole pictures, and errs by seven degrees of yaw where a picture is cut off-centre.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.attributes import HeadPose

MEAN_FACE: Mapping[int, tuple[float, float, float]] = {
    1: (0.000, 0.469, -0.369),
    4: (0.000, 0.396, -0.393),
    5: (0.000, 0.300, -0.366),
    6: (0.000, 0.068, -0.193),
    8: (0.000, -0.089, -0.152),
    9: (0.000, -0.183, -0.167),
    21: (-0.736, -0.234, 0.391),
    33: (-0.500, 0.029, 0.102),
    48: (-0.212, 0.438, -0.194),
    50: (-0.543, 0.386, 0.040),
    54: (-0.665, -0.361, 0.255),
    67: (-0.388, -0.531, -0.008),
    103: (-0.554, -0.462, 0.115),
    109: (-0.210, -0.563, -0.079),
    116: (-0.704, 0.215, 0.241),
    117: (-0.583, 0.211, 0.106),
    123: (-0.700, 0.364, 0.226),
    133: (-0.202, 0.045, 0.042),
    151: (0.000, -0.385, -0.137),
    168: (0.000, -0.014, -0.146),
    195: (0.000, 0.221, -0.305),
    197: (0.000, 0.147, -0.247),
    251: (0.736, -0.234, 0.391),
    263: (0.500, 0.029, 0.102),
    278: (0.212, 0.438, -0.194),
    280: (0.543, 0.386, 0.040),
    284: (0.665, -0.361, 0.255),
    297: (0.388, -0.531, -0.008),
    332: (0.554, -0.462, 0.115),
    338: (0.210, -0.563, -0.079),
    345: (0.704, 0.215, 0.241),
    346: (0.583, 0.211, 0.106),
    352: (0.700, 0.364, 0.226),
    362: (0.202, 0.045, 0.042),
}
"""Points that keep their place whatever a face does (forehead, nose, corners of the eyes,
cheekbones), by their number in the mesh: the mean of the network's own meshes of 775 pictures of
faces that look about ahead, made symmetric. x to the right, y down, z away from the camera; in
distances of the outer corners of the eyes."""

_NUMBERS = list(MEAN_FACE)
_MEAN = np.array(list(MEAN_FACE.values()))


def head_pose(points: NDArray[np.floating]) -> HeadPose:
    """The pose of a head whose mesh is ``points``, (468, 3), as engine/face_mesh.py has them."""
    turn = _rotation(points[_NUMBERS].astype(np.float64))
    # turn = Rz(roll) Rx(-pitch) Ry(-yaw): a picture that is turned changes the roll alone.
    return HeadPose(
        yaw=math.degrees(math.atan2(turn[2, 0], turn[2, 2])),
        pitch=-math.degrees(math.asin(min(max(turn[2, 1], -1.0), 1.0))),
        roll=math.degrees(math.atan2(-turn[0, 1], turn[1, 1])),
    )


def _rotation(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3): the rotation that turns the mean face nearest to the points, scaled and shifted."""
    left, _, right = np.linalg.svd((points - points.mean(axis=0)).T @ _MEAN)
    flip = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation: NDArray[np.float64] = (left * flip) @ right
    return rotation
