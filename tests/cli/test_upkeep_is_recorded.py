"""What commands and rules do to an installation stands in its audit log."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openfrs.cli.commands import application
from openfrs.testing import TestService, make_service
from tests.api.calls import RED, add, make_set


@pytest.fixture
def service(tmp_path: Path) -> TestService:
    with make_service(tmp_path / "data") as service:
        make_set(service)
        add(service, RED, external_image_id="red")
    return service


def run(service: TestService, *words: str) -> str:
    data_dir = str(service.openfrs.settings.data_dir)
    result = CliRunner().invoke(application(), [*words, "--data-dir", data_dir])
    assert result.exit_code == 0, result.output
    return result.output


def recorded(service: TestService, operation: str) -> list[dict[str, object]]:
    lines = run(service, "audit", "show", "--json").splitlines()
    entries = [json.loads(line) for line in lines]
    return [entry for entry in entries if entry["operation"] == operation]


def test_a_backup_is(service: TestService, tmp_path: Path) -> None:
    run(service, "backup", str(tmp_path / "copy"))
    [entry] = recorded(service, "backup")
    assert (entry["actor"], entry["target"]) == ("local", "backup copy")


def test_an_erasure_is_with_the_faces(service: TestService) -> None:
    run(service, "erase", "--face-set", "staff", "--filter", "external_image_id:red")
    [entry] = recorded(service, "erase")
    assert entry["face_set"] == "staff"
    assert len(entry["faces"]) == 1  # type: ignore[arg-type]


def test_a_retention_is(service: TestService) -> None:
    run(service, "retention", "set", "staff", "30")
    [entry] = recorded(service, "retention set")
    assert (entry["actor"], entry["face_set"]) == ("local", "staff")
