"""Video files for tests, written with OpenCV's encoders."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from openfrs.domain.faces import Image

SIZE = (176, 144)


def video(
    pictures: Sequence[Image], *, rate: float = 25, suffix: str = ".mp4", codec: str = "mp4v"
) -> bytes:
    """The pictures, (H, W, 3) RGB, as a video file."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / f"clip{suffix}"
        height, width = pictures[0].shape[:2]
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), rate, (width, height))
        assert writer.isOpened()
        for picture in pictures:
            writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        writer.release()
        return path.read_bytes()


def moving_square(count: int, size: tuple[int, int] = SIZE) -> list[Image]:
    """A red square that moves to the right before blue."""
    pictures = []
    for n in range(count):
        picture = np.zeros((size[1], size[0], 3), dtype=np.uint8)
        picture[:, :] = (20, 30, 120)
        left = n * (size[0] - 50) // max(count, 1)
        picture[40:100, left : left + 50] = (230, 40, 40)
        pictures.append(picture)
    return pictures


def colour_square(
    places: Sequence[tuple[float, float]],
    colour: tuple[int, int, int] = (240, 32, 32),
    size: tuple[int, int] = (320, 240),
) -> list[Image]:
    """A square before black, its centre at those parts of width and height."""
    pictures = []
    for x, y in places:
        picture = np.zeros((size[1], size[0], 3), dtype=np.uint8)
        left, top = int(x * size[0]) - 20, int(y * size[1]) - 20
        picture[max(top, 0) : top + 40, max(left, 0) : left + 40] = colour
        pictures.append(picture)
    return pictures
