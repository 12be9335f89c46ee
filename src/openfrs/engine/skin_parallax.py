"""Whether the pictures of a turning face show its depth, whatever the mesh claims to see in them.

Two pictures of a sheet, held at any slant and bent in any gentle way, are brought to match by a
smooth map: a polynomial of the third degree. Two pictures of a head match better where the nose is
moved against the cheeks as well, by its depth over them and the turn (``domain/relief``). The map
and the share of that motion which makes two pictures match best are found together, by least
squares over the brightness of the skin (Lucas and Kanade 1981; Baker and Matthews 2004).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import Image
from openfrs.domain.relief import INNER, middle_of, monomials, rest

Floats = NDArray[np.float64]
Plane = NDArray[np.float32]

FACE_WIDTH = 160
"""Pixels to which a face is brought."""
MARGIN = 0.1
"""Around the face, in face widths: what is found may lie a little outside the mesh."""
LEAST_TURN = 10.0
"""Degrees between two pictures by which the depth shows; a smaller turn is no action either."""
MOST_TURN = 30.0
"""Degrees beyond which the sides of the nose come and go."""
TURNED = 8
"""Pictures compared with each reference."""
SPACING = 3
"""Pixels between the places that are compared."""
FEWEST_PLACES = 200
"""Without which nothing is said; a face has about 1,500."""
STEPS = 6
"""Of the least squares."""
LEAST_MATCH = 0.6
"""Correlation below which two pictures do not match in any way, and say nothing."""
SLACK = 0.02
"""Holds the polynomial where the skin has no looks to go by."""
FARTHEST = (-1.0, 3.0)
"""Shares of the motion beyond which two pictures are not followed."""

_INNER = list(INNER)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A face cut out: ``grey`` (H, W), and the mesh (468, 3) in its pixels."""

    grey: NDArray[np.uint8]
    points: Floats


@dataclass(slots=True)
class SkinParallax:
    """Keeps the faces of a track, to tell at its end. Not for several threads."""

    _kept: list[_Kept] = field(default_factory=list)

    def keep(self, image: Image, points: NDArray[np.float32]) -> None:
        """Takes the next picture of the track, with the face's mesh (468, 3) in it."""
        self._kept.append(_cut_out(image, points))

    def relief(self, yaw: Floats, pitch: Floats, roll: Floats) -> float | None:
        """How much of its depth the face shows in the pictures; about 1 for a head, 0 for a sheet.

        ``yaw``, ``pitch`` and ``roll`` (N,) in degrees, of the pictures kept. None where the face
        turns too little, or no two pictures match.
        """
        shares, weights = 0.0, 0.0
        for first in _references(yaw, pitch):
            degrees = np.hypot(yaw - yaw[first], pitch - pitch[first])
            turned = np.flatnonzero((degrees >= LEAST_TURN) & (degrees <= MOST_TURN))
            if not turned.size:
                continue
            places = _places(self._kept[first])
            if len(places) < FEWEST_PLACES:
                continue
            reference = _Reference(self._kept[first], places)
            for n in turned[np.linspace(0, len(turned) - 1, TURNED).astype(int)]:
                # What is nearer, of smaller z, goes to the head's left with a positive yaw and
                # up with a positive pitch; the head may itself lie aside in the picture.
                aside, up = _sine(yaw[n]) - _sine(yaw[first]), _sine(pitch[n]) - _sine(pitch[first])
                turn = complex(-aside, up) * np.exp(1j * math.radians(roll[n]))
                found = reference.share_of_depth(self._kept[n], turn)
                if found is not None:
                    shares, weights = shares + found[0] * found[1], weights + found[1]
        return shares / weights if weights > 0 else None


class _Reference:
    """A face that others are laid over: the places compared, how they look, and their depth."""

    def __init__(self, kept: _Kept, places: Floats) -> None:
        inner = kept.points[_INNER]
        self._middle = inner[:, :2].mean(axis=0)
        self._scale = float(np.sqrt(((inner[:, :2] - self._middle) ** 2).sum(axis=1).mean()))
        self._terms = self._polynomial(places)
        self._basis, _ = np.linalg.qr(self._terms)
        self._inner_terms = self._polynomial(inner[:, :2])
        self._depth = rest(_depth(places, inner), self._basis)
        self._looks = _sampled(_looks(kept.grey), places)

    def share_of_depth(self, kept: _Kept, turn: complex) -> tuple[float, float] | None:
        """The share that matches best, and its weight: how surely the looks of the skin tell it.

        ``turn`` is how far depth moves across (real) and down the picture (imaginary), as the mesh
        claims it. None where the pictures do not match.
        """
        parallax = np.outer(self._depth, (turn.real, turn.imag))
        start = np.linalg.lstsq(self._inner_terms, kept.points[_INNER, :2], rcond=None)[0]
        places = self._terms @ start
        looks = _looks(kept.grey)
        to_right, down = _slope(looks, 1, 0), _slope(looks, 0, 1)
        degree = self._basis.shape[1]
        slack = np.append(np.full(2 * degree, SLACK), 1e-6)
        smooth, share = np.zeros((degree, 2)), 0.5
        for _ in range(STEPS):
            at = places + self._basis @ smooth + share * parallax
            seen, x, y = _sampled(looks, at), _sampled(to_right, at), _sampled(down, at)
            error = self._looks - seen
            change = np.column_stack(
                (
                    x[:, np.newaxis] * self._basis,
                    y[:, np.newaxis] * self._basis,
                    x * parallax[:, 0] + y * parallax[:, 1],
                )
            )
            weight = 1 / (1 + np.abs(error))  # glints and shadows count less
            weighted = change * weight[:, np.newaxis]
            normal = weighted.T @ change + np.diag(slack)
            step = np.linalg.solve(normal, weighted.T @ error)
            smooth += step[:-1].reshape(2, degree).T
            share = float(np.clip(share + step[-1], *FARTHEST))
        if not _match(self._looks, seen) >= LEAST_MATCH:
            return None
        alone = normal[-1, -1] - normal[-1, :-1] @ np.linalg.solve(
            normal[:-1, :-1], normal[:-1, -1]
        )
        return share, float(alone / max(float((weight * error**2).mean()), 1e-6))

    def _polynomial(self, places: Floats) -> Floats:
        return monomials((places - self._middle) / self._scale)


