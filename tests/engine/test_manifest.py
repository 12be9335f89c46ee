from pathlib import Path

import pytest

from openfrs.engine import installed_record
from openfrs.engine.installed_pack import BUILT_IN, installed_pack, manifest_paths
from openfrs.engine.installed_record import InstalledFile, InstalledRecord
from openfrs.engine.manifest import (
    CONVERSIONS,
    HttpsSource,
    Kind,
    Manifest,
    ManifestInvalid,
    PackNotInstalled,
    WheelSource,
)
from openfrs.engine.manifest_format import load_manifest

HASH_A, HASH_B, HASH_C = "a" * 64, "b" * 64, "c" * 64

GOOD = f"""
name = "mine"
version = 3
title = "A pack of one's own"
licence = "MIT"
dimension = 4

[calibration]
report = "docs/mine.md"
points = [[-1, 0], [0.5, 0.93], [1, 1]]

[wheels.one]
requirement = "one==1.0"
wheel = "one-1.0-py3-none-any.whl"
sha256 = "{HASH_A}"
size = 10
platform = "any"
python = "3.11"
abi = "none"

[[files]]
role = "detector"
family = "centerface"
name = "detector.onnx"
wheel = "one"
member = "one/d.onnx"
sha256 = "{HASH_B}"
size = 5
licence = "MIT"
author = "One"
origin = "https://example.org/one"
input = {{ colour = "RGB", layout = "NCHW", dtype = "float32", mean = [0, 0, 0], scale = 1 }}

[[files]]
role = "template"
family = "dlib-resnet"
name = "template.onnx"
url = "https://example.org/files/t.onnx"
sha256 = "{HASH_C}"
size = 7
licence = "MIT"
author = "Two"
origin = "https://example.org/two"
"""


def written(directory: Path, text: str, name: str = "mine") -> Path:
    path = directory / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def load(directory: Path, text: str) -> Manifest:
    return load_manifest(written(directory, text))


