"""A frame around the face: the border of a screen, of a phone or of a sheet of paper.

Such a frame is four straight lines, one on each side of the face, each about as long as the face
at least. A door or a picture on the wall behind somebody has one or two of them.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import BoundingBox, Image

WORKING_SIDE = 320
"""Pixels of the picture's longer side at which lines are looked for."""

EDGE = 24.0
"""The least difference of grey, of 255, across a line."""

TILTS = np.tan(np.radians(np.arange(-8, 9)))
GAP = 0.08
"""How far outside the face's box a line lies at least, as part of the box's side."""

BEYOND = 0.25
"""How far a line reaches beyond the box on both ends, as part of the box's side."""

MARGIN = 3
"""Pixels at the picture's edge that are left out."""

PLAIN, NEAR = 9, 27
"""Pixels a side of what is looked at for being of one grey, and of what counts as beside it."""

Plane = NDArray[np.float32]


def frame(image: Image, box: BoundingBox) -> float:
    """How complete the frame around a face is: the part of its weakest side that is seen, 0..1.

    0 where there is no room for a frame on one side of the face.
    """
    scale = min(1.0, WORKING_SIDE / max(image.shape[:2]))
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    shrunk = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small = np.asarray(shrunk, np.uint8)
    plane = np.asarray(cv2.GaussianBlur(small, (3, 3), 0), np.float32)
    filled = _beside_filled(small)
    corners = scale * np.array(
        (
            (box.top_left_x, box.top_left_y),
            (box.top_left_x + box.width, box.top_left_y + box.height),
        )
    )
    weakest = 1.0
    for _ in range(4):
        weakest = min(weakest, _line_right_of(plane, filled, corners))
        if not weakest:
            break
        # A quarter turn counter-clockwise brings the next side to the right.
        width = plane.shape[1]
        plane, filled = np.ascontiguousarray(np.rot90(plane)), np.rot90(filled)
        (left, top), (right, bottom) = corners
        corners = np.array(((top, width - right), (bottom, width - left)))
    return weakest


def _beside_filled(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a program may have drawn the lines: beside an area of one grey, as no camera takes."""
    window = np.ones((PLAIN, PLAIN), np.uint8)
    filled = (cv2.dilate(grey, window) == cv2.erode(grey, window)).astype(np.uint8)
    return cv2.dilate(filled, np.ones((NEAR, NEAR), np.uint8)).astype(np.bool_)


def _line_right_of(plane: Plane, filled: NDArray[np.bool_], corners: NDArray[np.float64]) -> float:
    """The part that is seen of the best upright line on the right of the box, 0..1."""
    (left, top), (right, bottom) = corners
    height, width = plane.shape
    size = right - left
    first = int(np.ceil(right + GAP * size))
    rows = np.arange(
        max(MARGIN, int(top - BEYOND * (bottom - top))),
        min(height - MARGIN, int(bottom + BEYOND * (bottom - top))),
    )
    places = np.arange(first, width - MARGIN)
    if not places.size or not rows.size:
        return 0.0
    across = np.abs(cv2.Sobel(plane, cv2.CV_32F, 1, 0, ksize=3)) / 4
    along = np.abs(cv2.Sobel(plane, cv2.CV_32F, 0, 1, ksize=3)) / 4
    edges = (across >= EDGE) & (across >= 2 * along) & ~filled
    # A line that leans lies in neighbouring columns by turns.
    wide = cv2.dilate(edges.astype(np.uint8), np.ones((1, 3), np.uint8))
    best = 0.0
    for tilt in TILTS:
        shifts = np.rint((rows - rows.mean()) * tilt).astype(int)
        columns = places[None] + shifts[:, None]
        inside = (columns >= first) & (columns < width - MARGIN)
        seen = wide[rows[:, None], np.clip(columns, 0, width - 1)] * inside
        best = max(best, float(seen.mean(axis=0).max()))
    return best
