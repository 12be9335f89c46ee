"""From the scores of different people to a calibration: which score has which false match rate.

Every picture of one person is compared with every picture of every other. How sure the answer is
depends on people, not on pairs, so the uncertainty is found by drawing people anew (bootstrap).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import Vector
from openfrs.domain.scores import Calibration

SIMILARITIES: Mapping[float, float] = {
    0.5: 0.3,
    1e-1: 0.6,
    1e-2: 0.78,
    1e-3: 0.87,
    1e-4: 0.93,
    1e-5: 0.96,
}
"""The similarity that stands for each false match rate. 0.93 is the vendor's advice for "usually
the same person" (spec 11); the others keep the map rising at an even pace."""

DRAWS = 200
SCORE_DIGITS = 4
_TAIL = 0.02
"""The part of the pairs, the highest, that the bootstrap looks at: enough for rates up to 1e-2."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A score and the false match rate it was measured at; ``low`` to ``high`` hold the score with
    95 % confidence, and are None where that was not worked out."""

    false_match_rate: float
    score: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Measurement:
    """The scores by false match rate, the highest rate first, and what they rest on."""

    people: int
    pictures: int
    non_mated: int
    points: Sequence[Measured]

    def calibration(self) -> Calibration:
        """The map from score to similarity that the measurement makes."""
        middle = (
            (round(point.score, SCORE_DIGITS), SIMILARITIES[point.false_match_rate])
            for point in self.points
        )
        rates = tuple((SIMILARITIES[p.false_match_rate], p.false_match_rate) for p in self.points)
        return Calibration(((-1.0, 0.0), *middle, (1.0, 1.0)), rates)


def measure(people: Sequence[str], vectors: Sequence[Vector], seed: int = 0) -> Measurement:
    """The scores at the rates of SIMILARITIES, given each picture's person and template.

    Raises ValueError with fewer pairs than the lowest rate takes.
    """
    names, owners = np.unique(np.array(people), return_inverse=True)
    scores, first, second = non_mated_scores(owners, np.stack(vectors))
    if len(scores) * min(SIMILARITIES) < 1:
        raise ValueError(
            f"{len(scores)} pairs of different people; {round(1 / min(SIMILARITIES))} are needed"
        )
    ranges = _ranges(scores, first, second, len(names), seed)
    return Measurement(
        people=len(names),
        pictures=len(vectors),
        non_mated=len(scores),
        points=[
            Measured(rate, score_at(scores, rate), *ranges.get(rate, (None, None)))
            for rate in sorted(SIMILARITIES, reverse=True)
        ],
    )


def non_mated_scores(
    owners: NDArray[np.intp], vectors: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.intp]]:
    """Every pair of pictures of different people: the scores, the highest first, and the owners."""
    one, other = np.triu_indices(len(vectors), k=1)
    apart = owners[one] != owners[other]
    one, other = one[apart], other[apart]
    scores = (vectors @ vectors.T)[one, other]
    order = np.argsort(-scores, kind="stable")
    return scores[order], owners[one[order]], owners[other[order]]


def score_at(scores: NDArray[np.float32], rate: float) -> float:
    """The score that the part ``rate`` of the pairs reaches; ``scores`` fall."""
    return float(scores[max(int(rate * len(scores) + 1e-9) - 1, 0)])


def _ranges(
    scores: NDArray[np.float32],
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    people: int,
    seed: int,
) -> dict[float, tuple[float, float]]:
    """Between which scores each of the lower rates lies in 95 of 100 draws of the people."""
    dice = np.random.default_rng(seed)
    tail = int(len(scores) * _TAIL)
    rates = [rate for rate in SIMILARITIES if rate * 2 <= _TAIL]
    found: dict[float, list[float]] = {rate: [] for rate in rates}
    for _ in range(DRAWS):
        times = np.bincount(dice.integers(0, people, people), minlength=people)
        weights = times[first] * times[second]
        reached = np.cumsum(weights[:tail]) / weights.sum()
        for rate in rates:
            place = min(int(np.searchsorted(reached, rate)), tail - 1)
            found[rate].append(float(scores[place]))
    return {
        rate: (float(np.percentile(drawn, 2.5)), float(np.percentile(drawn, 97.5)))
        for rate, drawn in found.items()
    }