def _references(yaw: Floats, pitch: Floats) -> Iterator[int]:
    """The pictures from the middle and the ends of the motion."""
    if len(yaw):
        ends = (yaw.argmax(), yaw.argmin(), pitch.argmax(), pitch.argmin())
        yield from dict.fromkeys((middle_of(yaw, pitch), *map(int, ends)))


def _cut_out(image: Image, points: NDArray[np.float32]) -> _Kept:
    flat = points[:, :2].astype(np.float64)
    width = max(float(np.ptp(flat, axis=0).min()), 1.0)  # whichever way the face lies
    margin = MARGIN * width
    height, across = image.shape[:2]
    low = np.clip(np.floor(flat.min(axis=0) - margin), 0, (across - 1, height - 1)).astype(int)
    high = np.clip(np.ceil(flat.max(axis=0) + margin), low + 1, (across, height)).astype(int)
    grey = cv2.cvtColor(image[low[1] : high[1], low[0] : high[0]], cv2.COLOR_RGB2GRAY)
    scale = FACE_WIDTH / width
    size = np.maximum(np.round(scale * (high - low)), 1).astype(int)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(grey, (int(size[0]), int(size[1])), interpolation=how)
    by = size / (high - low)
    moved = np.column_stack(((flat - low + 0.5) * by - 0.5, points[:, 2] * scale))
    return _Kept(np.asarray(small, dtype=np.uint8), moved)


def _looks(grey: NDArray[np.uint8]) -> Plane:
    """The detail of the skin, of one strength everywhere: what light and shade leave alone."""
    fine = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    detail = fine - cv2.GaussianBlur(fine, (0, 0), FACE_WIDTH / 14)
    strength = cv2.GaussianBlur(detail * detail, (0, 0), FACE_WIDTH / 10)
    return np.asarray(detail / (np.sqrt(np.maximum(strength, 0)) + 2), dtype=np.float32)


def _slope(looks: Plane, x: int, y: int) -> Plane:
    return np.asarray(cv2.Sobel(looks, cv2.CV_32F, x, y, ksize=3) / 8, dtype=np.float32)


def _sampled(plane: Plane, places: Floats) -> Floats:
    x, y = places.astype(np.float32).T[:, :, np.newaxis]
    found = cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found[:, 0], dtype=np.float64)


def _places(kept: _Kept) -> Floats:
    """(K, 2): a grid over the part of the face that neither lids nor lips nor jaw move."""
    outline = cv2.convexHull(kept.points[_INNER, :2].round().astype(np.int32))
    mask = cv2.fillConvexPoly(np.zeros(kept.grey.shape, np.uint8), outline, 1)
    rows, columns = np.nonzero(np.asarray(mask)[::SPACING, ::SPACING])
    return SPACING * np.column_stack((columns, rows)).astype(np.float64)


def _depth(places: Floats, inner: Floats) -> Floats:
    """(K,): the mesh's depth at each place, between its three nearest points."""
    apart = np.linalg.norm(places[:, np.newaxis] - inner[np.newaxis, :, :2], axis=2)
    nearest = np.argpartition(apart, 3, axis=1)[:, :3]
    weights = 1 / np.maximum(np.take_along_axis(apart, nearest, axis=1), 0.5)
    return np.asarray((inner[nearest, 2] * weights).sum(axis=1) / weights.sum(axis=1))


def _match(one: Floats, other: Floats) -> float:
    """Their correlation; 0 where one of them is the same everywhere."""
    a, b = one - one.mean(), other - other.mean()
    return float(a @ b / max(math.sqrt((a @ a) * (b @ b)), 1e-12))


def _sine(degrees: float) -> float:
    return math.sin(math.radians(degrees))
