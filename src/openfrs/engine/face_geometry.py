"""What the shape of a mesh says of a face: its contours, and whether it smiles.

Numbers are those of MediaPipe's mesh; left and right are the picture's.
"""

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.attributes import Contour, Landmark, YesOrNone

FACE = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""From the middle of the forehead clockwise around."""
LEFT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
RIGHT_EYE = (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382)
LEFT_EYEBROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
RIGHT_EYEBROW = (336, 296, 334, 293, 300, 276, 283, 282, 295, 285)
NOSE = (168, 6, 197, 195, 5, 4, 48, 98, 97, 2, 326, 327, 278)
MOUTH = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
"""The outer edge of the lips."""

MOUTH_CORNERS, EYE_CORNERS, INNER_LIPS, FOREHEAD_AND_CHIN = (
    (61, 291),
    (33, 263),
    (13, 14),
    (10, 152),
)
SMILE_FROM = 0.64
RAISED = 1.5
GAPE = 0.6
"""A mouth that is open by this part of its width shouts or yawns, whatever its corners do."""


def landmark(points: NDArray[np.float32], width: int, height: int) -> Landmark:
    """The contours of a mesh, in whole pixels of a picture of that size."""
    places = points[:, :2].round().astype(int).clip(0, (width - 1, height - 1)).tolist()

    def contour(*numbers: int) -> Contour:
        return tuple((places[number][0], places[number][1]) for number in numbers)

    return Landmark(
        eyes=contour(*LEFT_EYE, *RIGHT_EYE),
        mouth=contour(*MOUTH),
        face=contour(*FACE),
        eyebrows=contour(*LEFT_EYEBROW, *RIGHT_EYEBROW),
        nose=contour(*NOSE),
    )


def smile(points: NDArray[np.float32]) -> YesOrNone:
    """Whether the corners of the mouth are apart and raised as in a smile.

    Both are measured in distances of the eyes' outer corners: how far the corners of the mouth
    are apart, and how far they lie above the middle of the lips.
    """
    space = points.astype(np.float64)
    unit = max(_distance(space, EYE_CORNERS), 1e-6)
    width = _distance(space, MOUTH_CORNERS)
    top, chin = space[list(FOREHEAD_AND_CHIN)]
    down = (chin - top) / max(float(np.linalg.norm(chin - top)), 1e-6)
    lips, corners = (space[list(pair)].mean(axis=0) for pair in (INNER_LIPS, MOUTH_CORNERS))
    raised = float((lips - corners) @ down)
    gapes = _distance(space, INNER_LIPS) > GAPE * width
    return "yes" if not gapes and (width + RAISED * raised) / unit >= SMILE_FROM else "none"


def _distance(points: NDArray[np.float64], pair: tuple[int, int]) -> float:
    return float(np.linalg.norm(points[pair[0]] - points[pair[1]]))


def landmarks(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """(5, 2): a mesh's eyes, nose tip and corners of the mouth, as a detector gives them."""
    flat = points[:, :2]
    eyes = [flat[list(corners)].mean(axis=0) for corners in ((33, 133), (362, 263))]
    return np.stack([*eyes, flat[4], *flat[list(MOUTH_CORNERS)]])
