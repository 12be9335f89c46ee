"""Periodic patterns over a face are seen, and what faces have of their own is not."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openfrs.domain.faces import BoundingBox, Image
from openfrs.engine.moire import LEAST_SIDE, periodic_energy
from openfrs.engine.silent_liveness import MOIRE

BOX = BoundingBox(width=160, height=200, top_left_x=240, top_left_y=120)
QUIET = MOIRE[0]


def scene(seed: int = 0, noise: float = 4.0) -> Image:
    """Shades as of a face, textures at all scales, and the noise of a camera."""
    dice = np.random.default_rng(seed)
    picture = np.full((480, 640), 128.0)
    for size in (6, 20, 60, 160):
        coarse = dice.normal(0, 12, (480 // size + 2, 640 // size + 2)).astype(np.float32)
        picture += cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)
    picture += dice.normal(0, noise, picture.shape)
    return np.repeat(picture.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def with_grid(picture: Image, strength: float, across: float, down: float) -> Image:
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    wave = strength * np.sin(2 * np.pi * (across * x + down * y))
    grid: Image = (picture + wave[..., None]).clip(0, 255).astype(np.uint8)
    return grid


@given(seed=st.integers(0, 1000), noise=st.floats(0.5, 20))
@settings(max_examples=30, deadline=None)
def test_textures_and_noise_are_no_pattern(seed: int, noise: float) -> None:
    assert periodic_energy(scene(seed, noise), BOX) < QUIET


@given(across=st.floats(0.12, 0.4), down=st.floats(0.05, 0.4))
@settings(max_examples=30, deadline=None)
def test_a_grid_is_a_pattern(across: float, down: float) -> None:
    assert periodic_energy(with_grid(scene(), 6, across, down), BOX) > QUIET


def test_the_stronger_the_grid_the_higher_its_peak() -> None:
    found = [periodic_energy(with_grid(scene(), s, 0.21, 0.13), BOX) for s in (1, 2, 4, 8, 16)]
    assert found == sorted(found)


def test_the_blocks_of_a_strongly_compressed_file_are_no_pattern() -> None:
    done, file = cv2.imencode(".jpg", scene(), [cv2.IMWRITE_JPEG_QUALITY, 15])
    assert done
    assert periodic_energy(np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8), BOX) < QUIET


@pytest.mark.parametrize("side", [1, 2, LEAST_SIDE - 1])
def test_of_a_small_face_nothing_is_said(side: int) -> None:
    box = BoundingBox(side, side, 100, 100)
    assert periodic_energy(with_grid(scene(), 16, 0.21, 0.13), box) == 0


def test_a_pattern_elsewhere_does_not_count() -> None:
    picture = with_grid(scene(), 16, 0.21, 0.13)
    picture[100:340, 220:420] = scene()[100:340, 220:420]
    assert periodic_energy(picture, BOX) < QUIET
