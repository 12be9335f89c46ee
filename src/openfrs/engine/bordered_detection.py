"""Faces that fill more than the picture, as crops from inside a face show them.

The detector knows faces with something around them. Where it finds none, the picture is looked at
once more within a grey border. A face found so counts where it fills the picture, and the mesh
network sees it too, in about the same place.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from openfrs.domain.faces import BoundingBox, DetectedFace, Image
from openfrs.engine.face_mesh import FaceMesh
from openfrs.engine.turned_detection import Detect, agree

LONG_SIDE = 320
"""The picture is reduced to this first: what is sought fills it, and is large enough then."""
BORDER = 0.5
"""On each side, as part of the longer side of the picture."""
GREY = 128
MOST_APART = 0.25
"""How far detector and mesh may differ about a landmark on average, in distances of the eyes. Of
crops from inside faces, 19 of 20 lie closer; a face with all around it lies closer still."""
LEAST_SHARE = 0.6
"""The least size of the face, as part of the longer side of the picture."""


def detect_bordered(detect: Detect, mesh: FaceMesh, image: Image) -> Sequence[DetectedFace]:
    """The faces that a grey border brings to light, the largest first; their boxes are cut off
    at the edge of the picture, their landmarks may lie outside."""
    height, width = image.shape[:2]
    long_side = max(height, width)
    scale = min(1.0, LONG_SIDE / long_side)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    border = round(BORDER * max(image.shape[:2]))
    widths = ((border, border), (border, border), (0, 0))
    page = np.pad(image, widths, constant_values=GREY)
    faces = detect(page)
    back = np.array([width / image.shape[1], height / image.shape[0]])
    found = [
        _within(face, border, back, width, height)
        for face, one in zip(faces, mesh.meshes(page, faces), strict=True)
        if agree(face, one, MOST_APART)
        and max(face.bounding_box.width, face.bounding_box.height) >= LEAST_SHARE * 2 * border
    ]
    return sorted(found, key=lambda face: face.bounding_box.area, reverse=True)


def _within(
    face: DetectedFace,
    border: int,
    back: np.ndarray[tuple[int], np.dtype[np.float64]],
    width: int,
    height: int,
) -> DetectedFace:
    """The face as it lies in the picture of which the page shows a scaled copy in a border."""
    box = face.bounding_box
    first = (box.top_left_x, box.top_left_y)
    last = (box.top_left_x + box.width, box.top_left_y + box.height)
    edges = np.array([first, last]) - border
    left, top, right, bottom = (edges * back).round().astype(int).ravel().tolist()
    left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
    right, bottom = min(max(right, left + 1), width), min(max(bottom, top + 1), height)
    # Edges of pixels lie between 0 and the side; centres, where landmarks are, half a pixel inside.
    landmarks = (face.landmarks.astype(np.float64) + 0.5 - border) * back - 0.5
    return DetectedFace(
        BoundingBox(right - left, bottom - top, left, top),
        landmarks.astype(np.float32),
        face.detection_score,
    )
