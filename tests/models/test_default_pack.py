"""The real default pack, as the installer left it."""

import json
from pathlib import Path

import numpy as np
import pytest

from openfrs.engine.conversions import GOLDEN, golden_chips
from openfrs.engine.install import verify
from openfrs.engine.installed_pack import InstalledPack, installed_pack
from openfrs.engine.session import Session

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def pack(models_dir: Path) -> InstalledPack:
    return installed_pack(models_dir, "default")


def test_every_installed_file_has_its_hash(pack: InstalledPack) -> None:
    assert verify(pack.manifest, pack.directory.parent) == []


def test_the_template_network_computes_what_dlib_computes(pack: InstalledPack) -> None:
    golden = json.loads((GOLDEN / "dlib_resnet.json").read_text(encoding="utf-8"))
    expected = np.array(golden["templates"])
    [templates] = Session(pack.path("template")).run(golden_chips(len(expected)))
    assert templates.dtype == np.float32
    np.testing.assert_allclose(templates, expected, atol=golden["tolerance"])


def test_the_template_network_takes_any_number_of_chips(pack: InstalledPack) -> None:
    session, chips = Session(pack.path("template")), golden_chips(5)
    [together] = session.run(chips)
    for index in range(5):
        [alone] = session.run(chips[index : index + 1])
        np.testing.assert_allclose(alone[0], together[index], atol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 96), (256, 256), (480, 640)])
def test_the_detector_takes_any_size(pack: InstalledPack, height: int, width: int) -> None:
    outputs = Session(pack.path("detector")).run(np.zeros((1, 3, height, width), dtype=np.float32))
    shapes = [output.shape for output in outputs]
    assert shapes == [(1, c, height // 4, width // 4) for c in (1, 2, 2, 10)]


@pytest.mark.parametrize(("role", "classes"), [("age", 81), ("gender", 2)])
def test_age_and_gender_give_probabilities(pack: InstalledPack, role: str, classes: int) -> None:
    file = pack.manifest.file(role)
    assert file is not None
    assert file.input is not None
    assert file.input.height is not None
    chips = golden_chips(2)[:, : file.input.height, : file.input.width]
    values = ((chips - np.array(file.input.mean)) * file.input.scale).astype(np.float32)
    [probabilities] = Session(pack.path(role)).run(
        np.ascontiguousarray(values.transpose(0, 3, 1, 2))
    )
    assert probabilities.shape == (2, classes)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-3)


def test_the_mesh_network_computes_what_litert_computes(pack: InstalledPack) -> None:
    golden = json.loads((GOLDEN / "face_mesh.json").read_text(encoding="utf-8"))
    points, presence = Session(pack.path("mesh")).run(golden_chips(1, 192))
    expected = np.array(golden["points"])
    assert points.dtype == np.float32
    assert expected.shape == (468, 3)
    allowed = golden["tolerance"] * np.abs(expected).max()
    np.testing.assert_allclose(points[0], expected, atol=allowed)
    np.testing.assert_allclose(presence, golden["presence"], atol=golden["tolerance"])


def test_the_mesh_network_takes_any_number_of_chips(pack: InstalledPack) -> None:
    session, chips = Session(pack.path("mesh")), golden_chips(5, 192)
    together, seen = session.run(chips)
    for index in range(5):
        points, presence = session.run(chips[index : index + 1])
        np.testing.assert_allclose(points[0], together[index], atol=1e-2)
        np.testing.assert_allclose(presence[0], seen[index], atol=1e-4)
