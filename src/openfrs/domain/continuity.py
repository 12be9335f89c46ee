"""Whether a video shows one person in one go, or was put together."""

from collections.abc import Sequence

import numpy as np

from openfrs.domain.face_track import FaceTrack, Signal
from openfrs.domain.faces import Template
from openfrs.domain.scores import Calibration

GAP_SECONDS = 0.5
"""The longest time for which the face may be lost."""
LEAP = 1.0
"""Widths of a face that the face cannot move in one step, be the step as short as it may."""
LEAP_SPEED = 6.0
"""Widths of a face that a face cannot move in a second."""
CHANGE = 0.25
"""Mean change of brightness, as part of the full range, of a picture that belongs elsewhere."""
SAME_PERSON = 0.78
"""Similarity: one stranger in a hundred reaches it, see docs/explanation/scores.md. Two pictures
of one person within a video are far more alike; who swaps himself for another cannot choose him
among a hundred."""


def is_cut(track: FaceTrack) -> bool:
    """True where face or picture leap from one place to another."""
    if len(track.times) < 2:
        return False
    steps = np.diff(track.times)
    if steps.max() > GAP_SECONDS:
        return True
    leaps = _leaps(track)
    return bool(
        (leaps > np.maximum(LEAP, LEAP_SPEED * steps)).any() or (track.changes[1:] > CHANGE).any()
    )


def _leaps(track: FaceTrack) -> Signal:
    """(N - 1,): how far the face moves from picture to picture, in widths of the face.

    A change of size counts too.
    """
    flat = track.points[:, :, :2].astype(np.float64)
    sizes = flat[:, :, 0].max(axis=1) - flat[:, :, 0].min(axis=1)
    sizes = np.maximum(sizes, 1.0)
    moved = np.linalg.norm(np.diff(flat.mean(axis=1), axis=0), axis=1)
    smaller = np.minimum(sizes[1:], sizes[:-1])
    return np.asarray(np.maximum(moved, np.abs(np.diff(sizes))) / smaller)


def least_similarity(samples: Sequence[Template], calibration: Calibration) -> float:
    """The similarity, 0..1, of the sample least like the others' mean; 1 for fewer than two."""
    if len(samples) < 2:
        return 1.0
    vectors = np.stack([sample.vector for sample in samples]).astype(np.float64)
    scores = []
    for n, vector in enumerate(vectors):
        others = np.delete(vectors, n, axis=0)
        scores.append(float(np.median(others @ vector)))
    return calibration.similarity(min(max(min(scores), -1.0), 1.0))


def is_one_person(track: FaceTrack, calibration: Calibration) -> bool:
    """True where no template of the track belongs to somebody else."""
    return least_similarity(track.samples, calibration) >= SAME_PERSON
