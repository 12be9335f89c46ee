"""An installation with faces in it, whose server runs, and the command line beside it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from openfrs.cli.commands import application
from openfrs.testing import TestService, make_service
from tests.api.calls import BLUE, GREEN, RED, add, make_set


@dataclass(frozen=True)
class CommandLine:
    """``openfrs`` with a data directory of its own."""

    data_dir: Path

    def run(self, *words: object, fails: bool = False, data_dir: Path | None = None) -> str:
        """What the command prints, on standard error where it is refused."""
        arguments = [*map(str, words), "--data-dir", str(data_dir or self.data_dir)]
        result = CliRunner(env={"OPENFRS_MODELS_DIR": None}).invoke(application(), arguments)
        assert result.exit_code == (1 if fails else 0), result.output
        return result.stderr or result.stdout if fails else result.stdout

    def json(self, *words: object, fails: bool = False, data_dir: Path | None = None) -> Any:
        return json.loads(self.run(*words, "--json", fails=fails, data_dir=data_dir))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TestService]:
    """A running service whose face set ``staff`` holds three faces."""
    with make_service(tmp_path / "data") as running:
        make_set(running)
        for floor, colour in enumerate((RED, GREEN, BLUE)):
            add(
                running,
                colour,
                external_image_id=f"image-{floor}",
                external_fields={"floor": floor, "badge": f"b{floor}"},
            )
        yield running


@pytest.fixture
def command(service: TestService) -> CommandLine:
    return CommandLine(service.openfrs.settings.data_dir)
