"""Spots of a face's skin followed from picture to picture by what they look like.

The mesh network knows how faces move and sees it even where there is only paper. These spots know
nothing of faces: they go where the picture goes (Shi and Tomasi 1994; Lucas and Kanade 1981).
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs.domain.face_track import SkinPatch
from openfrs.domain.faces import Image
from openfrs.domain.relief import INNER

FACE_WIDTH = 200
"""Pixels of the face's width to which larger pictures are reduced."""
SPOTS = 200
LEAST_LEFT = 0.6
"""With a smaller part of the spots left, new ones are sought."""
WINDOW = 17
"""Side of what is compared, in pixels of a face of FACE_WIDTH. Of a smaller face it is smaller: a
window that holds a nose and the cheeks beside it moves with neither."""
LEAST_WINDOW = 7
SIDES = (234, 454)
"""Points of the mesh before the ears."""
ASTRAY = 0.7
"""A spot that is so many pixels from its start, when it is followed back again, is lost."""

_INNER = np.array(INNER)
_IS_INNER = np.isin(np.arange(468), INNER)


@dataclass(slots=True)
class SkinFlow:
    """Follows spots of one face. Not for several threads."""

    patches: list[SkinPatch] = field(default_factory=list)
    _grey: NDArray[np.uint8] | None = None
    _scale: float = 1.0
    _window: int = WINDOW
    _places: list[NDArray[np.float32]] = field(default_factory=list)
    _start: int = 0

    def follow(self, number: int, image: Image, points: NDArray[np.float32]) -> None:
        """Takes the track's next picture, by its number there, with the face's mesh."""
        if self._grey is not None:
            grey = _reduced(image, self._scale)
            if grey.shape == self._grey.shape and number == self._start + len(self._places):
                self._places.append(_followed(self._grey, grey, self._places[-1], self._window))
                self._grey = grey
                if np.isfinite(self._places[-1][:, 0]).sum() >= LEAST_LEFT * len(self._places[0]):
                    return
        self.finish()
        width = _width(points)
        self._scale = min(1.0, FACE_WIDTH / width)
        self._window = max(LEAST_WINDOW, round(WINDOW * min(1.0, width / FACE_WIDTH)))
        self._grey = _reduced(image, self._scale)
        self._places = [_sought(self._grey, points[:, :2] * self._scale)]
        self._start = number

    def finish(self) -> None:
        """Closes the patch under way."""
        if len(self._places) > 1:
            places = np.stack(self._places).astype(np.float64) / self._scale
            self.patches.append(SkinPatch(self._start, places))
        self._places = []
        self._grey = None


def _width(points: NDArray[np.float32]) -> float:
    """Pixels from one side of the face to the other, however it lies and turns; at least 1."""
    return max(float(np.linalg.norm(points[SIDES[0]] - points[SIDES[1]])), 1.0)


def _reduced(image: Image, scale: float) -> NDArray[np.uint8]:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(grey, dtype=np.uint8)


def _sought(grey: NDArray[np.uint8], points: NDArray[np.float32]) -> NDArray[np.float32]:
    """(K, 2): the most distinct spots of the face that neither lids nor lips nor jaw move."""
    mask = np.zeros_like(grey)
    outline = cv2.convexHull(points[_INNER].astype(np.float32))
    cv2.fillConvexPoly(mask, np.round(outline).astype(np.int32), 255)
    distance = _width(points) / 30
    found = cv2.goodFeaturesToTrack(grey, SPOTS, 0.005, max(distance, 2.0), mask=mask)
    spots = np.zeros((0, 2)) if found is None else np.asarray(found).reshape(-1, 2)
    apart = np.linalg.norm(spots[:, np.newaxis] - points[np.newaxis], axis=2)
    return np.asarray(spots[_IS_INNER[apart.argmin(axis=1)]], dtype=np.float32)


def _followed(
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    spots: NDArray[np.float32],
    window: int,
) -> NDArray[np.float32]:
    """Where the spots are in the later picture; not a number for those that are lost."""
    moved = np.full_like(spots, np.nan)
    known = np.flatnonzero(np.isfinite(spots[:, 0]))
    if not known.size:
        return moved
    start = spots[known].reshape(-1, 1, 2)
    size = (window, window)
    room = np.empty_like(start)  # of which only the shape counts
    there, found, _ = cv2.calcOpticalFlowPyrLK(before, after, start, room, winSize=size)
    back, again, _ = cv2.calcOpticalFlowPyrLK(after, before, there, room.copy(), winSize=size)
    astray = np.linalg.norm(np.asarray(back) - start, axis=2)[:, 0]
    kept = (np.asarray(found)[:, 0] == 1) & (np.asarray(again)[:, 0] == 1) & (astray <= ASTRAY)
    moved[known[kept]] = np.asarray(there)[kept, 0]
    return moved
