"""``openfrs thumbnails``, beside a running service."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openfrs.cli.thumbnails import app
from openfrs.testing import TestService, make_service
from tests.api.calls import GREEN, RED, add, make_set


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TestService]:
    with make_service(tmp_path / "data") as running:
        make_set(running, thumbnails=True)
        yield running


def checked(service: TestService, *words: str, status: int = 0) -> str:
    directory = str(service.openfrs.settings.data_dir)
    result = CliRunner().invoke(app, ["check", "--data-dir", directory, *words])
    assert result.exit_code == status, result.output
    return result.output


def test_a_service_in_order_has_nothing_amiss(service: TestService) -> None:
    add(service, RED)
    assert json.loads(checked(service, "--json")) == {"missing": 0, "orphans": 0, "erased": 0}
    assert len(list(service.openfrs.settings.thumbnails_dir.glob("*/*"))) == 1


def test_what_is_amiss_is_told_and_orphans_go_only_when_asked(service: TestService) -> None:
    add(service, RED)
    add(service, GREEN)
    checked(service)
    lost, _ = service.openfrs.settings.thumbnails_dir.glob("*/*")
    lost.unlink()
    orphan = service.openfrs.settings.thumbnails_dir / "ab" / "cd"
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"sealed")
    told = checked(service, status=1)
    assert "missing: 1" in told
    assert "no face: 1" in told
    assert orphan.exists()
    told = checked(service, "--erase-orphans", "--json", status=1)
    assert json.loads(told) == {"missing": 1, "orphans": 0, "erased": 1}
    assert not orphan.exists()


def test_a_store_that_is_away_is_said_to_be(service: TestService) -> None:
    service.openfrs.settings.thumbnails_dir.write_bytes(b"")
    add(service, RED)
    assert checked(service, status=1).startswith("Error: the object cannot be stored")


def test_a_directory_without_an_installation_is_left_alone(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", "--data-dir", str(tmp_path)])
    assert result.exit_code == 1
    assert "no installation" in result.output
    assert list(tmp_path.iterdir()) == []
