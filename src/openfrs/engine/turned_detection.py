"""Faces in pictures that lie on their side or head, as a telephone without EXIF leaves them.

Only where nothing is found upright is the picture turned and searched again: first the quarter
turns, then the half turn. Each more look at a picture without faces is one more chance to see
something in it, so a face found so counts where the mesh network sees it too, in the same place.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import BoundingBox, DetectedFace, Image
from openfrs.engine import face_geometry
from openfrs.engine.face_mesh import FaceMesh, Mesh

QUARTERS = (1, 3, 2)
MIN_PRESENCE = 0.5
MOST_APART = 0.13
"""How far detector and mesh may differ about a landmark on average, in distances of the eyes: of
upright faces in press photographs, 97 of 100 lie closer."""

Detect = Callable[[Image], Sequence[DetectedFace]]


def detect_turned(detect: Detect, mesh: FaceMesh, image: Image) -> Sequence[DetectedFace]:
    """The faces of the first turned copy that holds one, as they lie in the picture given.

    The largest first. A landmark keeps its meaning: the first is the eye that would be on the left
    if the face were upright.
    """
    for quarters in QUARTERS:
        turned = np.ascontiguousarray(np.rot90(image, quarters))  # anticlockwise
        faces = detect(turned)
        meshes = mesh.meshes(turned, faces)
        faces = [face for face, found in zip(faces, meshes, strict=True) if _agree(face, found)]
        if faces:
            return [_turned_back(face, quarters, image) for face in faces]
    return []


def _agree(face: DetectedFace, mesh: Mesh) -> bool:
    apart = np.linalg.norm(face_geometry.landmarks(mesh.points) - face.landmarks, axis=1).mean()
    eyes = np.linalg.norm(face.landmarks[0] - face.landmarks[1])
    return mesh.presence >= MIN_PRESENCE and bool(apart <= MOST_APART * eyes)


def _turned_back(face: DetectedFace, quarters: int, image: Image) -> DetectedFace:
    height, width = image.shape[:2]
    box = face.bounding_box
    corners = np.array(
        [
            (box.top_left_x, box.top_left_y),
            (box.top_left_x + box.width, box.top_left_y + box.height),
        ],
        dtype=np.float64,
    )
    # Edges of pixels lie between 0 and the side; centres, where landmarks are, half a pixel inside.
    first, last = np.sort(_place(corners, quarters, width, height), axis=0).round().astype(int)
    landmarks = _place(face.landmarks.astype(np.float64) + 0.5, quarters, width, height) - 0.5
    return DetectedFace(
        BoundingBox(
            width=int(last[0] - first[0]),
            height=int(last[1] - first[1]),
            top_left_x=int(first[0]),
            top_left_y=int(first[1]),
        ),
        landmarks.astype(np.float32),
        face.detection_score,
    )


def _place(
    points: NDArray[np.float64], quarters: int, width: int, height: int
) -> NDArray[np.float64]:
    """Where points of a copy, turned anticlockwise by so many quarters, lie in the picture."""
    x, y = points[:, 0], points[:, 1]
    match quarters:
        case 1:
            places = (width - y, x)
        case 2:
            places = (width - x, height - y)
        case _:
            places = (y, height - x)
    return np.stack(places, axis=1)
