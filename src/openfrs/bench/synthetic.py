"""Synthetic templates that crowd together as those of real faces do; no picture is involved.

An identity is a centre, its samples lie around it. Centres and deviations share one decaying
spectrum, turned by a random rotation so that no coordinate is special: the cosine of two samples
of one identity is about 1 / (1 + NOISE**2) = 0.64, and strangers come closer to each other than
directions drawn evenly would.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLES = 5  # of each identity, one after the other
SPECTRUM = -0.35  # exponent: the j-th axis is j**SPECTRUM wide
NOISE = 0.75
SEED = 2026
IDENTITIES_A_BLOCK = 8192

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Templates:
    """Stored faces and the probes to look for them with.

    ``matrix`` is (faces, D) and ``queries`` (Q, D), both float32 rows of unit length;
    ``identities`` is (Q,) int64: query q is a new sample of whom the faces from
    ``SAMPLES * identities[q]`` on belong to.
    """

    matrix: Matrix
    queries: Matrix
    identities: NDArray[np.int64]


def make_templates(faces: int, dimension: int, queries: int, *, seed: int = SEED) -> Templates:
    """Templates and probes that depend on nothing but these numbers."""
    dice = np.random.default_rng([seed, faces, dimension])
    spectrum = np.arange(1, dimension + 1, dtype=np.float32) ** np.float32(SPECTRUM)
    rotation = np.linalg.qr(dice.standard_normal((dimension, dimension)))[0]
    axes = (spectrum[:, None] * rotation).astype(np.float32)
    people = -(-faces // SAMPLES)
    identities = dice.integers(people, size=queries)
    matrix = np.empty((faces, dimension), np.float32)
    probes = np.empty((queries, dimension), np.float32)
    for first in range(0, people, IDENTITIES_A_BLOCK):
        number = min(IDENTITIES_A_BLOCK, people - first)
        centres = dice.standard_normal((number, dimension), np.float32)
        rows = matrix[first * SAMPLES : (first + number) * SAMPLES]
        rows[:] = _samples(np.repeat(centres, SAMPLES, axis=0)[: len(rows)], axes, dice)
        asked = np.flatnonzero((identities >= first) & (identities < first + number))
        probes[asked] = _samples(centres[identities[asked] - first], axes, dice)
    return Templates(matrix, probes, identities)


def _samples(centres: Matrix, axes: Matrix, dice: np.random.Generator) -> Matrix:
    """One sample a centre: (N, D) float32 rows of unit length."""
    drawn = dice.standard_normal(centres.shape, np.float32)
    drawn *= np.float32(NOISE)
    drawn += centres
    rows: Matrix = drawn @ axes
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows
