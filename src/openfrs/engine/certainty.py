"""How sure the detector is of a face by itself: upright, of one size, on grey.

What the detector says of a face in its picture depends on how large it is and on what is around.
Shown alike, faces differ by what hides or turns them: see docs/explanation/quality.md.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from openfrs.domain.faces import DetectedFace, Image
from openfrs.engine import align

SIDE = 160
FACE = 64
"""The chip's side and, in it, that of the square from the eyebrows to the chin, in pixels."""
GREY = (128, 128, 128)


def chips(image: Image, faces: Sequence[DetectedFace]) -> Sequence[Image]:
    """Each face as (SIDE, SIDE, 3); what lies outside the picture is grey."""
    return [_chip(image, face) for face in faces]


def _chip(image: Image, face: DetectedFace) -> Image:
    unit = align.square(face.landmarks)
    first = 0.5 - (SIDE - 1) / 2 / FACE  # the middle of the chip's first pixel, in the unit square
    to_picture = np.column_stack((unit[:, :2] / FACE, unit @ (first, first, 1.0)))
    part, matrix = align.reduced(image, to_picture, SIDE)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    chip = cv2.warpAffine(part, matrix, (SIDE, SIDE), flags=flags, borderValue=GREY)
    return np.asarray(chip, np.uint8)
