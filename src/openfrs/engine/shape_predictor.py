"""Five points of a face by a cascade of regression trees, evaluated in numpy.

The method is that of Kazemi and Sullivan, "One millisecond face alignment with an ensemble of
regression trees" (2014), with the trees and conventions of dlib's five-point predictor: outer and
inner corner of the eye on the picture's right, outer and inner corner of the eye on its left, base
of the nose. All trees of a stage are walked at once.

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


@dataclass(frozen=True, slots=True)
class _Cascade:
    """A stage as it is evaluated: the same, laid out flat for one take after the other.

    ``first`` and ``second`` are the pixels of split after split, ``thresholds`` their limits in
    whole numbers, as the differences are; ``starts`` is where each tree's splits begin, and
    ``leaf_starts`` where its ``leaves``, (trees * leaves, 10) coordinates, do.
    """

    anchors: Integers
    deltas: Points
    first: Integers
    second: Integers
    thresholds: NDArray[np.int16]
    starts: Integers
    leaf_starts: Integers
    levels: int
    leaves: Floats


def _laid_out(stage: Stage) -> _Cascade:
    trees, splits = stage.first.shape
    limit = np.floor(stage.thresholds).clip(-256, 256)  # beyond, no difference passes or all do
    return _Cascade(
        anchors=stage.anchors.astype(np.intp),
        deltas=stage.deltas.astype(np.complex128),
        first=stage.first.astype(np.intp).ravel(),
        second=stage.second.astype(np.intp).ravel(),
        thresholds=limit.astype(np.int16).ravel(),
        starts=np.arange(trees) * splits,
        leaf_starts=np.arange(trees) * (splits + 1) - splits,
        levels=splits.bit_length(),
        leaves=np.ascontiguousarray(stage.leaves, np.complex64)
        .reshape(-1, POINTS)
        .view(np.float32),
    )


class ShapePredictor:
    """The five-point predictor. Frozen after start; safe to call from many threads.

    ``mean_shape`` is where the points lie in the unit square of a mean face: (5,) complex.
    """

    def __init__(self, mean_shape: Points, stages: tuple[Stage, ...]) -> None:
        self._mean_shape = mean_shape.astype(np.complex128)
        self._stages = [_laid_out(stage) for stage in stages]
        centred = self._mean_shape - self._mean_shape.mean()
        # The turn that takes the mean shape nearest to another is that shape's product with this.
        self._turn = centred.conj() / np.vdot(centred, centred)

    def points(self, image: Image, frames: NDArray[np.float64]) -> Floats:
        """The five points of each face: (N, 5, 2) float32, in pixels of the picture.

        ``frames`` is (N, 2, 3): the similarity transforms from a unit square to the square of
        each face in the picture, which reaches from the eyebrows to the chin, turned with the
        face. It may leave the picture; pixels outside count as black.
        """
        found = [self._of_face(image, frame) for frame in frames]
        return np.asarray(found, dtype=np.float32).reshape(-1, POINTS, 2)

    def _of_face(self, image: Image, frame: NDArray[np.float64]) -> NDArray[np.float64]:
        turn, corner = complex(*frame[:, 0]), complex(*frame[:, 2])
        shape = self._mean_shape
        for stage in self._stages:
            places = (turn * shape + corner).take(stage.anchors)
            places += (turn * (shape * self._turn).sum()) * stage.deltas
            shape = shape + _walked(stage, _brightness(image, places))
        return (turn * shape + corner).view(np.float64)


def _brightness(image: Image, places: Points) -> NDArray[np.int16]:
    """The brightness, 0..255, of the picture's pixels at these places; black outside it."""
    height, width = image.shape[:2]
    x, y = np.rint(places.view(np.float64).reshape(-1, 2).T).astype(np.intp)
    cells = y * width + x
    within = x.min() >= 0 and y.min() >= 0 and x.max() < width and y.max() < height
    if not within:
        inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        cells = np.where(inside, cells, 0)
    red, green, blue = image.reshape(-1, 3).take(cells, axis=0).T.astype(np.int16)
    brightness: NDArray[np.int16] = (red + green + blue) // np.int16(3)
    if not within:
        brightness[~inside] = 0
    return brightness


def _walked(stage: _Cascade, pixels: NDArray[np.int16]) -> Points:
    """The sum over all trees of the leaf that a face's pixels lead to: (5,)."""
    differences = pixels.take(stage.first) - pixels.take(stage.second)
    # Asking every split at once is cheaper than following each tree to the splits it needs.
    right = differences <= stage.thresholds
    node = np.zeros_like(stage.starts)
    for _ in range(stage.levels):
        turned = right.take(node + stage.starts)
        node += node + 1
        node += turned
    node += stage.leaf_starts
    total: Points = stage.leaves.take(node, axis=0).sum(axis=0).view(np.complex64)
    return total
