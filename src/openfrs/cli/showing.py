"""What the commands that look after an installation share: their options, bars and refusals."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from openfrs.cli import failures
from openfrs.domain.errors import FRSError, NotFound
from openfrs.settings import Settings, load_settings

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Directory of the database, keys and models.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]

Showing = Callable[[str, int, int], None]


def installation(data_dir: Path | None) -> Settings:
    """The settings of an installation that is there. Raises NotFound, SettingInvalid."""
    settings = load_settings(data_dir)
    if not settings.database.exists():
        raise NotFound(
            f"{settings.data_dir} holds no installation: the first start of openfrs serve makes one"
        )
    return settings


@contextmanager
def telling() -> Iterator[None]:
    """Turns a refusal into its message and exit status 1; keeps log lines out of the answer."""
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    try:
        with failures.telling(FRSError, OSError):
            yield
    finally:
        structlog.configure(**before)


@contextmanager
def bars() -> Iterator[Showing]:
    """A callback that draws a bar for each step on a terminal, and is silent elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda *_: None
        return
    tasks: dict[str, TaskID] = {}
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    with Progress(*columns, console=console) as progress:

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=max(total, 1))
            progress.update(tasks[what], completed=done, total=max(total, 1))

        yield show


def print_json(document: object) -> None:
    typer.echo(json.dumps(document, indent=2))
