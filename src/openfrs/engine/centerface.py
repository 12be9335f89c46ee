"""Faces by CenterFace: bounded copies of the picture, decoding of the network's maps, merging.

The network (Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019)
answers on a grid of 4 pixels with a heat map of face centres, the log of height and width, an
offset inside the cell, and five landmarks in units of the box.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import BoundingBox, DetectedFace, Image
from openfrs.engine.session import Session

Floats = NDArray[np.float32]

STRIDE = 4
MULTIPLE = 32
"""The sides that the network takes are multiples of this."""

BATCH = 16

MIN_SCORE = 0.5
MAX_OVERLAP = 0.3
"""Two boxes of one copy that share more than this of their union are one face."""
MAX_INSIDE = 0.7
"""A box with more than this of itself inside a better one is part of that face."""

LONG_SIDE = 640
SHRINK = 4
"""The close copy has the picture's own size up to LONG_SIDE, and never less than 1 / SHRINK of it:
an 80-pixel face, the smallest that is promised (spec 10), stays at least 20 pixels wide."""

OVERVIEW = 192
BORDER = 32
"""The overview copy has this long side, and this border on each side: faces that fill the picture
are too large for the network in the close copy, and are found here."""
CLOSE_MAX_FACE = 384
"""Faces of the close copy as large as this, in its pixels, are seen better in the overview: the
network puts boxes of half a face on them, and is sure of them."""
OVERVIEW_MIN_FACE = 40
"""Faces of the overview smaller than this, in its pixels, are seen better in the close copy."""


@dataclass(frozen=True, slots=True)
class Found:
    """Faces in pixels of some picture: boxes (N, 4) as left, top, right, bottom; scores (N,) in
    0..1; landmarks (N, 5, 2). All float32."""

    boxes: Floats
    scores: Floats
    landmarks: Floats

    def __getitem__(self, rows: NDArray[np.integer]) -> "Found":
        return Found(self.boxes[rows], self.scores[rows], self.landmarks[rows])

    def long_sides(self) -> Floats:
        """(N,) float32: the longer side of each box."""
        return np.asarray((self.boxes[:, 2:] - self.boxes[:, :2]).max(axis=1), dtype=np.float32)

    def joined(self, other: "Found") -> "Found":
        """These faces and the others."""
        return Found(
            np.concatenate((self.boxes, other.boxes)),
            np.concatenate((self.scores, other.scores)),
            np.concatenate((self.landmarks, other.landmarks)),
        )

    def moved(self, scale: Floats, shift: int) -> "Found":
        """The same faces in the picture of which theirs is a scaled (x, y) and shifted copy."""
        corners = (self.boxes.reshape(-1, 2, 2) - np.float32(shift)) / scale
        landmarks = (self.landmarks - np.float32(shift)) / scale
        return Found(
            np.asarray(corners.reshape(-1, 4), dtype=np.float32),
            self.scores,
            np.asarray(landmarks, dtype=np.float32),
        )


def decode(maps: Sequence[Floats], min_score: float) -> Found:
    """The faces in one picture's four output maps, best first, overlapping ones included."""
    heat = maps[0][0, 0]
    cells = np.flatnonzero(heat > min_score)
    cells = cells[np.argsort(-heat.take(cells), kind="stable")]
    _, logs, offsets, places = (
        one[0].reshape(one.shape[1], -1).take(cells, axis=1) for one in maps
    )
    height, width = sizes = np.exp(logs) * STRIDE
    grid = np.stack(np.divmod(cells, heat.shape[1])).astype(np.float32)
    top, left = (grid + offsets + np.float32(0.5)) * STRIDE - sizes / 2
    boxes = np.stack((left, top, left + width, top + height), axis=1)
    landmarks = np.stack((left + places[1::2] * width, top + places[::2] * height), axis=2)
    return Found(boxes, heat.take(cells), landmarks.transpose(1, 0, 2))


def overlaps(box: Floats, boxes: Floats) -> tuple[Floats, Floats]:
    """What one box has in common with each of ``boxes``: as part of both, and as part of those.

    Both are (N,) float32 in 0..1; the first is intersection over union.
    """
    corner = np.maximum(box[:2], boxes[:, :2])
    opposite = np.minimum(box[2:], boxes[:, 2:])
    common = np.prod(np.maximum(opposite - corner, 0), axis=1)
    areas = np.maximum(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), np.float32(1e-6))
    union = areas + np.prod(box[2:] - box[:2]) - common
    return common / union, common / areas


