"""From a raw comparison score to the similarity that clients see (spec 11)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

SIMILARITY_DIGITS = 6
USUALLY_THE_SAME = 0.93
"""Above this similarity two pictures usually show one person (spec 11)."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A monotone, piecewise linear map from cosine score to similarity.

    ``points`` are (score, similarity) pairs, both strictly rising, from score -1 to 1 and from
    similarity 0 to 1. They come with the model pack, measured so that 0.93 is met at a stated
    false match rate. ``rates`` are (similarity, false match rate) pairs, the similarity rising and
    the rate falling, for as many similarities as it was measured for.

    Raises ValueError where the points do not rise or do not cover the range, or a rate does not
    fall or is none.
    """

    points: Sequence[tuple[float, float]]
    rates: Sequence[tuple[float, float]] = ()

    def __post_init__(self) -> None:
        if not self.points or self.points[0] != (-1, 0) or self.points[-1] != (1, 1):
            raise ValueError("a calibration runs from (-1, 0) to (1, 1)")
        if not all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(self.points)):
            raise ValueError("the points of a calibration rise strictly")
        if not all(0 < similarity <= 1 and 0 < rate <= 1 for similarity, rate in self.rates):
            raise ValueError("similarities and false match rates lie in 0..1, above 0")
        if not all(a[0] < b[0] and a[1] > b[1] for a, b in pairwise(self.rates)):
            raise ValueError("false match rates fall strictly as the similarity rises")

    def similarity(self, score: float) -> float:
        """The similarity of a score, in 0..1, rounded to six digits as the wire shows it.

        Rounding happens here, so that a threshold compares with the very number clients see.
        """
        return self.similarities([score])[0]

    def least_score(self, similarity: float) -> float:
        """A score that no face of this similarity or more lies below; near to the greatest such.

        Similarities are rounded, so the score is that of half a step less.
        """
        known, similarities = zip(*self.points, strict=True)
        score = float(np.interp(similarity - 10.0**-SIMILARITY_DIGITS, similarities, known))
        return score - 1e-9 if score > -1 else -math.inf

    def similarities(self, scores: Sequence[float]) -> list[float]:
        """The similarity of each score."""
        known, similarities = zip(*self.points, strict=True)
        found: list[float] = (
            np.interp(scores, known, similarities).round(SIMILARITY_DIGITS).tolist()
        )
        return found
