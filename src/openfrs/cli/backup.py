"""``openfrs backup | restore | check``: a copy of an installation, and whether one is sound."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from openfrs.cli.local_act import note
from openfrs.cli.showing import AsJson, DataDir, bars, installation, print_json, telling
from openfrs.engine import installed_record
from openfrs.settings import Settings, load_settings
from openfrs.storage.copying import latest_schema, schema_version
from openfrs.upkeep import check as checking
from openfrs.upkeep.backup import back_up
from openfrs.upkeep.backup_manifest import BackupManifest, PackRecord
from openfrs.upkeep.check import CONTENT, Area, Packs, Progress, Result
from openfrs.upkeep.restore import restore as put_back


def backup(
    destination: Annotated[Path, typer.Argument(help="The directory to make; it must be new.")],
    *,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Leave secret.key out: keep it elsewhere.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Copy an installation into a directory, as it is at one moment. Servers may go on."""
    with telling():
        settings = installation(data_dir)
        with bars() as progress:
            manifest = back_up(
                settings.data_dir,
                destination,
                keys=not without_keys,
                packs=list(_installed_packs(settings)),
                version=metadata.version("openfrs"),
                now=datetime.now(UTC),
                progress=progress,
            )
        if schema_version(settings.database) == latest_schema():  # or opening it would migrate it
            note(settings, "backup", f"backup {destination.name}")
    if as_json:
        print_json({"backup": str(destination.absolute()), **manifest.document()})
        return
    typer.echo(f"{destination}: {_summary(manifest)}")
    if manifest.has_key:
        typer.echo(
            "It holds the templates and the key file: keep it as safe as the service itself."
        )
    else:
        typer.echo("Its access keys are of no use without secret.key, which is not in it.")


def restore(
    source: Annotated[Path, typer.Argument(help="A directory that openfrs backup made.")],
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Move an installation that is there aside.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a backup an installation again, in a new or empty data directory."""
    with telling():
        directory = load_settings(data_dir).data_dir
        with bars() as progress:
            restored = put_back(
                source,
                directory,
                force=force,
                now=datetime.now(UTC),
                faults=partial(_content_faults, progress),
                progress=progress,
            )
            left = [
                fault
                for result in checking.check(
                    directory,
                    _packs(load_settings(directory)),
                    areas=(Area.KEY, Area.PACKS),
                    progress=progress,
                )
                for fault in result.faults
            ]
        note(load_settings(directory), "restore", f"backup {source.name}")
    if as_json:
        moved = {"moved_to": str(restored.moved_to)} if restored.moved_to else {}
        print_json(
            {"data_dir": str(directory), **moved, "to_do": left, **restored.manifest.document()}
        )
        return
    typer.echo(f"{directory}: {_summary(restored.manifest)}, whole and sound")
    if restored.moved_to is not None:
        typer.echo(f"What was there before is in {restored.moved_to}")
    for fault in left:
        typer.echo(f"Before it can serve: {fault}")


def check(
    *,
    without_index: Annotated[
        bool, typer.Option("--without-index", help="Spare the memory that the searches take.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Check database, searches, key file and model packs; exit status 1 where one is at fault."""
    with telling():
        settings = installation(data_dir)
        areas = [area for area in Area if not (without_index and area is Area.INDEX)]
        with bars() as progress:
            results = list(
                checking.check(settings.data_dir, _packs(settings), areas=areas, progress=progress)
            )
    sound = not any(result.faults for result in results)
    if as_json:
        print_json({"sound": sound, "areas": [_document(result) for result in results]})
    else:
        for result in results:
            state = "sound" if not result.faults else f"{len(result.faults)} faults"
            typer.echo(f"{result.area:<6} {state:<9} {result.looked_at}")
            for fault in result.faults:
                typer.echo(f"       - {fault}")
        for area in areas[len(results) :]:
            typer.echo(f"{area:<6} not looked at, as it rests on the store")
    if not sound:
        raise typer.Exit(1)


def _content_faults(progress: Progress, directory: Path) -> Sequence[str]:
    """What is wrong with the store and the searches of a directory."""
    packs = _packs(load_settings(directory))
    results = checking.check(directory, packs, areas=CONTENT, progress=progress)
    return [fault for result in results for fault in result.faults]


def _packs(settings: Settings) -> Packs:
    return Packs(settings.packs_dir, settings.model_pack, [settings.liveness_pack])


def _installed_packs(settings: Settings) -> Iterator[PackRecord]:
    for name in (settings.model_pack, settings.liveness_pack):
        try:
            record = installed_record.read(settings.packs_dir / name)
        except (OSError, ValueError):
            continue  # not installed, or only half: nothing to tell of
        hashes = {file: entry.sha256 for file, entry in sorted(record.files.items())}
        yield PackRecord(record.identity, hashes)


def _summary(manifest: BackupManifest) -> str:
    contents = manifest.contents
    return (
        f"{contents.face_sets} face sets, {contents.faces} faces, "
        f"{contents.users} users, {manifest.bytes / 1e6:.1f} MB, "
        f"of {manifest.created:%Y-%m-%d %H:%M} UTC"
    )


def _document(result: Result) -> dict[str, object]:
    return {
        "area": str(result.area),
        "looked_at": result.looked_at,
        "faults": list(result.faults),
    }
