"""``openfrs retention``: how long the faces of a set are kept. Works beside a running server."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from openfrs.cli.local_act import recorded
from openfrs.cli.showing import AsJson, DataDir, installation, print_json, telling
from openfrs.domain.errors import MalformedParameter
from openfrs.domain.retention import check_days
from openfrs.operations import which_face_set
from openfrs.operations.retention import erase_expired
from openfrs.storage.credentials import SqliteCredentials
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore

OFF = "off"

app = typer.Typer(no_args_is_help=True, help="Set, show and enforce how long faces are kept.")

FaceSetName = Annotated[str, typer.Argument(help="Name of the face set.")]
ProjectName = Annotated[
    str | None,
    typer.Option("--project", help="Name or id of its project, where several have such a set."),
]


@app.command("set")
def set_days(
    face_set_name: FaceSetName,
    days: Annotated[str, typer.Argument(help="Days from enrolment to erasure, or off.")],
    *,
    project: ProjectName = None,
    data_dir: DataDir = None,
) -> None:
    """Keep a set's faces for so many days. Older ones are erased within the hour."""
    with telling(), opened(data_dir, "retention set") as (credentials, store):
        number = check_days(_days(days))
        face_set = which_face_set.find(credentials, store, face_set_name, project)
        store.set_retention(face_set, number)
    typer.echo(f"{face_set_name}: {_words(number)}")


@app.command()
def show(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show every face set with the days that its faces are kept."""
    with telling(), opened(data_dir) as (credentials, store):
        rows = [
            (project.name, face_set)
            for project in credentials.projects()
            for face_set in store.face_sets(project.project_id)
        ]
    if as_json:
        print_json(
            [
                {"project": project, "face_set_name": face_set.name, "faces": face_set.face_number}
                | ({"retention_days": face_set.retention_days} if face_set.retention_days else {})
                for project, face_set in rows
            ]
        )
        return
    for project, face_set in rows:
        typer.echo(
            f"{face_set.name:<24}  {project}  {face_set.face_number} faces  "
            f"{_words(face_set.retention_days)}"
        )


@app.command()
def run(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Erase the faces whose time has come now, as the server does every hour."""
    with telling(), opened(data_dir, "retention run") as (_, store):
        done = list(erase_expired(store, datetime.now(UTC)))
    if as_json:
        print_json([{"face_set_name": one.face_set.name, "erased": one.faces} for one in done])
        return
    for one in done:
        typer.echo(f"{one.face_set.name:<24}  {one.faces} faces erased")


@contextmanager
def opened(
    data_dir: Path | None, operation: str = ""
) -> Iterator[tuple[SqliteCredentials, SqliteStore]]:
    """The stores of an installation that is there; what is written is recorded as the operation."""
    settings = installation(data_dir)
    with (
        closing(Database(settings.database)) as database,
        recorded(database, settings, operation) if operation else nullcontext(),
    ):
        yield SqliteCredentials(database), SqliteStore(database, lambda: datetime.now(UTC))


def _days(text: str) -> int | None:
    if text == OFF:
        return None
    try:
        return int(text)
    except ValueError:
        raise MalformedParameter(f"days: a whole number, or {OFF}") from None


def _words(days: int | None) -> str:
    return "kept until they are deleted" if days is None else f"kept for {days} days"
