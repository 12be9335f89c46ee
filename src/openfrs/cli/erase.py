"""``openfrs erase``: erase somebody's faces, and report what was looked at afterwards."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer

from openfrs.app import thumbnail_keeper, thumbnails_of
from openfrs.auth.sealing import open_key_file
from openfrs.cli.local_act import recorded
from openfrs.cli.showing import AsJson, DataDir, installation, print_json, telling
from openfrs.domain.errors import FaceNotFound, MissingParameter, NotFound, NothingToDelete
from openfrs.domain.query import EXTERNAL_IMAGE_ID, Equals, parse_filter
from openfrs.index.quantised import QuantisedIndex
from openfrs.operations import which_face_set
from openfrs.operations.mirror import Mirror
from openfrs.settings import Settings
from openfrs.storage.credentials import SqliteCredentials
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from openfrs.storage.traces import Traces
from openfrs.upkeep.erasure import Eraser, ErasureReport
from openfrs.upkeep.thumbnail_look import ThumbnailLook

BEYOND = (
    "Not looked at, as it is beyond the program's reach: backups that you made, snapshots and "
    "freed blocks of the file system, and the memory of running servers, which drop the faces "
    "before their next search of this face set. OpenFRS keeps no snapshots of its own."
)


def erase(
    *,
    face_set: Annotated[str, typer.Option("--face-set", help="Name of the face set.")],
    face_id: Annotated[str | None, typer.Option(help="Id of the face.")] = None,
    external_image_id: Annotated[
        str | None, typer.Option(help="Erase all faces with this external_image_id.")
    ] = None,
    where: Annotated[
        str | None, typer.Option("--filter", help="Erase all faces that match this filter.")
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(help="Name or id of the project, where several have such a face set."),
    ] = None,
    rewrite: Annotated[
        bool,
        typer.Option(
            "--rewrite", help="Build the database anew where stray bytes are found; writers wait."
        ),
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Erase faces and prove it by looking again; exit status 1 where something of them is left."""
    with telling():
        settings = installation(data_dir)
        if sum(given is not None for given in (face_id, external_image_id, where)) != 1:
            raise MissingParameter("give one of --face-id, --external-image-id and --filter")
        with (
            closing(Database(settings.database)) as database,
            recorded(database, settings, "erase"),
        ):
            store = SqliteStore(database, lambda: datetime.now(UTC))
            credentials = SqliteCredentials(database)
            found = which_face_set.find(credentials, store, face_set, project)
            eraser = Eraser(
                settings.data_dir,
                store,
                Traces(database, settings.database),
                lambda dimension: Mirror(store, QuantisedIndex, dimension),
                lambda: datetime.now(UTC),
                thumbnails=_thumbnail_look(settings, database, credentials)
                if found.thumbnails
                else None,
                rewrite=rewrite,
            )
            try:
                if face_id is not None:
                    report = eraser.by_id(found, face_id)
                elif external_image_id is not None:
                    report = eraser.by_filter(found, Equals(EXTERNAL_IMAGE_ID, external_image_id))
                else:
                    report = eraser.by_filter(found, parse_filter(where or "", found.schema))
            except (FaceNotFound, NothingToDelete):
                sought = face_id or external_image_id or where
                raise NotFound(f"nothing is erased: {found.name} has no face {sought}") from None
    if as_json:
        print_json(_document(report))
    else:
        _print(report)
    if not report.proven:
        raise typer.Exit(1)


def _thumbnail_look(
    settings: Settings, database: Database, credentials: SqliteCredentials
) -> ThumbnailLook:
    key = open_key_file(settings.data_dir, credentials.access_keys())
    thumbnails = thumbnails_of(settings, key, database)
    keeper = thumbnail_keeper(settings, thumbnails)
    return ThumbnailLook(thumbnails.store, thumbnails.objects, keeper.settle)


def _document(report: ErasureReport) -> dict[str, object]:
    return {
        "face_set_name": report.face_set.name,
        "face_set_id": report.face_set.face_set_id,
        "project_id": report.face_set.project_id,
        "face_ids": list(report.face_ids),
        "erased": _time(report.erased),
        "proven": report.proven,
        "looks": [
            {
                "where": look.where,
                "found": look.found,
                "as_it_must_be": look.gone,
                "at": _time(look.at),
            }
            for look in report.looks
        ],
        "not_looked_at": BEYOND,
    }


def _print(report: ErasureReport) -> None:
    typer.echo(
        f"Erased {len(report.face_ids)} faces of {report.face_set.name} at {_time(report.erased)}: "
        f"{', '.join(report.face_ids)}"
    )
    for look in report.looks:
        typer.echo(f"  {'ok  ' if look.gone else 'LEFT'}  {look.where}: {look.found}")
    typer.echo(BEYOND)


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
