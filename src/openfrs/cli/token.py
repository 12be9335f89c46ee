"""``openfrs token`` and ``openfrs endpoint``: what a request by hand needs."""

from pathlib import Path
from typing import Annotated

import httpx2
import typer

from openfrs import credentials_file
from openfrs.settings import load_settings

DataDir = Annotated[Path | None, typer.Option(help="Directory of the database, keys and models.")]


def endpoint(data_dir: DataDir = None) -> None:
    """Print the address under which the first project's operations are found.

    Reads credentials.json in the data directory, so it works as long as that file is there.
    """
    credentials = _credentials(data_dir)
    typer.echo(f"{credentials['endpoint']}/v2/{credentials['project_id']}")


def token(data_dir: DataDir = None) -> None:
    """Print a token of the administrator, from the running server.

    Reads credentials.json in the data directory, so it works as long as that file is there.
    """
    credentials = _credentials(data_dir)
    user = {
        "domain": {"name": credentials["domain"]},
        "name": credentials["user"],
        "password": credentials["password"],
    }
    request = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"id": credentials["project_id"]}},
        }
    }
    try:
        answer = httpx2.post(f"{credentials['endpoint']}/v3/auth/tokens", json=request)
    except httpx2.TransportError:
        typer.echo(f"Error: no server answers at {credentials['endpoint']}", err=True)
        raise typer.Exit(1) from None
    if answer.status_code != httpx2.codes.CREATED:
        typer.echo(f"Error: the server refused ({answer.status_code})", err=True)
        raise typer.Exit(1)
    typer.echo(answer.headers["X-Subject-Token"])


def _credentials(data_dir: Path | None) -> dict[str, str]:
    settings = load_settings(data_dir)
    credentials = credentials_file.read(settings.data_dir)
    if credentials is None:
        typer.echo(f"Error: there is no {settings.data_dir / credentials_file.NAME}", err=True)
        raise typer.Exit(1)
    return credentials
