"""How networks and signs make a score, with networks that always say the same."""

from pathlib import Path

import numpy as np
import pytest

from openfrs.domain.faces import BoundingBox, DetectedFace
from openfrs.domain.ports import SilentLivenessDetector
from openfrs.engine.manifest import ManifestInvalid
from openfrs.engine.pipeline import OnnxEngine
from openfrs.engine.silent_liveness import FRAME_TAKES, MOIRE_TAKES, SilentLiveness
from tests.engine import networks
from tests.engine.test_moire import scene, with_grid
from tests.engine.test_screen_frame import SIDES, darkened


def face(width: int = 160, height: int = 200) -> DetectedFace:
    box = BoundingBox(width, height, 320 - width // 2, 240 - height // 2)
    return DetectedFace(box, np.zeros((5, 2), np.float32), 1.0)


def check(directory: Path, near: float, wide: float) -> SilentLivenessDetector:
    return SilentLiveness(networks.liveness_pack(directory, near, wide))


def test_the_score_is_the_mean_of_both_networks(tmp_path: Path) -> None:
    found = check(tmp_path, 0.9, 0.5).live_score(scene(), face())
    assert found == pytest.approx(0.7, abs=1e-6)


def test_a_plain_frame_tips_a_doubtful_face_and_no_sure_one(tmp_path: Path) -> None:
    doubtful, sure = tmp_path / "doubtful", tmp_path / "sure"
    doubtful.mkdir()
    sure.mkdir()
    framed = darkened(scene(), *SIDES.values())
    found = check(doubtful, 0.7, 0.7).live_score(framed, face())
    assert found == pytest.approx(0.7 * (1 - FRAME_TAKES), abs=1e-6)
    assert found < 0.5
    assert check(sure, 0.9, 0.9).live_score(framed, face()) > 0.5


def test_plain_moire_decides_whatever_the_networks_say(tmp_path: Path) -> None:
    found = check(tmp_path, 1.0, 1.0).live_score(with_grid(scene(), 16, 0.21, 0.13), face())
    assert found == pytest.approx(1 - MOIRE_TAKES, abs=1e-6)
    assert found < 0.5


def test_a_face_of_a_few_pixels_is_not_live(tmp_path: Path) -> None:
    checked = check(tmp_path, 1.0, 1.0)
    found = [checked.live_score(scene(), face(side, side + 10)) for side in (5, 15, 20, 25, 30, 90)]
    assert found == sorted(found)
    assert found[:2] == [0, 0]
    assert found[-2:] == pytest.approx([1, 1], abs=1e-6)


def test_packs_of_the_other_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestInvalid, match="no liveness pack"):
        SilentLiveness(networks.pack(tmp_path))
    with pytest.raises(ManifestInvalid, match="pack of kind liveness"):
        OnnxEngine(networks.liveness_pack(tmp_path, 0.5, 0.5))
