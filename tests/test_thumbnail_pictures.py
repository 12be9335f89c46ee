"""Faces cut out of pictures, small."""

import io

import numpy as np
import PIL.Image
import pytest

from openfrs.domain.faces import BoundingBox, Image
from openfrs.images import thumbnail

GREY, RED = (90, 90, 90), (220, 30, 30)


def picture(width: int, height: int, box: BoundingBox) -> Image:
    canvas = np.full((height, width, 3), GREY, dtype=np.uint8)
    right, bottom = box.top_left_x + box.width, box.top_left_y + box.height
    canvas[box.top_left_y : bottom, box.top_left_x : right] = RED
    return canvas


def opened(file: bytes) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(file), formats=["JPEG"])


@pytest.mark.parametrize(
    ("box", "size"),
    [
        (BoundingBox(100, 200, 500, 500), (107, 160)),  # (100 + 2 * 50) x (200 + 2 * 50)
        (BoundingBox(400, 400, 300, 300), (160, 160)),
        (BoundingBox(40, 40, 300, 300), (60, 60)),  # never enlarged
        (BoundingBox(40, 40, 0, 0), (50, 50)),  # no margin beyond the picture
        (BoundingBox(40, 40, 960, 960), (50, 50)),
        (BoundingBox(1000, 1000, 0, 0), (160, 160)),
        (BoundingBox(1000, 2, 0, 500), (160, 80)),
        (BoundingBox(1, 1, 999, 999), (1, 1)),
    ],
)
def test_the_box_and_a_quarter_around_it_fit_into_160_pixels(
    box: BoundingBox, size: tuple[int, int]
) -> None:
    made = opened(thumbnail(picture(1000, 1000, box), box))
    assert max(made.size) <= 160
    assert made.size == size


def test_the_face_is_in_the_middle_with_its_surroundings() -> None:
    box = BoundingBox(200, 200, 400, 100)
    made = np.asarray(opened(thumbnail(picture(1000, 1000, box), box))).astype(int)
    assert abs(made[80, 80] - RED).max() < 12
    for corner in (made[2, 2], made[2, -3], made[-3, 2], made[-3, -3]):
        assert abs(corner - GREY).max() < 12


def test_the_file_holds_pixels_alone() -> None:
    box = BoundingBox(200, 200, 400, 100)
    made = opened(thumbnail(picture(1000, 1000, box), box))
    assert not made.getexif()
    assert set(made.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
