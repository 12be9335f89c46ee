"""``openfrs keys | users | projects``: who may call. Works beside a running server."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from openfrs.auth import sealing
from openfrs.auth.passwords import hash_password
from openfrs.cli.failures import telling
from openfrs.cli.local_act import recorded
from openfrs.cli.passwords import read_password
from openfrs.domain.errors import FRSError, MalformedParameter, NotFound
from openfrs.domain.identity import AccessKey
from openfrs.operations import accounts
from openfrs.settings import Settings, load_settings
from openfrs.storage.credentials import SqliteCredentials
from openfrs.storage.database import Database

keys = typer.Typer(no_args_is_help=True, help="Create, list and revoke access keys (AK/SK).")
users = typer.Typer(no_args_is_help=True, help="Create, list, change and remove users.")
projects = typer.Typer(no_args_is_help=True, help="Create, list and remove projects.")

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Directory of the database, keys and models.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file", help="Read the password from the first line of this file; - for stdin."
    ),
]
Generate = Annotated[
    bool, typer.Option("--generate-password", help="Make a random password and print it once.")
]


@keys.command("create")
def create_key(
    *,
    user: Annotated[
        str | None, typer.Option(help="Whose key; the first administrator's if absent.")
    ] = None,
    temporary: Annotated[
        bool, typer.Option("--temporary", help="Make a key with a security token that ends.")
    ] = False,
    hours: Annotated[
        float | None, typer.Option(help="Life of a temporary key; 24 if absent.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make an access key. The secret is printed once and never again."""
    with _opened(data_dir, "keys create") as (credentials, settings):
        key_file = sealing.open_key_file(settings.data_dir, credentials.access_keys())
        made = accounts.create_key(
            credentials,
            user,
            seal=sealing.Sealer(key_file).seal,
            now=datetime.now(UTC),
            lifetime=_lifetime(hours) if temporary or hours is not None else None,
        )
    answer = {"access_key": made.key.access_key, "secret_key": made.secret_key}
    if made.security_token is not None and made.key.expires is not None:
        answer["security_token"] = made.security_token
        answer["expires"] = _time(made.key.expires)
    if as_json:
        typer.echo(json.dumps(answer, indent=2))
        return
    for name, value in answer.items():
        typer.echo(f"{name:<15} {value}")
    typer.echo("Keep the secret now: it cannot be shown again.", err=True)


def _lifetime(hours: float | None) -> timedelta:
    """Raises MalformedParameter for hours that no key could have."""
    try:
        return timedelta(hours=24.0 if hours is None else hours)
    except (OverflowError, ValueError):
        raise MalformedParameter("hours: a number of hours") from None


