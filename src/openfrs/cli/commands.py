"""The ``openfrs`` command: one line a subcommand."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from openfrs.domain.operator import OperatorCanMend
from openfrs.storage.failures import PROGRAM_AT_FAULT, StoreFailure, code_of, in_words

SERVICE, FACES, ACCOUNTS = "Service", "Faces", "Accounts"
UPKEEP = "Upkeep"
MODELS, MEASURING = "Models", "Measuring"


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or a group of them, and where it stands in the help.

    ``attribute`` of ``module`` is a function or a typer.Typer. It is imported when it is needed:
    what serves takes a second to load, which a command that asks a server should not.
    """

    name: str
    module: str
    attribute: str
    panel: str


COMMANDS = (
    Command("serve", "serve", "serve", SERVICE),
    Command("token", "token", "token", SERVICE),
    Command("endpoint", "token", "endpoint", SERVICE),
    Command("face-sets", "face_sets", "app", FACES),
    Command("faces", "faces", "app", FACES),
    Command("search", "search", "search", FACES),
    Command("compare", "compare", "compare", FACES),
    Command("detect", "detect", "detect", FACES),
    Command("backup", "backup", "backup", UPKEEP),
    Command("restore", "backup", "restore", UPKEEP),
    Command("check", "backup", "check", UPKEEP),
    Command("erase", "erase", "erase", UPKEEP),
    Command("retention", "retention", "app", UPKEEP),
    Command("thumbnails", "thumbnails", "app", UPKEEP),
    Command("audit", "audit", "app", UPKEEP),
    Command("keys", "identity", "keys", ACCOUNTS),
    Command("users", "identity", "users", ACCOUNTS),
    Command("projects", "identity", "projects", ACCOUNTS),
    Command("models", "models", "app", MODELS),
    Command("eval", "evaluate", "app", MEASURING),
    Command("bench", "bench", "app", MEASURING),
)


def application(commands: Iterable[Command] = COMMANDS) -> typer.Typer:
    """The command line with those commands."""
    app = typer.Typer(
        name="openfrs",
        help="A self-hosted face recognition service that speaks Huawei Cloud FRS v2.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(_nothing_before_the_command)
    for command in commands:
        found = getattr(import_module(f"openfrs.cli.{command.module}"), command.attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=command.name, rich_help_panel=command.panel)
        else:
            app.command(command.name, rich_help_panel=command.panel)(found)
    return app


def _nothing_before_the_command() -> None:
    """Makes a group of the application even where it has one command."""


def run() -> None:
    """Runs the command line; a mistake of the operator's ends with a sentence, not a trace.

    So do a disk that is full, files of somebody else and a damaged database.
    """
    try:
        application(_asked_for(sys.argv))()
    except (OperatorCanMend, OSError) as error:
        _end_with(str(error))
    except StoreFailure as failure:
        if code_of(failure) == PROGRAM_AT_FAULT:
            raise
        _end_with(str(in_words(Path("the database"), failure)))


def _end_with(message: str) -> NoReturn:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print("[red]Error:[/red]", escape(message))
    sys.exit(1)


def _asked_for(arguments: list[str]) -> Iterable[Command]:
    """The command that the arguments name; all where they name none, as for help.

    A shell that completes a line hands the line over in a variable.
    """
    words = os.environ.get("_TYPER_COMPLETE_ARGS", "").split() or arguments
    return [command for command in COMMANDS if [command.name] == words[1:2]] or COMMANDS
