"""Face chips to unit templates with dlib's recognition network."""

from collections.abc import Sequence

import cv2
import numpy as np

from openfrs.domain.faces import Image, Vector
from openfrs.engine.session import Session

CHIP_SIDE = 150
PADDING = 0.25
"""The margin around the face that the network was trained with."""

BATCH = 4
"""Most chips of one run, each with its mirror image: memory stays bounded in a crowd."""


class DlibTemplates:
    """The template network. Frozen after start; safe to call from many threads."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def templates(self, chips: Sequence[Image]) -> Sequence[Vector]:
        """One template a chip, (D,) float32 of unit length, in the order given.

        Each is the mean of the network's answers to the chip and to its mirror image, which is
        better than either alone (docs/explanation/scores.md).
        """
        found: list[Vector] = []
        for start in range(0, len(chips), BATCH):
            some = chips[start : start + BATCH]
            both = np.stack((*some, *(cv2.flip(chip, 1) for chip in some)))
            straight, mirrored = np.split(self._session.run(both)[0], 2)
            means = (straight + mirrored) / 2
            found.extend(means / np.linalg.norm(means, axis=1, keepdims=True))
        return found