def merged(found: Found, max_overlap: float, max_inside: float) -> Found:
    """The faces, best first, without those that overlap a better one or lie inside it."""
    kept = []
    left = np.argsort(-found.scores, kind="stable")
    while left.size:
        best, left = left[0], left[1:]
        kept.append(best)
        share, inside = overlaps(found.boxes[best], found.boxes[left])
        left = left[(share <= max_overlap) & (inside <= max_inside)]
    return found[np.array(kept, dtype=np.intp)]


class CenterFace:
    """The detector. Frozen after start; safe to call from many threads."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def detect(self, image: Image, min_score: float = MIN_SCORE) -> Sequence[DetectedFace]:
        """Every face of the picture that scores more than ``min_score``, the largest first."""
        height, width = image.shape[:2]
        long_side = max(height, width)
        close = _close_copy(image)
        found = self._faces(_overview(close), BORDER, image, min_score)
        if long_side > OVERVIEW:
            near = self._faces(close, 0, image, min_score)
            large = found.long_sides() * OVERVIEW > OVERVIEW_MIN_FACE * long_side
            small = near.long_sides() * max(close.shape[:2]) < CLOSE_MAX_FACE * long_side
            found = found[np.flatnonzero(large)].joined(near[np.flatnonzero(small)])
        found = merged(found, MAX_OVERLAP, MAX_INSIDE)
        faces = [
            DetectedFace(_clamped(box, width, height), landmarks, float(score))
            for box, score, landmarks in zip(
                found.boxes, found.scores, found.landmarks, strict=True
            )
        ]
        return sorted(faces, key=lambda face: face.bounding_box.area, reverse=True)

    def certainty(self, chips: Sequence[Image]) -> Sequence[float]:
        """How sure it is of a face in the middle of each chip, 0..1.

        The chips are of one size, whose sides are multiples of 32.
        """
        found: list[float] = []
        for start in range(0, len(chips), BATCH):
            batch = np.stack(chips[start : start + BATCH]).transpose(0, 3, 1, 2)
            heat = self._session.run(np.ascontiguousarray(batch, dtype=np.float32))[0][:, 0]
            rows, columns = heat.shape[1] // 4, heat.shape[2] // 4
            middle = heat[:, rows : heat.shape[1] - rows, columns : heat.shape[2] - columns]
            found += middle.max(axis=(1, 2)).tolist()
        return found

    def _faces(self, copy: Image, border: int, image: Image, min_score: float) -> Found:
        """The faces that a copy of the picture shows within a border, in the picture's pixels."""
        rows, columns = copy.shape[:2]
        sides = [-(-(side + 2 * border) // MULTIPLE) * MULTIPLE for side in (rows, columns)]
        batch = np.zeros((1, 3, *sides), dtype=np.float32)
        for plane, channel in zip(batch[0], cv2.split(copy), strict=True):
            plane[border : border + rows, border : border + columns] = channel
        scale = np.array([columns / image.shape[1], rows / image.shape[0]], dtype=np.float32)
        return decode(self._session.run(batch), min_score).moved(scale, border)


def _close_copy(image: Image) -> Image:
    """The picture itself, or smaller."""
    long_side = max(image.shape[:2])
    scale = max(LONG_SIDE / long_side, 1 / SHRINK)
    return image if scale >= 1 else _resized(image, scale, cv2.INTER_AREA)


def _overview(image: Image) -> Image:
    """The picture with a long side of OVERVIEW."""
    # Halving first is four times as fast as averaging down in one step, and as good.
    while max(image.shape[:2]) >= 2 * OVERVIEW:
        image = _resized(image, 0.5, cv2.INTER_AREA)
    return _resized(image, OVERVIEW / max(image.shape[:2]), cv2.INTER_LINEAR)


def _resized(image: Image, scale: float, how: int) -> Image:
    rows, columns = (max(1, round(side * scale)) for side in image.shape[:2])
    return np.asarray(cv2.resize(image, (columns, rows), interpolation=how), dtype=np.uint8)


def _clamped(box: Floats, width: int, height: int) -> BoundingBox:
    """The box in whole pixels, inside the picture, at least one pixel wide and high."""
    left, top, right, bottom = (round(float(edge)) for edge in box)
    left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
    right, bottom = min(max(right, left + 1), width), min(max(bottom, top + 1), height)
    return BoundingBox(width=right - left, height=bottom - top, top_left_x=left, top_left_y=top)
