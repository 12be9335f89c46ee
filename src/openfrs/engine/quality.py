"""How useful a picture of a face is: faults measured on the face turned upright, at one size.

docs/explanation/quality.md has the formulas and what they give on real pictures. The aspects are
those of ISO/IEC 29794-5 (sharpness, illumination, pose, occlusion).
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs.domain.attributes import HeadPose
from openfrs.domain.faces import DetectedFace, Image
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
STEEP = 4.0
"""A difference of neighbours counts up to so many times the mean one: the edge of a cover is steep,
and says nothing of how sharp the face is."""

DARK, BRIGHT, CLIPPED = 0.20, 0.85, 0.98
FLAT = 0.06
"""Luminances from 0 to 1: means below and above which a face is too dark or bright, what counts as
clipped, and the standard deviation below which a face has too little contrast."""

CHROMA, CHROMA_SHARE, FAINT = 24.0, 0.75, 12.0
"""How far, in units of 8 bits, a pixel's chroma may be from the skin's: so much at most, as this
part of the skin's own distance from grey, and so much at least."""
MOST_SHADE = 2.5
"""Skin in the shade has less chroma by as much as it is darker; so many times is made up for."""
SHADE = 0.25
"""What is darker than this part of the skin does not look like it."""
LESS_REDDISH, REDDISH = 0.3, 8.0
WHOLE, MOUTH, EYES = (0.25, 0.70), (0.45, 0.90), (0.40, 0.70)
"""Shares of the face, of what is around the mouth and around the eyes that do not look like its
skin: up to the first they may be eyes, brows, lips and beard; from the second on all is hidden."""
AROUND_MOUTH = (205, 2, 425, 434, 430, 262, 428, 199, 208, 32, 210, 214)
AROUND_EYES = (
    *(70, 63, 105, 66, 107, 9, 336, 296, 334, 293, 300),
    *(345, 347, 348, 349, 197, 120, 119, 118, 116),
)
"""Corners of both in the mesh."""
COLOUR_COUNTS = 0.6
"""How much of a face colours alone can hide: a beard and a mask are hard to tell apart by them."""

CERTAIN, LOST = 0.85, 0.35
"""The detector's certainty of a face that is bare, and of one that is as good as hidden."""
TOGETHER, ASTRAY = 0.08, 0.40
"""How far detector and mesh differ about a landmark, in sides of the face's square: less than the
first for 99 of 100 bare faces."""

BLUR_FROM = 0.6
"""Less says nothing of the comparison score, over pairs of press photographs."""
DETECTED = (0.30, 0.96)

SKIN_PATCHES = ((151, 9, 108, 337), (50, 101, 118, 205), (280, 330, 347, 425), (195, 5, 4, 45, 275))
"""Corners of forehead, cheeks and nose in the mesh."""


def quality(
    image: Image, face: DetectedFace, mesh: Mesh, head: HeadPose, certainty: float
) -> Quality:
    """The faults of one face, and the total.

    ``head`` is the pose of that mesh, ``certainty`` what engine/certainty.py gives for the face.
    """
    chip, points = _chip(image, mesh.points)
    inside = _oval(points)
    luminance = _luminance(chip)
    hidden = (
        COLOUR_COUNTS * occlusion(chip, points, inside),
        1 - _part(certainty, LOST, CERTAIN),
        1 - mesh.presence,
        _part(_apart(face, mesh), TOGETHER, ASTRAY),
    )
    faults = (
        blur(luminance),
        pose(head),
        1 - math.prod(1 - part for part in hidden),
        illumination(luminance, inside),
    )
    return Quality(total(face.detection_score, *faults), *faults)


def total(
    detection_score: float, blur: float, pose: float, occlusion: float, illumination: float
) -> float:
    """How much is left of a face's use, 0..1: never more where a fault is greater.

    The powers are those that foretell comparison scores best: docs/explanation/quality.md.
    """
    return math.prod(
        (
            _part(detection_score, *DETECTED) ** 2,
            1 - _part(blur, BLUR_FROM, 1.0),
            (1 - pose) ** 2,
            1 - occlusion,
            (1 - illumination) ** 0.5,
        )
    )


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
        # A steep difference counts for less, with what is lost of it, and so leaves the share be.
        counts = np.minimum(before, STEEP * before.mean())
        total = float(counts.sum())
        lost = float((counts * (1 - after / np.maximum(before, 1e-9)).clip(0, None)).sum())
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

    The most of what is hidden of the whole, around the mouth and around the eyes. Skin is what
    forehead, cheeks and nose show, but for those of them that are far less reddish than the most
    reddish, or black beside the face's light parts, as covers are. A pixel differs that has the
    colour of none of these, lit as it is, or is much darker than all.
    """
    colours = cv2.cvtColor(chip, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    colours[..., 1:] -= 128
    skins = _skins(colours, points, inside)
    if not skins or not inside.any():
        return 1.0
    luma, red, blue = (np.ascontiguousarray(plane) for plane in colours.transpose(2, 0, 1))
    differs = luma < SHADE * min(skin[0] for skin in skins)
    differs |= ~np.any([_like(skin, luma, red, blue) for skin in skins], axis=0)
    parts = (
        (inside, WHOLE),
        (_filled(points[list(AROUND_MOUTH)]), MOUTH),
        (_filled(points[list(AROUND_EYES)]), EYES),
    )
    return max(
        _part(np.count_nonzero(differs & part) / pixels, *shares)
        for part, shares in parts
        if (pixels := np.count_nonzero(part))
    )


def _like(skin: Plane, luma: Plane, red: Plane, blue: Plane) -> Mask:
    """Where the colours are those of that skin, as lit as they are."""
    lit = (skin[0] / np.maximum(luma, 1)).clip(1, MOST_SHADE)
    apart = (red * lit - skin[1]) ** 2 + (blue * lit - skin[2]) ** 2
    most = min(max(CHROMA_SHARE * math.hypot(skin[1], skin[2]), FAINT), CHROMA)
    return np.asarray(apart <= most**2)


def _skins(colours: Plane, points: Plane, inside: Mask) -> list[Plane]:
    """What skin there is: luma and both chromas, 0 for grey, of up to four places."""
    patches = [_patch(colours, points[list(corners)]) for corners in SKIN_PATCHES]
    skins = [np.median(patch, axis=0).astype(np.float32) for patch in patches if len(patch)]
    if not skins or not inside.any():
        return []
    luma = colours[..., 0][inside]
    light = np.partition(luma, int(0.9 * len(luma)))[int(0.9 * len(luma))]
    skins = [s for s in skins if s[0] >= SHADE * light or s[1] - s[2] >= REDDISH]
    reddest = max((skin[1] - skin[2] for skin in skins), default=0.0)
    return [skin for skin in skins if skin[1] - skin[2] >= reddest - LESS_REDDISH * abs(reddest)]


def _apart(face: DetectedFace, mesh: Mesh) -> float:
    """How far the mesh's landmarks are from the detector's, in sides of the face's square."""
    apart = np.linalg.norm(face_geometry.landmarks(mesh.points) - face.landmarks, axis=1).mean()
    unit = align.square(face.landmarks)
    return float(apart / max(math.hypot(unit[0, 0], unit[1, 0]), 1e-6))


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


def _patch(colours: Plane, corners: Plane) -> Plane:
    """(N, 3): the colours of the pixels within a small hull."""
    left, top = np.floor(corners.min(axis=0)).clip(0, SIDE).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).clip(-1, SIDE - 1).astype(int) + 1
    mask = _filled(corners)[top:bottom, left:right]
    return colours[top:bottom, left:right][mask]


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
