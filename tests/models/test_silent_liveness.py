"""The real liveness pack on real pictures."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from openfrs import images
from openfrs.domain.faces import Image
from openfrs.domain.limits import OPEN
from openfrs.engine.conversions import golden_chips
from openfrs.engine.install import verify
from openfrs.engine.installed_pack import installed_pack
from openfrs.engine.pipeline import OnnxEngine
from openfrs.engine.session import Session
from openfrs.engine.silent_liveness import SilentLiveness
from openfrs.engine.torch_format import read_tensors
from tests.engine import slow_minifasnet

pytestmark = [pytest.mark.models, pytest.mark.shared]


@pytest.fixture(scope="module")
def check(liveness_models_dir: Path) -> SilentLiveness:
    return SilentLiveness(installed_pack(liveness_models_dir, "silent-face"))


@pytest.fixture(params=["obama.jpg", "obama2.jpg", "biden.jpg"])
def portrait(shared_data: Path, request: pytest.FixtureRequest) -> Image:
    return images.decode((shared_data / "people" / request.param).read_bytes(), OPEN)


def score(engine: OnnxEngine, check: SilentLiveness, image: Image) -> float:
    return check.live_score(image, engine.detect(image)[0])


def test_the_installed_pack_is_whole(liveness_models_dir: Path) -> None:
    pack = installed_pack(liveness_models_dir, "silent-face")
    assert verify(pack.manifest, liveness_models_dir) == []


@pytest.mark.parametrize("role", ["live_near", "live_wide"])
def test_the_networks_compute_what_their_tensors_say(
    liveness_models_dir: Path, shared_models: Path, role: str
) -> None:
    pack = installed_pack(liveness_models_dir, "silent-face")
    file = pack.manifest.file(role)
    assert file is not None
    tensors = read_tensors((shared_models / file.source_name).read_bytes())
    crops = golden_chips(2, 80)
    [found] = Session(pack.path(role)).run(crops)
    np.testing.assert_allclose(found, slow_minifasnet.classes(tensors, crops), atol=1e-5)


def test_people_are_live(engine: OnnxEngine, check: SilentLiveness, portrait: Image) -> None:
    assert score(engine, check, portrait) > 0.9


def test_a_webcam_frame_and_a_tight_crop_are_judged(
    engine: OnnxEngine, check: SilentLiveness, portrait: Image
) -> None:
    scale = 480 / portrait.shape[0]
    small = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    side = (640 - small.shape[1]) // 2
    frame = cv2.copyMakeBorder(small, 0, 0, side, 640 - side - small.shape[1], cv2.BORDER_REFLECT)
    assert frame.shape == (480, 640, 3)
    assert score(engine, check, np.asarray(frame, np.uint8)) > 0.5
    box = engine.detect(portrait)[0].bounding_box
    tight = portrait[
        box.top_left_y : box.top_left_y + box.height, box.top_left_x : box.top_left_x + box.width
    ]
    assert 0 <= score(engine, check, np.ascontiguousarray(tight)) <= 1


def test_a_screen_like_pattern_lowers_the_score(
    engine: OnnxEngine, check: SilentLiveness, portrait: Image
) -> None:
    """A picture made for this test; it says nothing of real screens."""
    y, x = np.mgrid[: portrait.shape[0], : portrait.shape[1]]
    wave = 24 * np.sin(2 * np.pi * (0.21 * x + 0.13 * y))
    shown = (portrait + wave[..., None]).clip(0, 255).astype(np.uint8)
    face = engine.detect(portrait)[0]
    assert check.live_score(shown, face) <= check.live_score(portrait, face) * 0.65
