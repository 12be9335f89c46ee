"""The commands on faces on a data directory itself, beside a server or without one."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from openfrs import credentials_file
from openfrs.app import first_start
from openfrs.settings import load_settings
from tests.cli.served import RED, draw, run

pytestmark = pytest.mark.models


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    """A data directory after its first start; no server runs."""
    directory = tmp_path / "data"
    assert first_start(load_settings(directory, port=1)) is not None
    return directory


class Local:
    """The command line on that directory."""

    def __init__(self, directory: Path, models_dir: Path) -> None:
        self.directory = directory
        self.models_dir = models_dir

    def run(self, *words: str, status: int = 0, **environment: str) -> Result:
        given = {"OPENFRS_MODELS_DIR": str(self.models_dir)} | environment
        result = run(*words, **given)
        assert result.exit_code == status, result.output
        return result

    def json(self, *words: str) -> Any:
        there = ("--data-dir", str(self.directory))
        return json.loads(self.run(*words, "--json", *there).stdout)


@pytest.fixture
def local(installation: Path, models_dir: Path) -> Local:
    return Local(installation, models_dir)


def test_face_sets_are_kept_without_a_server(local: Local) -> None:
    local.json("face-sets", "create", "staff", "--field", "floor=integer")
    [info] = local.json("face-sets", "list")["face_sets_info"]
    assert info["face_set_name"] == "staff"
    assert local.json("faces", "list", "staff", "--filter", "floor:1") == {"total": 0, "faces": []}
    refused = local.run("face-sets", "show", "x", "--data-dir", str(local.directory), status=1)
    assert "FRS.0302" in refused.stderr


def test_the_directory_goes_before_a_server_of_the_environment(local: Local) -> None:
    there = ("--data-dir", str(local.directory))
    local.run("face-sets", "list", *there, OPENFRS_SERVER="http://127.0.0.1:1", OPENFRS_TOKEN="x")


def test_without_a_server_the_default_directory_is_worked_on(local: Local) -> None:
    result = local.run("face-sets", "list", OPENFRS_DATA_DIR=str(local.directory))
    assert "No server answers" in result.stderr
    assert str(local.directory) in result.stderr
    (local.directory / credentials_file.NAME).unlink()
    local.run("face-sets", "list", OPENFRS_DATA_DIR=str(local.directory), OPENFRS_PORT="1")


def test_models_that_are_missing_are_told(local: Local, tmp_path: Path) -> None:
    there = ("--data-dir", str(local.directory))
    ended = local.run("face-sets", "list", *there, OPENFRS_MODELS_DIR=str(tmp_path), status=1)
    assert "openfrs models pull" in ended.stderr


def test_pictures_are_refused_as_by_a_server(local: Local, tmp_path: Path) -> None:
    assert local.json("detect", str(draw(tmp_path / "plain.png", RED))) == {"faces": []}
    there = ("--data-dir", str(local.directory))
    refused = local.run(
        "compare", str(tmp_path / "plain.png"), str(tmp_path / "plain.png"), *there, status=1
    )
    assert "FRS.0501" in refused.stderr
    assert refused.stdout == ""
