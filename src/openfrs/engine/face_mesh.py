"""The 468 points of a face in space, by MediaPipe's face mesh (Kartynnik et al. 2019).

The network looks at a square around the face, turned so that the eyes are level, one and a half
times as wide as the face's box: so it was trained.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import DetectedFace, Image
from openfrs.engine import align
from openfrs.engine.session import Session

SIDE = 192
ENLARGED = 1.5
BATCH = 16


@dataclass(frozen=True, slots=True)
class Mesh:
    """A face in space.

    ``points`` is (468, 3) float32: x and y in pixels of the picture, z in the same scale, less for
    what is nearer to the camera, 0 at the middle of the head. Their numbers are MediaPipe's.
    ``presence`` is the network's estimate that it has looked at a face, 0..1.
    """

    points: NDArray[np.float32]
    presence: float


class FaceMesh:
    """Fits meshes to faces. Frozen after start; safe to call from many threads."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def meshes(self, image: Image, faces: Sequence[DetectedFace]) -> Sequence[Mesh]:
        """One mesh a face, in the order given."""
        meshes: list[Mesh] = []
        for start in range(0, len(faces), BATCH):
            frames = [_frame(face) for face in faces[start : start + BATCH]]
            chips = np.stack([_chip(image, frame) for frame in frames])
            points, presence = self._session.run(chips)
            meshes += [
                Mesh(_in_picture(one, frame), float(seen))
                for one, frame, seen in zip(points, frames, presence, strict=True)
            ]
        return meshes


def _frame(face: DetectedFace) -> NDArray[np.float64]:
    """(2, 3): from pixels of the chip to pixels of the picture."""
    box = face.bounding_box
    scale = max(box.width, box.height) * ENLARGED / SIDE
    turn = math.radians(align.clockwise_angle(face.landmarks))
    across, down = scale * math.cos(turn), scale * math.sin(turn)
    frame = np.array([[across, -down, 0.0], [down, across, 0.0]])
    middle = (box.top_left_x + box.width / 2 - 0.5, box.top_left_y + box.height / 2 - 0.5)
    frame[:, 2] = middle - frame[:, :2] @ np.full(2, (SIDE - 1) / 2)
    return frame


def _chip(image: Image, frame: NDArray[np.float64]) -> Image:
    """(192, 192, 3) uint8; what lies outside the picture is black."""
    image, frame = align.reduced(image, frame, SIDE)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, frame, (SIDE, SIDE), flags=flags)  # type: ignore[return-value]


def _in_picture(points: NDArray[np.float32], frame: NDArray[np.float64]) -> NDArray[np.float32]:
    flat = points[:, :2] @ frame[:, :2].T + frame[:, 2]
    depth = points[:, 2:] * math.hypot(frame[0, 0], frame[1, 0])
    return np.concatenate([flat, depth], axis=1).astype(np.float32)
