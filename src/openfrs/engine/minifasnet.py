"""Passive liveness by MiniFASNet: how live a face looks, with more and with less around it."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import BoundingBox, DetectedFace, Image
from openfrs.engine.session import Session

SIDE = 80
LIVE = 1
"""The class of live faces; the other two are attacks."""

ENLARGED = {"minifasnet-2.7": 2.7, "minifasnet-4.0": 4.0}
"""By family, how many times the box's size a network's crop has."""


class MiniFASNet:
    """One or several networks, each with the enlargement of its crops. Safe to share by threads."""

    def __init__(self, networks: Sequence[tuple[float, Session]]) -> None:
        self._networks = networks

    def live_score(self, image: Image, face: DetectedFace) -> float:
        """The mean of the networks' probabilities that the face is live, 0..1."""
        scores = [
            network.run(crop(image, face.bounding_box, enlarged)[None])[0][0, LIVE]
            for enlarged, network in self._networks
        ]
        return float(np.mean(scores))


def crop(image: Image, box: BoundingBox, enlarged: float) -> NDArray[np.uint8]:
    """The box and what is around it, (80, 80, 3) uint8 RGB.

    The box grows about its middle, by so much at most that it fits into the picture, and is
    shifted inside where it would leave it.
    """
    height, width = image.shape[:2]
    scale = min(enlarged, width / box.width, height / box.height)
    sides = np.minimum(np.rint(np.array((box.width, box.height)) * scale), (width, height))
    middle = np.array((box.top_left_x + box.width / 2, box.top_left_y + box.height / 2))
    start = np.clip(np.rint(middle - sides / 2), 0, np.array((width, height)) - sides).astype(int)
    end = start + sides.astype(int)
    part = image[start[1] : end[1], start[0] : end[0]]
    return np.asarray(cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.uint8)
