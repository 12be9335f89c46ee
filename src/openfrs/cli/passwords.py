"""Where a command gets a password from: a file, standard input, or a person."""

import sys
from pathlib import Path

import typer

from openfrs.cli.failures import CommandFailed


def read_password(file: Path | None, *, new: bool = False) -> str:
    """The first line of the file, of standard input for ``-``; asked for where there is no file.

    A new password is asked for twice. Raises CommandFailed.
    """
    if file is None:
        prompted: str = typer.prompt("Password", hide_input=True, confirmation_prompt=new, err=True)
        return prompted
    try:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise CommandFailed(f"{file} cannot be read as text") from None
    return text.split("\n", 1)[0].removesuffix("\r")
