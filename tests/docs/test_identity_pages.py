"""The pages about identity say what the program does."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from openfrs.auth import authorization, signing, tokens
from openfrs.cli import identity
from openfrs.operations import accounts
from openfrs.storage import lock_table

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "reference" / "identity.md").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how-to" / "manage-keys-and-users.md").read_text(encoding="utf-8")
APPS = {"keys": identity.keys, "users": identity.users, "projects": identity.projects}
COMMANDS = re.findall(r"^\$ openfrs (.+)$", HOW_TO, re.MULTILINE)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_how_to_can_be_typed(line: str) -> None:
    group_name, name, *words = shlex.split(line)
    group = get_command(APPS[group_name])
    command = group.commands[name]  # type: ignore[attr-defined]  # a group has them
    command.make_context(name, words)


@pytest.mark.parametrize("group_name", sorted(APPS))
def test_every_command_is_in_the_how_to(group_name: str) -> None:
    group = get_command(APPS[group_name])
    shown = {line.split()[1] for line in COMMANDS if line.startswith(group_name)}
    assert shown == set(group.commands)  # type: ignore[attr-defined]


def test_the_figures_of_the_reference_are_those_of_the_program() -> None:
    assert f"at most {signing.WINDOW.seconds // 60} minutes" in REFERENCE
    assert f"{tokens.LIFETIME.total_seconds() / 3600:.0f} hours" in REFERENCE
    assert lock_table.FAILURES == 5
    assert "five wrong passwords" in REFERENCE
    assert lock_table.SECONDS == 5 * 60
    assert "for five minutes" in REFERENCE
    assert f"{lock_table.CAPACITY:,} names" in REFERENCE
    assert f"{accounts.ACCESS_KEY_LENGTH} characters, public" in REFERENCE
    assert f"{accounts.SECRET_KEY_LENGTH} characters, secret" in REFERENCE


def test_every_algorithm_is_in_the_reference() -> None:
    for algorithm in (
        authorization.PLAIN,
        authorization.DERIVED,
        *authorization.KNOWN_BUT_UNSUPPORTED,
    ):
        assert f"`{algorithm}`" in REFERENCE
