"""How useful a picture of a face is: faults measured on the face turned upright, at one size.

docs/explanation/quality.md has the formulas and what they give on real pictures. The aspects are
those of ISO/IEC 29794-5 (sharpness, illumination, pose, occlusion).
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs.domain.attributes import HeadPose
from openfrs.domain.faces import Image
from openfrs.domain.quality import Quality
from openfrs.engine import align, face_geometry
from openfrs.engine.face_mesh import Mesh

SIDE = 128
MARGIN = 0.15
"""Around the square from the eyebrows to the chin, as part of it."""

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

REBLUR = 9  # pixels of the chip
SHARP, SOFT = 0.33, 0.83
"""What the blur measure gives for a face that lacks nothing, and for one without any detail."""

DARK, BRIGHT, CLIPPED = 0.20, 0.85, 0.98
FLAT = 0.06
"""Luminances from 0 to 1: means below and above which a face is too dark or bright, what counts as
clipped, and the standard deviation below which a face has too little contrast."""

CHROMA = 18.0
SHADE = 0.35
LESS_REDDISH = 0.3
USUAL_SHARE, FULL_SHARE = 0.15, 0.60
"""Shares of the face that do not look like its skin: eyes, brows, lips and beard make up the first;
at the second, the face is as good as hidden."""

SKIN_PATCHES = ((151, 9, 108, 337), (50, 101, 118, 205), (280, 330, 347, 425), (195, 5, 4, 45, 275))
"""Corners of forehead, cheeks and nose in the mesh."""


def quality(image: Image, mesh: Mesh, head: HeadPose) -> Quality:
    """The faults of one face, and the total: the product of what each leaves.

    ``head`` is the pose of that mesh.
    """
    chip, points = _chip(image, mesh.points)
    inside = _oval(points)
    luminance = _luminance(chip)
    faults = (
        blur(luminance),
        pose(head),
        max(1 - mesh.presence, occlusion(chip, points, inside)),
        illumination(luminance, inside),
    )
    return Quality(math.prod(1 - fault for fault in faults), *faults)


def blur(luminance: Plane) -> float:
    """The perceptual blur of a picture of values 0..1: 0 for sharp, 1 for without detail.

    How much of the difference between neighbours a further blur takes away: little is left to
    take from a blurred picture (Crete et al. 2007).
    """
    shares = []
    for axis, size in ((0, (1, REBLUR)), (1, (REBLUR, 1))):
        again = cv2.blur(luminance, size)
        before = np.abs(np.diff(luminance, axis=axis))
        after = np.abs(np.diff(again, axis=axis))
        total = float(before.sum())
        lost = float(np.maximum(before - after, 0).sum())
        shares.append(1 - lost / total if total > 1e-6 * before.size else 1.0)
    return _part(max(shares), SHARP, SOFT)


def pose(head: HeadPose) -> float:
    """0 for a face that looks ahead, 1 for one turned by a right angle or more."""
    cosines = (math.cos(math.radians(angle)) for angle in (head.yaw, head.pitch, head.roll))
    return 1 - math.prod(max(cosine, 0.0) ** 2 for cosine in cosines)


def illumination(luminance: Plane, inside: Mask) -> float:
    """0 for a face that is neither dark, bright, clipped, flat nor lit from one side alone."""
    face = luminance[inside]
    middle = luminance.shape[1] // 2
    left = luminance[:, :middle][inside[:, :middle]]
    right = luminance[:, middle:][inside[:, middle:]]
    if not left.size or not right.size:
        return 1.0
    mean, sides = float(face.mean()), (float(left.mean()), float(right.mean()))
    faults = (
        1 - _part(mean, 0.0, DARK),
        _part(mean, BRIGHT, 1.0),
        float((face >= CLIPPED).mean()),
        1 - _part(float(face.std()), 0.0, FLAT),
        abs(sides[0] - sides[1]) / max(sum(sides), 1e-6),
    )
    return 1 - math.prod(1 - fault for fault in faults)


def occlusion(chip: Image, points: Plane, inside: Mask) -> float:
    """0 for a face of which nothing but eyes, brows, lips and beard differs from its skin.

    Skin is what forehead, cheeks and nose show, but for those of them that are far less reddish
    than the most reddish, as covers are. A pixel differs that has the colour of none of these, or
    is much darker than all.
    """
    colours = cv2.cvtColor(chip, cv2.COLOR_RGB2YCrCb)
    patches = [colours[_filled(points[list(corners)])] for corners in SKIN_PATCHES]
    skins = [np.median(patch, axis=0).astype(np.float32) for patch in patches if len(patch)]
    if not skins or not inside.any():
        return 1.0
    reddest = max(skin[1] - skin[2] for skin in skins)
    skins = [skin for skin in skins if skin[1] - skin[2] >= reddest - LESS_REDDISH * abs(reddest)]
    luma, red, blue = colours[inside].T.astype(np.float32)
    off = np.min([(red - skin[1]) ** 2 + (blue - skin[2]) ** 2 for skin in skins], axis=0)
    differs = (off > CHROMA**2) | (luma < SHADE * min(skin[0] for skin in skins))
    return _part(float(differs.mean()), USUAL_SHARE, FULL_SHARE)


def _chip(image: Image, points: NDArray[np.float32]) -> tuple[Image, Plane]:
    """The face, (SIDE, SIDE, 3), and the mesh's points in it, (468, 2)."""
    unit = align.square(face_geometry.landmarks(points))
    scale = (1 + 2 * MARGIN) / SIDE
    to_picture = unit.copy()
    to_picture[:, :2] = unit[:, :2] * scale
    to_picture[:, 2] = unit @ (-MARGIN + scale / 2, -MARGIN + scale / 2, 1.0)
    to_chip = cv2.invertAffineTransform(to_picture)
    places = points[:, :2] @ to_chip[:, :2].T + to_chip[:, 2]
    part, matrix = align.reduced(image, to_picture, SIDE)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    # What lies outside the picture repeats its edge: black would be a cover, and sharp.
    chip = cv2.warpAffine(part, matrix, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(chip, np.uint8), places.astype(np.float32)


def _oval(points: Plane) -> Mask:
    return _filled(points[list(face_geometry.FACE)])


def _filled(corners: Plane) -> Mask:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    hull = cv2.convexHull(corners.clip(-SIDE, 2 * SIDE).round().astype(np.int32))
    cv2.fillConvexPoly(mask, hull, (1,))
    return mask.astype(np.bool_)


def _luminance(chip: Image) -> Plane:
    return (cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY) / np.float32(255)).astype(np.float32)


def _part(value: float, none: float, full: float) -> float:
    """Where a value lies between two, 0 to 1."""
    return min(max((value - none) / (full - none), 0.0), 1.0)
