"""What commands print: tables for people, tab-separated lines for pipes, JSON for programs.

Results go to standard output, everything that is said about them to standard error.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

Row = Sequence[object]


def show_json(document: object) -> None:
    typer.echo(json.dumps(document, indent=2))


def show_table(head: Sequence[str], rows: Sequence[Row]) -> None:
    """The rows under their head: a table on a terminal, tab-separated lines elsewhere."""
    if not sys.stdout.isatty():
        for row in (head, *rows):
            typer.echo("\t".join(map(str, row)))
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(head):
        numeric = all(isinstance(row[number], int | float) for row in rows)
        table.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    Console().print(table)


def show_record(values: Mapping[str, object]) -> None:
    """One thing, a line for each of its values: padded on a terminal, tab-separated elsewhere."""
    width = max(map(len, values), default=0) if sys.stdout.isatty() else 0
    separator = "  " if width else "\t"
    for name, value in values.items():
        typer.echo(f"{name:<{width}}{separator}{value}")


def say(text: str) -> None:
    """Tells on standard error."""
    typer.echo(text, err=True)


def sure(question: str, *, yes: bool) -> None:
    """Asks, unless that is answered already. Ends the command where the answer is no.

    Raises typer.BadParameter where nobody can be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"{question} Nobody can be asked here: add --yes")
    typer.confirm(question, abort=True, err=True)


def box_text(box: Mapping[str, object]) -> str:
    """A bounding box as 80x96+20+14: width, height, left, top, in pixels."""
    return f"{box['width']}x{box['height']}+{box['top_left_x']}+{box['top_left_y']}"


def fields_text(fields: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={_plain(value)}" for name, value in fields.items())


def _plain(value: object) -> object:
    """As the value is written in a filter and in --field."""
    return str(value).lower() if isinstance(value, bool) else value
