"""What the commands of ``openfrs eval`` share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from openfrs.engine.manifest import PackError
from openfrs.engine.session import ProviderMissing
from openfrs.evaluation.pairs import PairsInvalid
from openfrs.settings import SettingInvalid

Root = Annotated[
    Path, typer.Option("--root", help="Directory of the pictures.", file_okay=False, exists=True)
]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Directory of the database, keys and models.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]

REFUSALS = (PackError, ProviderMissing, SettingInvalid, PairsInvalid, ValueError, OSError)


@contextmanager
def telling() -> Iterator[None]:
    """Turns a refusal into its message and exit status 1."""
    try:
        yield
    except REFUSALS as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def check_there(root: Path, names: Sequence[str]) -> None:
    """Raises ValueError where a named picture is not below the root."""
    missing = [name for name in names if not (root / name).is_file()]
    if missing:
        raise ValueError(
            f"{len(missing)} of {len(names)} pictures are not below {root}, such as {missing[0]}"
        )
