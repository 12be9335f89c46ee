"""Drawn videos of real portraits: a head in space that moves, and a photograph that is moved.

A head is the network's own mesh of the portrait with the portrait as its skin; what surrounds the
face is drawn along, less and less with the distance. Lids and lower lip are moved over the skin. A
photograph is a sheet that is turned and bent like a piece of a cylinder. Both are seen in
perspective. What such a head can show is no proof for real people.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import DetectedFace, Image
from openfrs.engine.face_mesh import FaceMesh

Floats = NDArray[np.float64]
Detect = Callable[[Image], Sequence[DetectedFace]]

WIDTH, HEIGHT = 640, 480
FACE_WIDTH = 150
CAMERA = 1400.0
"""Distance of the camera from the head's centre, in pixels at that distance."""
WALL = 90
"""Grey of what is behind a photograph."""

UPPER_LIDS = (160, 159, 158, 161, 157, 246, 173, 385, 386, 387, 384, 388, 398, 466)
LOWER_LIDS = (144, 145, 153, 163, 154, 7, 155, 380, 374, 373, 381, 390, 382, 249)
LOWER_LIP = (
    *(14, 87, 317, 178, 402, 88, 318, 15, 16, 17, 86, 316, 85, 315, 84, 314, 179, 403, 89, 319),
    *(180, 404, 90, 320, 181, 405, 91, 321, 95, 324, 96, 325, 77, 307, 146, 375),
)
CHIN = (
    *(18, 83, 313, 182, 406, 106, 335, 194, 418, 200, 199, 175, 152, 148, 377, 176, 400, 149),
    *(378, 201, 421, 208, 428, 171, 396, 140, 369, 32, 262),
)
INNER_LIPS = (78, 82, 13, 312, 308, 317, 14, 87)


