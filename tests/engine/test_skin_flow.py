"""Spots of skin that are followed by their looks."""

import cv2
import numpy as np
import pytest

from openfrs.domain.faces import Image
from openfrs.domain.relief import INNER
from openfrs.engine.skin_flow import LEAST_LEFT, SkinFlow

POINTS = np.random.default_rng(0).uniform((100, 60, -40), (260, 220, 40), (468, 3))


def texture() -> Image:
    dice = np.random.default_rng(1)
    spots = cv2.GaussianBlur(dice.uniform(0, 255, (280, 400, 3)), (0, 0), 2)
    return np.asarray(cv2.normalize(spots, None, 0, 255, cv2.NORM_MINMAX), dtype=np.uint8)  # type: ignore[call-overload]


def shifted(image: Image, x: float, y: float) -> Image:
    place = np.array([[1, 0, x], [0, 1, y]], dtype=np.float64)
    return np.asarray(cv2.warpAffine(image, place, image.shape[1::-1]), dtype=np.uint8)


@pytest.mark.parametrize("scale", [1, 3])
def test_spots_go_where_the_picture_goes(scale: int) -> None:
    """Whatever the mesh says, which stands still here."""
    image = cv2.resize(texture(), None, fx=scale, fy=scale)
    flow = SkinFlow()
    for n in range(6):
        flow.follow(
            n,
            shifted(np.asarray(image, dtype=np.uint8), scale * 1.5 * n, -scale * n),
            (POINTS * scale).astype(np.float32),
        )
    flow.finish()
    [patch] = flow.patches
    assert patch.start == 0
    assert patch.places.shape[0] == 6
    moved = patch.places[-1] - patch.places[0]
    known = np.isfinite(moved[:, 0])
    assert known.mean() > LEAST_LEFT
    assert np.nanmedian(np.abs(moved - (scale * 7.5, -scale * 5))) < 0.3 * scale


def test_a_nose_moves_by_itself_in_a_small_face_too() -> None:
    """A face of 80 pixels whose nose, 8 of them, moves before cheeks that stand still."""
    dice = np.random.default_rng(2)
    face, nose = (
        np.repeat(cv2.GaussianBlur(dice.uniform(0, 255, (120, 160)), (0, 0), 1)[..., None], 3, 2)
        for _ in range(2)
    )
    mesh = np.full((468, 3), (80, 115, 0), dtype=np.float32)
    mesh[list(INNER), :2] = dice.uniform((40, 20), (120, 100), (len(INNER), 2))
    mesh[[234, 454]] = (40, 10, 0), (120, 10, 0)
    flow = SkinFlow()
    for n in range(6):
        seen = face.copy()
        left = 76 + n
        seen[30:90, left : left + 8] = nose[30:90, 76:84]
        flow.follow(n, seen.clip(0, 255).astype(np.uint8), mesh)
    flow.finish()
    places = flow.patches[0].places
    moved = (places[-1] - places[0])[:, 0]
    middle = np.abs(places[0, :, 0] - 80) < 3
    assert middle.sum() >= 10
    assert np.nanmedian(moved[middle]) > 4


def test_a_cut_starts_anew() -> None:
    image = texture()
    other = np.ascontiguousarray(image[::-1, ::-1])
    flow = SkinFlow()
    for n, picture in enumerate([image] * 3 + [other] * 3):
        flow.follow(n, picture, POINTS.astype(np.float32))
    flow.finish()
    assert [patch.start for patch in flow.patches] == [0, 3]


def test_a_picture_without_looks_has_no_spots() -> None:
    flow = SkinFlow()
    for n in range(3):
        flow.follow(n, np.full((280, 400, 3), 90, dtype=np.uint8), POINTS.astype(np.float32))
    flow.finish()
    assert all(patch.places.shape[1] == 0 for patch in flow.patches)
