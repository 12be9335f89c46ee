"""The page on the command line shows commands that can be typed, and all exit statuses."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from openfrs.cli.commands import application
from openfrs.cli.failures import Status

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "use-the-command-line.md"
LINES = [
    line
    for page in (PAGE, ROOT / "README.md")
    for line in re.findall(
        r"^(?:\$ (?:.*\| )?)?openfrs ((?:face|search|compare|detect).*)$",
        page.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
]


def test_there_are_lines_to_type() -> None:
    assert len(LINES) > 20


@pytest.mark.parametrize("line", LINES)
def test_a_line_can_be_typed(line: str) -> None:
    command = get_command(application())
    words = shlex.split(line, comments=True)
    while (known := getattr(command, "commands", None)) is not None:
        command = known[words.pop(0)]
    command.make_context("openfrs", words)


def test_each_exit_status_is_told() -> None:
    told = re.findall(r"^\| ([0-9]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(number) for number in told] == [0, *Status]
