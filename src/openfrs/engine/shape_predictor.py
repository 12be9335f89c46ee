"""Five points of a face by a cascade of regression trees, evaluated in numpy.

The method is that of Kazemi and Sullivan, "One millisecond face alignment with an ensemble of
regression trees" (2014), with the trees and conventions of dlib's five-point predictor: outer and
inner corner of the eye on the picture's right, outer and inner corner of the eye on its left, base
of the nose. All trees of a stage, for all faces of a picture, are walked at once.

Points and steps are complex numbers, x + iy: to turn and scale one is to multiply it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import Image

Floats = NDArray[np.float32]
Integers = NDArray[np.intp]
Points = NDArray[np.complexfloating]

POINTS = 5


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the cascade.

    Pixel ``i`` is looked up at point ``anchors[i]`` (of the current estimate) plus ``deltas[i]``
    (in the frame of the mean shape). Tree ``t`` has splits in heap order: ``first[t]`` and
    ``second[t]`` are the pixels compared, ``thresholds[t]`` what their difference must pass to go
    left; ``leaves[t]`` are its answers, (leaves, 5) steps in units of the face's square.
    """

    anchors: Integers
    deltas: Points
    first: Integers
    second: Integers
    thresholds: Floats
    leaves: Points


class ShapePredictor:
    """The five-point predictor. Frozen after start; safe to call from many threads.

    ``mean_shape`` is where the points lie in the unit square of a mean face: (5,) complex.
    """

    def __init__(self, mean_shape: Points, stages: tuple[Stage, ...]) -> None:
        self._mean_shape = mean_shape.astype(np.complex128)
        self._stages = stages
        centred = self._mean_shape - self._mean_shape.mean()
        # The turn that takes the mean shape nearest to another is that shape's product with this.
        self._turn = centred.conj() / np.vdot(centred, centred)

    def points(self, image: Image, frames: NDArray[np.float64]) -> Floats:
        """The five points of each face: (N, 5, 2) float32, in pixels of the picture.

        ``frames`` is (N, 2, 3): the similarity transforms from a unit square to the square of
        each face in the picture, which reaches from the eyebrows to the chin, turned with the
        face. It may leave the picture; pixels outside count as black.
        """
        turn = frames[:, 0, :1] + 1j * frames[:, 1, :1]
        corner = frames[:, 0, 2:] + 1j * frames[:, 1, 2:]
        shapes: Points = np.repeat(self._mean_shape[None], len(frames), axis=0)
        for stage in self._stages:
            # No matrix product: its rounding would depend on how many faces there are.
            steps = turn * (shapes * self._turn).sum(axis=1, keepdims=True) * stage.deltas
            places = (turn * shapes + corner)[:, stage.anchors] + steps
            shapes = shapes + _walked(stage, _brightness(image, places))
        return _coordinates(turn * shapes + corner).astype(np.float32)


def _coordinates(points: Points) -> NDArray[np.float64]:
    """The points as x and y on a last axis."""
    return points.astype(np.complex128, copy=False).view(np.float64).reshape(*points.shape, 2)


def _brightness(image: Image, places: Points) -> NDArray[np.int32]:
    """The brightness, 0..255, of the picture's pixels at these places; black outside it."""
    height, width = image.shape[:2]
    x, y = np.moveaxis(np.rint(_coordinates(places)).astype(np.intp), -1, 0)
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    cells = np.where(inside, y * width + x, 0)
    pixels = image.reshape(-1, 3).take(cells, axis=0).astype(np.int32)
    brightness: NDArray[np.int32] = (pixels[..., 0] + pixels[..., 1] + pixels[..., 2]) // 3
    brightness[~inside] = 0
    return brightness


def _walked(stage: Stage, pixels: NDArray[np.int32]) -> Points:
    """The sum over all trees of the leaf that each face's pixels lead to: (N, 5)."""
    differences = pixels.take(stage.first, axis=1) - pixels.take(stage.second, axis=1)
    # Asking every split at once is cheaper than following each tree to the splits it needs.
    right = (differences <= stage.thresholds).ravel()
    trees, splits = stage.first.shape
    first_split = np.arange(len(pixels) * trees).reshape(-1, trees) * splits
    node = np.zeros_like(first_split)
    for _ in range(splits.bit_length()):
        node = 2 * node + 1 + right.take(first_split + node)
    leaf = np.arange(trees) * (splits + 1) + node - splits
    total: Points = stage.leaves.reshape(-1, POINTS).take(leaf, axis=0).sum(axis=1)
    return total
