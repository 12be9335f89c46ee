"""What the commands of ``openfrs eval`` share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from openfrs.cli.failures import telling
from openfrs.evaluation.pairs import PairsInvalid

Root = Annotated[
    Path, typer.Option("--root", help="Directory of the pictures.", file_okay=False, exists=True)
]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Directory of the database, keys and models.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@contextmanager
def telling_of_files() -> Iterator[None]:
    """As ``telling``, also for files that cannot be read or are not what they should be."""
    with telling(PairsInvalid, ValueError, OSError):
        yield


def check_there(root: Path, names: Sequence[str]) -> None:
    """Raises ValueError where a named picture is not below the root."""
    missing = [name for name in names if not (root / name).is_file()]
    if missing:
        raise ValueError(
            f"{len(missing)} of {len(names)} pictures are not below {root}, such as {missing[0]}"
        )


def tell_unread(names: Sequence[str], listed: int, *, counted: str) -> None:
    """Says on standard error how many pictures the service cannot read, if any, and such as which.

    ``counted`` is what becomes of them, as every figure depends on it.
    """
    if names:
        typer.echo(
            f"{len(names)} of {listed} pictures cannot be read by the service and {counted}, "
            f"such as {names[0]}",
            err=True,
        )