@dataclass(frozen=True, slots=True)
class Motion:
    """Where a head or photograph is: yaw and pitch in degrees as HeadPose counts them.

    ``mouth`` and ``blink`` are 0..1, for heads. ``bend`` is how far a photograph is bent, in
    degrees from edge to edge, around an upright axis turned by ``axis`` degrees.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    mouth: float = 0.0
    blink: float = 0.0
    bend: float = 0.0
    axis: float = 0.0


def portrait(picture: Image, detect: Detect) -> Image:
    """The picture's largest face, FACE_WIDTH wide, in the middle of (480, 640, 3)."""
    box = detect(picture)[0].bounding_box
    scale = FACE_WIDTH / box.width
    place = np.array(
        [
            [scale, 0, WIDTH / 2 - scale * (box.top_left_x + box.width / 2)],
            [0, scale, HEIGHT / 2 - scale * (box.top_left_y + box.height / 2)],
        ]
    )
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    warped = cv2.warpAffine(
        picture, place, (WIDTH, HEIGHT), flags=flags, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(warped, dtype=np.uint8)


@dataclass(slots=True)
class Head:
    """A portrait, 640x480, on the mesh of its face."""

    image: Image
    detect: Detect
    mesher: FaceMesh
    _mesh: Floats = field(init=False)
    _points: Floats = field(init=False)
    _share: Floats = field(init=False)
    _triangles: NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        [mesh] = self.mesher.meshes(self.image, self.detect(self.image)[:1])
        self._mesh = mesh.points.astype(np.float64)
        around, distance = _around(self._mesh)
        back = np.percentile(self._mesh[:, 2], 95)
        self._points = np.concatenate(
            (self._mesh, np.column_stack((around, np.full(len(around), back))))
        )
        self._share = np.concatenate((np.ones(468), np.clip(1 - (distance - 10) / 135, 0, 1)))
        self._triangles = _triangles(self._points[:, :2])

    def seen(self, motion: Motion) -> Image:
        """The head as it moves so."""
        points = self._points.copy()
        _move_lips(points, self._mesh, motion.mouth)
        _move_lids(points, self._mesh, motion.blink)
        x, y, z = np.percentile(self._mesh, 50, axis=0)
        centre = np.array([x, y + 0.1 * FACE_WIDTH, z + 0.6 * FACE_WIDTH])
        rest = points - centre
        turned = _turned(rest, motion.yaw, motion.pitch)
        # The portrait is a view in perspective already, so that only the change of depth counts.
        scale = (CAMERA + rest[:, 2:]) / (CAMERA + turned[:, 2:])
        moved = np.concatenate((turned[:, :2] * scale, turned[:, 2:]), axis=1) + centre
        share = self._share[:, np.newaxis]
        places = moved * share + points * (1 - share)
        drawn = _drawn(self.image, self._points[:, :2], places, self._triangles, self.image)
        if motion.mouth:
            ring = np.round(places[list(INNER_LIPS), :2]).astype(np.int32)
            cv2.fillPoly(drawn, [ring], (40, 10, 15), cv2.LINE_AA)
        return drawn


def photograph(image: Image, motion: Motion) -> Image:
    """The picture as a sheet of paper that is turned and bent before a grey wall."""
    across, down = np.meshgrid(np.arange(0, WIDTH + 1, 20.0), np.arange(0, HEIGHT + 1, 20.0))
    source = np.column_stack((across.ravel(), down.ravel()))
    x, y = source[:, 0] - WIDTH / 2, source[:, 1] - HEIGHT / 2
    axis, bend = math.radians(motion.axis), math.radians(motion.bend)
    over = x * math.cos(axis) + y * math.sin(axis)
    along = -x * math.sin(axis) + y * math.cos(axis)
    z = np.zeros_like(over)
    if bend:
        angle = over * bend / WIDTH
        over, z = np.sin(angle) * WIDTH / bend, (1 - np.cos(angle)) * WIDTH / bend
    bent = np.column_stack(
        (
            over * math.cos(axis) - along * math.sin(axis),
            over * math.sin(axis) + along * math.cos(axis),
            z,
        )
    )
    turned = _turned(bent, motion.yaw, motion.pitch)
    flat = turned[:, :2] * 0.85 * CAMERA / (CAMERA + turned[:, 2:])
    places = np.concatenate((flat + np.array([WIDTH / 2, HEIGHT / 2]), turned[:, 2:]), axis=1)
    wall = np.full((HEIGHT, WIDTH, 3), WALL, dtype=np.uint8)
    return _drawn(image, source, places, _grid_triangles(across.shape), wall)


def _turned(points: Floats, yaw: float, pitch: float) -> Floats:
    a, b = math.radians(yaw), math.radians(pitch)
    x = points[:, 0] * math.cos(a) - points[:, 2] * math.sin(a)
    z = points[:, 0] * math.sin(a) + points[:, 2] * math.cos(a)
    y = points[:, 1] * math.cos(b) + z * math.sin(b)
    return np.column_stack((x, y, z * math.cos(b) - points[:, 1] * math.sin(b)))


def _move_lips(points: Floats, mesh: Floats, opening: float) -> None:
    half = abs(mesh[61, 0] - mesh[291, 0]) / 2
    for number in LOWER_LIP:
        aside = min(1.0, abs(mesh[number, 0] - mesh[13, 0]) / half)
        points[number, 1] += opening * FACE_WIDTH * 0.14 * (1 - aside) ** 0.6
    points[list(CHIN), 1] += opening * FACE_WIDTH * 0.12


def _move_lids(points: Floats, mesh: Floats, closing: float) -> None:
    upper, lower = list(UPPER_LIDS), list(LOWER_LIDS)
    points[upper, 1] += closing * 0.95 * (mesh[lower, 1] - mesh[upper, 1])


def _around(mesh: Floats) -> tuple[Floats, Floats]:
    """Points of a grid outside the face, and how far outside they are."""
    outline = cv2.convexHull(mesh[:, :2].astype(np.float32))
    grid = [
        (min(x, WIDTH - 1), min(y, HEIGHT - 1))
        for x in range(0, WIDTH + 1, 32)
        for y in range(0, HEIGHT + 1, 32)
    ]
    distance = np.array([-cv2.pointPolygonTest(outline, place, measureDist=True) for place in grid])
    outside = distance > 8
    return np.array(grid, dtype=np.float64)[outside], distance[outside]


def _triangles(places: Floats) -> NDArray[np.intp]:
    """(M, 3): the numbers of the points of each Delaunay triangle."""
    division = cv2.Subdiv2D((-5, -5, WIDTH + 10, HEIGHT + 10))
    numbers = {}
    for number, place in enumerate(places.astype(np.float32)):
        division.insert((float(place[0]), float(place[1])))
        numbers[place.tobytes()] = number
    corners = np.asarray(division.getTriangleList(), dtype=np.float32).reshape(-1, 3, 2)
    found = [[numbers.get(corner.tobytes()) for corner in triangle] for triangle in corners]
    return np.array([triangle for triangle in found if None not in triangle], dtype=np.intp)


def _grid_triangles(shape: tuple[int, ...]) -> NDArray[np.intp]:
    number = np.arange(shape[0] * shape[1]).reshape(shape)
    a, b, c, d = (
        corner.ravel()
        for corner in (number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:])
    )
    return np.concatenate((np.column_stack((a, b, c)), np.column_stack((b, d, c))))


def _drawn(
    texture: Image, source: Floats, places: Floats, triangles: NDArray[np.intp], behind: Image
) -> Image:
    """The texture on the triangles, the farthest first, before what is behind."""
    triangles = triangles[np.argsort(-places[triangles, 2].mean(axis=1))]
    corners = places[triangles, :2]
    number = np.full((HEIGHT, WIDTH), -1, dtype=np.int32)
    for n, outline in enumerate(np.round(corners).astype(np.int32)):
        cv2.fillConvexPoly(number, outline, n)
    square = np.concatenate((corners, np.ones((len(triangles), 3, 1))), axis=2)
    to_texture = (np.linalg.pinv(square) @ source[triangles]).astype(np.float32)
    columns = np.arange(WIDTH, dtype=np.float32)
    rows = np.arange(HEIGHT, dtype=np.float32)[:, np.newaxis]
    across, down = (
        columns * affine[number, 0] + rows * affine[number, 1] + affine[number, 2]
        for affine in np.moveaxis(to_texture, 2, 0)
    )
    seen = cv2.remap(texture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.where(number[..., np.newaxis] < 0, behind, seen).astype(np.uint8)
