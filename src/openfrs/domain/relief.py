"""Whether a turning face has depth, or is a picture that is moved or bent before the camera.

What moves in the image of a sheet of paper, held at any slant and bent in any gentle way, moves
smoothly: neighbouring points move alike. A nose that turns moves against the cheeks beside it by
its height over them times the sine of the turn. So all that a low polynomial of the place explains
is taken away from the motion between two pictures, and likewise from the depth of the face; what
remains of the one is compared with what remains of the other.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.face_track import FaceTrack

Floats = NDArray[np.float64]

FLAT = 0.5
"""Half the relief of a face: below, it is taken for a picture."""
SKIN_FLAT = 0.25
"""Below this relief of its skin a face is taken for a picture."""
LEAST_TURN = 8.0
"""Degrees by which the face must turn for its relief to show."""

INNER = (
    # nose: bridge, tip, wings, base
    *(168, 6, 197, 195, 5, 4, 1, 2, 19, 94, 98, 327, 48, 278, 64, 294, 115, 344, 220, 440),
    *(45, 275, 51, 281, 122, 351, 196, 419, 3, 248, 236, 456, 131, 360, 49, 279),
    # corners of the eyes, what lies below them, cheeks
    *(33, 133, 362, 263, 111, 340, 117, 346, 118, 347, 119, 348, 120, 349, 101, 330, 100, 329),
    *(36, 266, 205, 425, 50, 280, 123, 352, 187, 411, 207, 427),
    # brows and the forehead between and above them
    *(70, 300, 63, 293, 105, 334, 66, 296, 107, 336, 55, 285, 9, 8, 151, 10, 108, 337, 69, 299),
    # between nose and lips, corners of the mouth
    *(164, 165, 391, 61, 291),
)
"""Points of the mesh that neither lids nor lips nor jaw move."""


def is_flat(track: FaceTrack) -> bool:
    """True where mesh or skin shows that the face is a picture that is moved."""
    by_mesh = relief(track.points, track.yaw, track.pitch, track.roll)
    by_skin = track.skin_relief
    return (by_mesh is not None and by_mesh < FLAT) or (by_skin is not None and by_skin < SKIN_FLAT)


def relief(points: NDArray[np.floating], yaw: Floats, pitch: Floats, roll: Floats) -> float | None:
    """How much of the depth that the face should have shows as it turns; about 1 for a face.

    ``points`` (N, 468, 3), ``yaw``, ``pitch`` and ``roll`` (N,) as in FaceTrack. About 0 for
    anything flat or gently bent; None where the face turns too little to say.
    """
    if len(points) < 2:
        return None
    middle = middle_of(yaw, pitch)
    off: Floats = np.hypot(yaw - yaw[middle], pitch - pitch[middle])
    near = off <= LEAST_TURN / 4
    inner = np.asarray(points[:, INNER], dtype=np.float64)
    # Yaw and pitch are the head's own, which may lie aside in the picture.
    reference = _mean_shape(inner[near], _upright(inner[middle], float(roll[middle])))
    turned_x = np.sin(np.radians(yaw)) - math.sin(math.radians(float(yaw[near].mean())))
    turned_y = np.sin(np.radians(pitch)) - math.sin(math.radians(float(pitch[near].mean())))
    turned = np.flatnonzero(
        np.hypot(turned_x, turned_y) >= math.sin(math.radians(LEAST_TURN)),
    )
    if not turned.size:
        return None
    basis, _ = np.linalg.qr(monomials(reference[:, :2]))
    depth = rest(reference[:, 2:], basis)[:, 0]
    power = float(depth @ depth)
    found = expected = 0.0
    for n in turned:
        shape = _aligned(inner[n], reference)
        motion = rest(shape[:, :2] - reference[:, :2], basis)
        # What is nearer, of smaller z, goes to the right with a positive yaw and up with a
        # positive pitch; up is the smaller y.
        found += (
            -float(motion[:, 0] @ depth) * turned_x[n] + float(motion[:, 1] @ depth) * turned_y[n]
        )
        expected += power * (turned_x[n] ** 2 + turned_y[n] ** 2)
    return found / expected if expected > 0 else None


def middle_of(yaw: Floats, pitch: Floats) -> int:
    """The picture from the middle of the motion."""
    return int(np.argmin(np.hypot(yaw - np.median(yaw), pitch - np.median(pitch))))


def _mean_shape(shapes: Floats, pattern: Floats) -> Floats:
    centred = pattern - pattern.mean(axis=0)
    scale = float(np.sqrt((centred[:, :2] ** 2).sum(axis=1).mean()))
    pattern = centred / scale
    return np.asarray(np.mean([_aligned(shape, pattern) for shape in shapes], axis=0))


def _upright(shape: Floats, roll: float) -> Floats:
    """The shape as it lies where the head is not rolled; ``roll`` in degrees, clockwise."""
    flat = (shape[:, 0] + 1j * shape[:, 1]) * np.exp(-1j * math.radians(roll))
    return np.stack((flat.real, flat.imag, shape[:, 2]), axis=1)


def _aligned(shape: Floats, pattern: Floats) -> Floats:
    """The shape moved, turned in the picture and scaled to lie nearest to the pattern."""
    shape = shape - shape.mean(axis=0)
    a = shape[:, 0] + 1j * shape[:, 1]
    b = pattern[:, 0] + 1j * pattern[:, 1]
    turn = np.vdot(a, b) / np.maximum(np.vdot(a, a).real, 1e-12)
    flat = a * turn
    return np.stack((flat.real, flat.imag, shape[:, 2] * np.abs(turn)), axis=1)


def monomials(places: Floats) -> Floats:
    """1, x, y, ... up to the third degree: slant, perspective, and a bend along any axis."""
    x, y = places[:, 0], places[:, 1]
    terms: Sequence[Floats] = [x**i * y**j for i in range(4) for j in range(4 - i)]
    return np.stack(terms, axis=1)


def rest(values: Floats, basis: Floats) -> Floats:
    """What the basis, of orthonormal columns, does not explain."""
    return np.asarray(values - basis @ (basis.T @ values))