@keys.command("list")
def list_keys(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show the access keys, without their secrets."""
    with _opened(data_dir) as (credentials, _):
        names = {user.user_id: user.name for user in credentials.users()}
        rows = [_key_row(key, names) for key in credentials.access_keys()]
    _print(rows, as_json=as_json)


@keys.command("revoke")
def revoke_key(
    access_key: Annotated[str, typer.Argument(help="The access key (AK).")],
    *,
    data_dir: DataDir = None,
) -> None:
    """End an access key; the next request signed with it is refused."""
    with _opened(data_dir, "keys revoke") as (credentials, _):
        accounts.revoke_key(credentials, access_key)
    typer.echo(f"revoked {access_key}")


@users.command("create")
def create_user(
    name: Annotated[str, typer.Argument(help="Name to sign in with.")],
    *,
    administrator: Annotated[
        bool, typer.Option("--administrator", help="May use every project.")
    ] = False,
    project: Annotated[
        list[str] | None, typer.Option(help="Name of a project the user may use; repeatable.")
    ] = None,
    password_file: PasswordFile = None,
    generate: Generate = False,
    data_dir: DataDir = None,
) -> None:
    """Make a user. Without an option for the password it is asked for."""
    with _opened(data_dir, "users create") as (credentials, _):
        password = _password(password_file, generate=generate)
        accounts.create_user(
            credentials,
            name,
            password,
            hash_password=hash_password,
            administrator=administrator,
            project_names=project or (),
        )
    typer.echo(f"created {name}")
    if generate:
        typer.echo(f"password {password}")


@users.command("list")
def list_users(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show the users and their projects."""
    with _opened(data_dir) as (credentials, _):
        known = credentials.projects()
        rows: list[dict[str, object]] = [
            {
                "name": user.name,
                "id": user.user_id,
                "administrator": user.administrator,
                "projects": accounts.project_names(known, user) or [],
            }
            for user in credentials.users()
        ]
    _print(rows, as_json=as_json)


@users.command("set-password")
def set_password(
    name: Annotated[str, typer.Argument(help="Name of the user.")],
    *,
    password_file: PasswordFile = None,
    generate: Generate = False,
    data_dir: DataDir = None,
) -> None:
    """Change a password. The user's tokens end; access keys stay."""
    with _opened(data_dir, "users set-password") as (credentials, _):
        accounts.find_user(credentials, name)
        password = _password(password_file, generate=generate)
        accounts.set_password(credentials, name, password, hash_password=hash_password)
    typer.echo(f"changed the password of {name}")
    if generate:
        typer.echo(f"password {password}")


@users.command("remove")
def remove_user(
    name: Annotated[str, typer.Argument(help="Name of the user.")], *, data_dir: DataDir = None
) -> None:
    """Remove a user with its access keys. The last administrator stays."""
    with _opened(data_dir, "users remove") as (credentials, _):
        accounts.remove_user(credentials, name)
    typer.echo(f"removed {name}")


@projects.command("create")
def create_project(
    name: Annotated[str, typer.Argument(help="Name of the project.")], *, data_dir: DataDir = None
) -> None:
    """Make a project and print its id."""
    with _opened(data_dir, "projects create") as (credentials, _):
        project = accounts.create_project(credentials, name)
    typer.echo(project.project_id)


@projects.command("list")
def list_projects(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show the projects and their ids."""
    with _opened(data_dir) as (credentials, _):
        rows: list[dict[str, object]] = [
            {"name": project.name, "id": project.project_id} for project in credentials.projects()
        ]
    _print(rows, as_json=as_json)


@projects.command("remove")
def remove_project(
    name: Annotated[str, typer.Argument(help="Name or id of the project.")],
    *,
    data_dir: DataDir = None,
) -> None:
    """Remove a project. One that holds face sets is refused: delete those first."""
    with _opened(data_dir, "projects remove") as (credentials, _):
        accounts.remove_project(credentials, name)
    typer.echo(f"removed {name}")


@contextmanager
def _opened(
    data_dir: Path | None, operation: str | None = None
) -> Iterator[tuple[SqliteCredentials, Settings]]:
    """The credential store of an installation; a refusal becomes its message and exit status 1.

    What is written meanwhile is recorded as the ``operation``.
    """
    with telling(FRSError):
        settings = load_settings(data_dir)
        if not settings.database.exists():
            raise NotFound(
                f"{settings.data_dir} holds no installation: the first start of openfrs serve "
                "makes one"
            )
        with (
            closing(Database(settings.database)) as database,
            recorded(database, settings, operation) if operation else nullcontext(),
        ):
            yield SqliteCredentials(database), settings


def _password(file: Path | None, *, generate: bool) -> str:
    if generate:
        return accounts.generate_password()
    return read_password(file, new=True)


def _key_row(key: AccessKey, names: dict[str, str]) -> dict[str, object]:
    state = "lasting"
    if key.expires is not None:
        state = "expired" if key.expires <= datetime.now(UTC) else "temporary"
    row: dict[str, object] = {
        "access_key": key.access_key,
        "user": names.get(key.user_id, ""),
        "created": _time(key.created),
        "state": state,
    }
    return row if key.expires is None else row | {"expires": _time(key.expires)}


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _print(rows: list[dict[str, object]], *, as_json: bool) -> None:
    """The rows as JSON, or one a line, the first column padded."""
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        typer.echo("  ".join(_cell(name, value) for name, value in row.items()))


def _cell(name: str, value: object) -> str:
    match value:
        case bool():
            return name if value else f"no {name}"
        case list():
            return f"{name}: {', '.join(value) or '-'}"
    return f"{value:<24}" if name == "name" else str(value)