def test_a_manifest_says_what_its_file_says(tmp_path: Path) -> None:
    manifest = load(tmp_path, GOOD)
    assert manifest.identity == "mine@3"
    assert manifest.kind is Kind.RECOGNITION
    assert manifest.templates is not None
    assert manifest.templates.dimension == 4
    assert manifest.templates.calibration.similarity(0.5) == 0.93
    detector, template = manifest.file("detector"), manifest.file("template")
    assert detector is not None
    assert template is not None
    assert isinstance(detector.source, WheelSource)
    assert detector.source.member == "one/d.onnx"
    assert detector.source_name == "d.onnx"
    assert detector.input is not None
    assert detector.input.width is None
    assert template.source == HttpsSource("https://example.org/files/t.onnx")
    assert template.source_name == "t.onnx"
    assert manifest.file("mesh") is None


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('title = "A', 'titel = "A', "title: missing"),
        ("version = 3", "version = 3\ncolour = 1", "colour: unknown key"),
        ("version = 3", "version = 0", "version"),
        ("version = 3", "version = true", "version"),
        ("version = 3", 'version = "3"', "version"),
        ("dimension = 4", "dimension = 0", "dimension"),
        ("[-1, 0], [0.5, 0.93]", "[-1, 0], [0.5, 0.93], [0.6, 0.93]", "calibration.points"),
        ("[-1, 0], [0.5", "[-0.9, 0], [0.5", "calibration.points"),
        ("[0.5, 0.93]", "[0.5, nan]", "calibration.points[1][1]"),
        ("[0.5, 0.93]", "[0.5]", "calibration.points[1]"),
        (HASH_A, "A" * 64, "wheels.one.sha256"),
        (HASH_B, "b" * 63, "files[0].sha256"),
        ('"one==1.0"', '"one>=1.0"', "wheels.one.requirement"),
        ('"one==1.0"', '"--index-url x one==1"', "wheels.one.requirement"),
        ("one-1.0-py3-none-any.whl", "../one-1.0-py3-none-any.whl", "wheels.one.wheel"),
        ('abi = "none"', 'abi = "none"\nextra = 1', "wheels.one.extra: unknown key"),
        ('wheel = "one"\n', 'wheel = "two"\n', "files[0].wheel"),
        ('wheel = "one"\nmember = "one/d.onnx"\n', "", "files[0].wheel: missing"),
        ('name = "detector.onnx"', 'name = "../detector.onnx"', "files[0].name"),
        ('name = "detector.onnx"', 'name = "installed.json"', "files[0].name"),
        ('name = "detector.onnx"', 'name = "template.onnx"', "two files have the name"),
        (
            'role = "template"\nfamily = "dlib-resnet"',
            'role = "detector"\nfamily = "centerface"',
            "no file has the role template",
        ),
        ('role = "detector"', 'role = "hat"', "files[0].role"),
        ("version = 3", 'version = 3\nkind = "magic"', "kind"),
        ("version = 3", 'version = 3\nkind = "liveness"', "calibration: unknown key"),
        (
            'role = "detector"\nfamily = "centerface"',
            'role = "live_near"\nfamily = "minifasnet-2.7"',
            "no file has the role detector",
        ),
        ('family = "centerface"', 'family = "dlib-resnet"', "files[0].family"),
        ("https://example.org/files", "http://example.org/files", "files[1].url"),
        ("https://example.org/files", "https://me:secret@example.org/files", "files[1].url"),
        ("size = 7", "size = -7", "files[1].size"),
        ("size = 7", 'size = 7\nconversion = "magic"', "files[1].conversion"),
        ('colour = "RGB"', 'colour = "HSV"', "files[0].input.colour"),
        ("mean = [0, 0, 0]", "mean = [0, 0]", "files[0].input.mean"),
        ("scale = 1 }", "scale = 1, width = 4 }", "files[0].input.height"),
        ("scale = 1 }", "scale = 1, std = 4 }", "files[0].input.std: unknown key"),
    ],
)
def test_a_fault_is_named_with_its_file_and_key(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    assert GOOD.count(old) >= 1
    with pytest.raises(ManifestInvalid) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert str(tmp_path / "mine.toml") in str(caught.value)
    assert key in str(caught.value)


def test_text_that_is_no_toml_is_an_invalid_manifest(tmp_path: Path) -> None:
    with pytest.raises(ManifestInvalid, match=r"mine\.toml"):
        load(tmp_path, "name = ")


def test_a_manifest_is_named_for_its_file(tmp_path: Path) -> None:
    with pytest.raises(ManifestInvalid, match="other"):
        load_manifest(written(tmp_path, GOOD, "other"))


def test_every_built_in_manifest_is_valid_and_every_conversion_is_known() -> None:
    manifests = [load_manifest(path) for path in sorted(BUILT_IN.glob("*.toml"))]
    assert "default" in [manifest.name for manifest in manifests]
    used = {file.conversion for m in manifests for file in m.files if file.conversion}
    assert used <= CONVERSIONS


def test_the_default_pack_has_every_role_and_meets_093_below_a_score_of_1() -> None:
    manifest = load_manifest(BUILT_IN / "default.toml")
    roles = {file.role for file in manifest.files}
    assert roles == {"detector", "template", "five_points", "age", "gender", "mesh"}
    templates = manifest.templates
    assert templates is not None
    assert templates.dimension == 128
    assert 0.93 in [similarity for _, similarity in templates.calibration.points]
    assert (0.93, 1e-4) in templates.calibration.rates


def test_a_built_in_name_cannot_be_taken_over(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    written(tmp_path, GOOD, "default")
    paths = manifest_paths(tmp_path)
    assert paths["mine"] == tmp_path / "mine.toml"
    assert paths["default"] == BUILT_IN / "default.toml"


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    """A models directory in which the pack of GOOD is installed."""
    manifest = load(tmp_path, GOOD)
    directory = tmp_path / "mine"
    directory.mkdir()
    entries = {}
    for file in manifest.files:
        (directory / file.name).write_bytes(b"x" * file.size)
        entries[file.name] = InstalledFile("0" * 64, file.size, file.sha256, file.conversion)
    installed_record.write(directory, InstalledRecord(manifest.identity, entries))
    return tmp_path


def test_an_installed_pack_knows_where_its_models_lie(models_dir: Path) -> None:
    pack = installed_pack(models_dir, "mine")
    assert pack.path("template") == models_dir / "mine" / "template.onnx"
    with pytest.raises(PackNotInstalled, match="mesh"):
        pack.path("mesh")


def test_a_pack_is_not_installed_where_its_name_is_unknown(models_dir: Path) -> None:
    with pytest.raises(PackNotInstalled, match=r"called yours; known: default, mine, silent-face"):
        installed_pack(models_dir, "yours")


def test_a_pack_is_not_installed_where_its_directory_is_absent(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    with pytest.raises(PackNotInstalled, match="openfrs models pull mine"):
        installed_pack(tmp_path, "mine")


def test_a_missing_or_shortened_file_is_named(models_dir: Path) -> None:
    path = models_dir / "mine" / "template.onnx"
    path.write_bytes(b"x" * 6)
    with pytest.raises(PackNotInstalled, match=r"template\.onnx is damaged"):
        installed_pack(models_dir, "mine")
    path.unlink()
    with pytest.raises(PackNotInstalled, match=r"template\.onnx is missing"):
        installed_pack(models_dir, "mine")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version = 3", "version = 4", "holds mine@3, not mine@4"),
        (HASH_C, "d" * 64, r"template\.onnx was not made from the file"),
        ("size = 7", 'size = 7\nconversion = "dlib-resnet"', r"template\.onnx was not made from"),
        ('name = "template.onnx"', 'name = "other.onnx"', r"other\.onnx was not made from"),
    ],
)
def test_a_pack_of_another_manifest_is_not_installed(
    models_dir: Path, old: str, new: str, message: str
) -> None:
    written(models_dir, GOOD.replace(old, new))
    with pytest.raises(PackNotInstalled, match=message):
        installed_pack(models_dir, "mine")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"identity": 1, "files": []}', '{"files": {"a": 1}}']
)
def test_an_unreadable_record_means_not_installed(models_dir: Path, text: str) -> None:
    (models_dir / "mine" / installed_record.FILE_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(PackNotInstalled, match="openfrs models pull mine"):
        installed_pack(models_dir, "mine")


def test_a_new_calibration_needs_no_new_installation(models_dir: Path) -> None:
    written(models_dir, GOOD.replace("[0.5, 0.93]", "[0.6, 0.93]"))
    templates = installed_pack(models_dir, "mine").manifest.templates
    assert templates is not None
    assert templates.calibration.similarity(0.6) == 0.93


def test_the_liveness_pack_makes_no_templates() -> None:
    manifest = load_manifest(BUILT_IN / "silent-face.toml")
    assert manifest.kind is Kind.LIVENESS
    assert manifest.templates is None
    assert [file.role for file in manifest.files] == ["live_near", "live_wide"]
