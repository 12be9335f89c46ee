"""A backup of an installation: a directory with a manifest, there whole or not at all.

The database is copied first, as it is at one moment after the backup began, so that whatever was
acknowledged before is in it. Thumbnails follow: one whose face is deleted meanwhile is left out,
and one of a face that came later does no harm.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath

from openfrs.domain.operator import OperatorCanMend
from openfrs.storage.copying import Contents, copy_database
from openfrs.upkeep import backup_manifest
from openfrs.upkeep.backup_manifest import (
    DATABASE,
    KEY_FILE,
    SETTINGS,
    THUMBNAILS,
    BackupManifest,
    PackRecord,
)
from openfrs.upkeep.durable import FileRecord, copy_file, files_below, record_of, sync, write_file

Progress = Callable[[str, int, int], None]
"""Hears what is being done, and how many bytes of about how many."""


class BackupRefused(OperatorCanMend):
    """There can be no backup under that name; the message says why. Nothing has changed."""


def back_up(
    data_dir: Path,
    destination: Path,
    *,
    keys: bool,
    packs: Sequence[PackRecord],
    version: str,
    now: datetime,
    progress: Progress,
) -> BackupManifest:
    """Makes the backup, and tells what is in it. Servers may run and write meanwhile.

    ``keys`` takes the key file along; ``version`` is the program's. Raises BackupRefused,
    DatabaseUnreadable, CopyFailed, OSError; then nothing is left of it, nor ever under its name.
    """
    if not (data_dir / DATABASE).is_file():
        raise BackupRefused(f"{data_dir} holds no installation: there is no {DATABASE}")
    if destination.exists() and not _is_empty(destination):
        raise BackupRefused(f"{destination} is there already: choose another name")
    destination.parent.mkdir(parents=True, exist_ok=True)
    with _staging(destination) as staging:
        files, contents = _filled(staging, data_dir, keys=keys, progress=progress)
        manifest = BackupManifest(now, version, contents, packs, files)
        write_file(staging / backup_manifest.NAME, backup_manifest.manifest_text(manifest))
        for directory in _directories(staging, files):
            sync(directory)
        try:
            staging.rename(destination)
        except OSError as error:
            raise BackupRefused(f"{destination} has come to be meanwhile: {error}") from error
        sync(destination.parent)
    return manifest


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _filled(
    staging: Path, data_dir: Path, *, keys: bool, progress: Progress
) -> tuple[Sequence[FileRecord], Contents]:
    """Writes everything but the manifest into the staging directory."""
    contents = copy_database(
        data_dir / DATABASE,
        staging / DATABASE,
        lambda done, total: progress("copying the database", done, total),
    )
    sync(staging / DATABASE)
    size = (staging / DATABASE).stat().st_size
    hashed = counted("hashing the database", size, progress)
    files = [record_of(staging / DATABASE, DATABASE, hashed)]
    for name in (KEY_FILE, SETTINGS):
        if (name == KEY_FILE and not keys) or not (data_dir / name).exists():
            continue
        # The operator may have made the settings file a link to where settings are kept.
        files.append(copy_file((data_dir / name).resolve(), staging / name, name, lambda _: None))
    return [*files, *_thumbnails(data_dir, staging, progress)], contents


def _directories(staging: Path, files: Sequence[FileRecord]) -> set[Path]:
    """Every directory that holds one of the files, or such a directory."""
    parents = {parent for file in files for parent in PurePosixPath(file.path).parents}
    return {staging / parent for parent in parents}


def _thumbnails(data_dir: Path, staging: Path, progress: Progress) -> Iterator[FileRecord]:
    directory = data_dir / THUMBNAILS
    if not directory.is_dir():
        return
    found = list(files_below(directory))
    for number, path in enumerate(found):
        name = path.relative_to(data_dir).as_posix()
        (staging / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # its face has been deleted
            yield copy_file(path, staging / name, name, lambda _: None)
        progress("copying thumbnails (files)", number + 1, len(found))


def counted(what: str, total: int, progress: Progress) -> Callable[[int], None]:
    """A step that adds up what it hears."""
    done = 0

    def step(more: int) -> None:
        nonlocal done
        done += more
        progress(what, done, total)

    return step


@contextmanager
def _staging(destination: Path) -> Iterator[Path]:
    """A directory beside the destination, gone at the end. One backup of a name at a time.

    What one that was killed left there goes first. Raises BackupRefused.
    """
    staging = destination.with_name(f".{destination.name}.part")
    staging.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(staging, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefused(f"another backup to {destination} is under way") from None
        for left in staging.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    finally:
        os.close(descriptor)
