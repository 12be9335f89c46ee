"""``openfrs thumbnails``: does their store hold what the database says? Works beside a server."""

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from openfrs.app import thumbnail_keeper, thumbnails_of
from openfrs.auth.sealing import open_key_file
from openfrs.domain.objects import ObjectStoreError
from openfrs.settings import load_settings
from openfrs.storage.credentials import SqliteCredentials
from openfrs.storage.database import Database

app = typer.Typer(no_args_is_help=True, help="Check the thumbnails of enrolled faces.")


@app.callback()
def thumbnails() -> None:
    """Check the thumbnails of enrolled faces."""


@app.command("check")
def check(
    *,
    erase_orphans: Annotated[
        bool, typer.Option("--erase-orphans", help="Erase the pictures that belong to no face.")
    ] = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="Directory of the database, keys and models.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Compare the store of thumbnails with the database, after doing what is due.

    A database that was restored from a backup knows nothing of the pictures of later faces; these
    belong to no face. Ends with status 1 where something is amiss.
    """
    settings = load_settings(data_dir)
    if not settings.database.exists():
        typer.echo(f"Error: {settings.data_dir} holds no installation", err=True)
        raise typer.Exit(1)
    with closing(Database(settings.database)) as database:
        key = open_key_file(settings.data_dir, SqliteCredentials(database).access_keys())
        keeper = thumbnail_keeper(settings, thumbnails_of(settings, key, database))
        try:
            keeper.settle()
            erased = keeper.erase_orphans() if erase_orphans else 0
            orphans, missing = len(keeper.orphans()), len(keeper.missing())
        except ObjectStoreError as error:
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps({"missing": missing, "orphans": orphans, "erased": erased}))
    else:
        typer.echo(f"faces whose thumbnail is missing: {missing}")
        typer.echo(f"pictures that belong to no face: {orphans}")
        if erase_orphans:
            typer.echo(f"erased: {erased}")
    if orphans or missing:
        raise typer.Exit(1)
