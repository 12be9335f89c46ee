"""Moiré: the grid of a screen or of print, seen by the grid of a camera.

Two fine grids make a coarse regular pattern, which stands in the spectrum as a few sharp peaks;
skin and hair have energy at every frequency and peaks at none.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import BoundingBox, Image

LEAST_SIDE, MOST_SIDE = 48, 256
"""Pixels of the face that are looked at; of a smaller one nothing can be said."""

LOWEST = 0.12
"""Cycles a pixel: below, faces themselves have most of their energy."""

AXES = 0.02
"""Cycles a pixel about the axes that are left out: there stand the blocks of JPEG."""

NEIGHBOURHOOD = 15


def periodic_energy(image: Image, box: BoundingBox) -> float:
    """How far the spectrum's highest peak stands above what is around it, in decades, 0 or more.

    0 for a face of fewer than LEAST_SIDE pixels.
    """
    face = _middle(image, box)
    side = min(face.shape[:2])
    if side < LEAST_SIDE:
        return 0.0
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY).astype(np.float32)
    window = np.outer(np.hanning(grey.shape[0]), np.hanning(grey.shape[1]))
    energy = np.abs(np.fft.fftshift(np.fft.fft2((grey - grey.mean()) * window))) ** 2
    peaks = cv2.blur(np.log10(energy + 1.0).astype(np.float32), (3, 3))
    around = cv2.blur(peaks, (NEIGHBOURHOOD, NEIGHBOURHOOD))
    above = (peaks - around)[_searched(grey.shape)]
    return max(float(above.max(initial=0.0)), 0.0)


def _middle(image: Image, box: BoundingBox) -> Image:
    """The middle of the face at the picture's own resolution, at most MOST_SIDE a side."""
    width, height = min(box.width, MOST_SIDE), min(box.height, MOST_SIDE)
    left = box.top_left_x + (box.width - width) // 2
    top = box.top_left_y + (box.height - height) // 2
    return image[top : top + height, left : left + width]


def _searched(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Where in the shifted spectrum peaks are looked for."""
    down = np.abs(np.fft.fftshift(np.fft.fftfreq(shape[0])))[:, None]
    across = np.abs(np.fft.fftshift(np.fft.fftfreq(shape[1])))[None]
    searched: NDArray[np.bool_] = (np.hypot(down, across) >= LOWEST) & (
        np.minimum(down, across) >= AXES
    )
    return searched
