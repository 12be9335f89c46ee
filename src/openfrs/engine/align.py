"""From five points to a face chip: turned upright, scaled and cropped as dlib's networks expect."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import Image

MEAN_POINTS = np.array(
    [[0.8596, 0.2135], [0.6461, 0.2290], [0.1206, 0.2137], [0.3341, 0.2291], [0.4901, 0.6278]]
)
"""Where the five points of the predictor lie in a mean face, as parts of its square."""

MEAN_LANDMARKS = np.array(
    [[0.295, 0.267], [0.705, 0.267], [0.5, 0.52], [0.327, 0.724], [0.673, 0.724]]
)
"""Where a detector's landmarks (eyes, nose tip, corners of the mouth) lie in the square from the
eyebrows to the chin in which the predictor looks for its points: the medians over 1,597 faces that
both CenterFace and dlib's own detector found, made symmetric."""

_BORDER = 2
"""Pixels beyond the chip that interpolation may look at."""


def similarity_transform(
    source: NDArray[np.floating], target: NDArray[np.floating]
) -> NDArray[np.float64]:
    """The (2, 3) matrix that turns, scales and shifts ``source`` points nearest to ``target``.

    Nearest in the least squares sense and without mirroring (Umeyama 1991, in complex numbers).
    Source points that are all one point are only shifted.
    """
    a = source[:, 0] + 1j * source[:, 1]
    b = target[:, 0] + 1j * target[:, 1]
    a_centre, b_centre = a.mean(), b.mean()
    a, b = a - a_centre, b - b_centre
    spread = np.vdot(a, a).real
    turn = np.vdot(a, b) / spread if spread > 0 else 1.0 + 0.0j
    shift = b_centre - turn * a_centre
    return np.array(
        [[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]], dtype=np.float64
    )


def square(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """The face's square, as the (2, 3) similarity transform from the unit square to the picture.

    ``landmarks`` is (5, 2), a detector's. The square turns with the face, and does not shrink
    where the face turns aside: the fit is from picture to square, which makes up for the points
    that then lie close together.
    """
    to_square = similarity_transform(landmarks, MEAN_LANDMARKS)
    return cv2.invertAffineTransform(to_square)  # type: ignore[return-value]


def clockwise_angle(landmarks: NDArray[np.floating]) -> float:
    """How far the face is turned clockwise in the picture, in degrees, -180..180."""
    turn = similarity_transform(MEAN_LANDMARKS, landmarks)
    return math.degrees(math.atan2(turn[1, 0], turn[0, 0]))


def chip(image: Image, points: NDArray[np.floating], *, size: int, padding: float) -> Image:
    """The face as (size, size, 3) uint8 RGB; what lies outside the picture is black.

    ``points`` is (5, 2), in pixels. ``padding`` is the margin around the mean face's square, as
    part of that square. A face larger than the chip is averaged down, not sampled.
    """
    places = (MEAN_POINTS + padding) / (1 + 2 * padding) * size - 0.5
    # Fitted from chip to picture, as dlib does: the other way round, the scale would differ by
    # what the five points leave unexplained.
    to_picture = similarity_transform(places, points)
    image, to_picture = reduced(image, to_picture, size)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, to_picture, (size, size), flags=flags)  # type: ignore[return-value]


def reduced(
    image: Image, to_picture: NDArray[np.float64], size: int
) -> tuple[Image, NDArray[np.float64]]:
    """The part of the picture that the chip shows, shrunk by a whole number, and its matrix.

    What remains to the chip's size is less than a halving, which bilinear sampling does without
    aliasing.
    """
    factor = int(np.hypot(to_picture[0, 0], to_picture[1, 0]))
    if factor < 2:
        return image, to_picture
    corners = np.array([[0, 0], [size, 0], [0, size], [size, size]]) @ to_picture[:, :2].T
    corners += to_picture[:, 2]
    margin = _BORDER * factor
    height, width = image.shape[:2]
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int) - margin, 0)
    right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + margin, (width, height))
    columns, rows = int(right - left) // factor, int(bottom - top) // factor
    if columns < 1 or rows < 1:
        return image, to_picture
    part = image[top : top + rows * factor, left : left + columns * factor]
    small = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    # A pixel x of the small part has its centre at factor * x + (factor - 1) / 2 of the part.
    moved = to_picture / factor
    moved[:, 2] -= (np.array([left, top]) + (factor - 1) / 2) / factor
    return small, moved  # type: ignore[return-value]
