"""A backup made an installation again: checked first, prepared aside, then put in place.

As long as a restore has not ended, a directory ``.restoring`` stands in the data directory, and
no database there is opened: a server that starts at the wrong moment would begin a new one.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from openfrs.domain.operator import OperatorCanMend
from openfrs.ownership import give_path_away
from openfrs.storage.copying import in_use, latest_schema
from openfrs.storage.database import UNFINISHED, Database
from openfrs.storage.failures import DatabaseUnreadable
from openfrs.upkeep.backup import Progress, counted
from openfrs.upkeep.backup_manifest import DATABASE, BackupManifest, BackupUnusable, read_manifest
from openfrs.upkeep.durable import FileRecord, copy_file, record_of, sync

LEFT_ALONE = frozenset({"lost+found"})
"""What an empty file system holds."""


class RestoreRefused(OperatorCanMend):
    """Nothing is restored there; the message says why. Nothing has changed."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and where the installation that was there before lies now, if any."""

    manifest: BackupManifest
    moved_to: Path | None


def verify_backup(source: Path, progress: Progress) -> BackupManifest:
    """The manifest of a backup whose files are all there as it says. Raises BackupUnusable."""
    manifest = read_manifest(source)
    known = latest_schema()
    if manifest.contents.schema_version > known:
        raise BackupUnusable(
            f"{source} holds a database of version {manifest.contents.schema_version}, this "
            f"program knows versions up to {known}: restore it with OpenFRS {manifest.openfrs}"
        )
    step = counted("verifying the backup", manifest.bytes, progress)
    for file in manifest.files:
        try:
            found = record_of(source / file.path, file.path, step)
        except OSError as error:
            raise BackupUnusable(f"{source / file.path} cannot be read: {error}") from error
        _same(found, file, source)
    return manifest


def restore(
    source: Path,
    data_dir: Path,
    *,
    force: bool,
    now: datetime,
    faults: Callable[[Path], Sequence[str]],
    progress: Progress,
) -> Restored:
    """Makes the backup the installation in ``data_dir``, a new or empty directory.

    With ``force`` an installation there is moved aside. What root restores belongs to whom the
    directory belongs, or the one that was there. The database is brought to this program's
    version, and ``faults`` tells what is wrong with the prepared directory. Raises BackupUnusable,
    for any fault too, RestoreRefused, OSError; the data directory is as it was then.
    """
    manifest = verify_backup(source, progress)
    data_dir = data_dir.resolve()  # systemd makes a link of it, which would be moved aside itself
    if source.resolve().is_relative_to(data_dir):
        raise RestoreRefused(f"{source} lies in {data_dir}: move it elsewhere first")
    moved_to = _cleared(data_dir, force=force, now=now)
    made = not data_dir.exists()
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if moved_to is not None:
            give_path_away(data_dir, moved_to)
        staging = data_dir / UNFINISHED
        staging.mkdir(mode=0o700)
        sync(data_dir)
        with _alone(data_dir):
            _fill(staging, source, manifest, progress)
            if found := faults(staging):
                raise BackupUnusable(
                    f"{source} is whole, and what it holds is not right: " + "; ".join(found)
                )
            _put_in_place(staging, data_dir, manifest.files)
    except BaseException:
        _undo(data_dir, made=made, moved_to=moved_to)
        raise
    return Restored(manifest, moved_to)


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Keeps other restores into the same place away. Raises RestoreRefused where one runs."""
    descriptor = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise RestoreRefused(f"another restore into {data_dir} is under way") from None
    finally:
        os.close(descriptor)


def _cleared(data_dir: Path, *, force: bool, now: datetime) -> Path | None:
    """Sees to it that the directory is empty or absent; where its content has gone, if anywhere.

    Raises RestoreRefused.
    """
    if not data_dir.exists():
        return None
    if not data_dir.is_dir():
        raise RestoreRefused(f"{data_dir} is no directory")
    if (data_dir / UNFINISHED).exists():
        with _alone(data_dir):
            _empty(data_dir)  # all of it is of a restore that was cut off
    if not _entries(data_dir):
        return None
    if not force:
        raise RestoreRefused(
            f"{data_dir} is not empty: choose another directory, or --force moves it aside"
        )
    if not (data_dir / DATABASE).is_file():
        raise RestoreRefused(f"{data_dir} holds something else than an installation")
    if _is_used(data_dir / DATABASE):
        raise RestoreRefused(f"a server uses {data_dir}: end it first")
    aside = data_dir.with_name(f"{data_dir.name}.before-restore-{now:%Y%m%dT%H%M%SZ}")
    try:
        data_dir.rename(aside)
    except OSError as error:  # a mount point, say
        raise RestoreRefused(f"{data_dir} cannot be moved to {aside}: {error.strerror}") from error
    sync(data_dir.parent)
    return aside


def _is_used(database: Path) -> bool:
    try:
        return in_use(database)
    except DatabaseUnreadable:  # that may be why a backup is restored
        return False


def _fill(staging: Path, source: Path, manifest: BackupManifest, progress: Progress) -> None:
    """Copies the files, and brings the database to this program's version."""
    step = counted("restoring", manifest.bytes, progress)
    for file in manifest.files:
        target = staging / file.path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _same(copy_file(source / file.path, target, file.path, step), file, source)
        sync(target.parent)
    Database(staging / DATABASE).close()
    sync(staging)


def _same(found: FileRecord, expected: FileRecord, source: Path) -> None:
    """Raises BackupUnusable where a file is another than when the backup was made."""
    if found != expected:
        raise BackupUnusable(
            f"{source / expected.path} is damaged: its {found.size} bytes do not have the "
            f"SHA-256 that the manifest tells of {expected.size} bytes"
        )


def _put_in_place(staging: Path, data_dir: Path, files: Sequence[FileRecord]) -> None:
    """Moves everything where it belongs; the directory that marks the restore goes last."""
    for left in staging.glob(f"{DATABASE}-*"):  # of what has migrated and checked it
        left.unlink()
    for made in {staging / path for file in files for path in _with_folders(file.path)}:
        give_path_away(made, data_dir)
    for entry in sorted(staging.iterdir()):
        entry.rename(data_dir / entry.name)
    sync(data_dir)
    staging.rmdir()
    sync(data_dir)


def _with_folders(path: str) -> Sequence[PurePosixPath]:
    """A file's path, and those of the folders that it lies in."""
    whole = PurePosixPath(path)
    return [whole, *whole.parents[:-1]]


def _undo(data_dir: Path, *, made: bool, moved_to: Path | None) -> None:
    _empty(data_dir)
    if moved_to is not None:
        data_dir.rmdir()
        moved_to.rename(data_dir)
    elif made:
        data_dir.rmdir()


def _empty(data_dir: Path) -> None:
    """Removes what a restore has brought, the mark last."""
    for entry in sorted(_entries(data_dir), key=lambda entry: entry.name == UNFINISHED):
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _entries(data_dir: Path) -> list[Path]:
    return [entry for entry in data_dir.iterdir() if entry.name not in LEFT_ALONE]
