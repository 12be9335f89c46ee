"""Files that are on the disk, whole and for their owner alone, before anybody counts on them."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

CHUNK = 4 << 20

Step = Callable[[int], None]
"""Hears how many more bytes are done."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file's path below a directory, with slashes, its bytes and its SHA-256 in hex."""

    path: str
    size: int
    sha256: str


def copy_file(source: Path, target: Path, name: str, step: Step) -> FileRecord:
    """Copies a file to a new one of mode 0600, through to the disk; tells what was written.

    Raises FileNotFoundError where the source has gone, OSError.
    """
    digest = hashlib.sha256()
    size = 0
    reading = os.open(source, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(reading, "rb") as original:
        writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(writing, "wb") as copy:
            while chunk := original.read(CHUNK):
                copy.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                step(len(chunk))
            copy.flush()
            os.fsync(copy.fileno())
    return FileRecord(name, size, digest.hexdigest())


def record_of(path: Path, name: str, step: Step) -> FileRecord:
    """What a file holds now. Raises OSError, for a symbolic link too."""
    digest = hashlib.sha256()
    size = 0
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"{path} is no file")
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            step(len(chunk))
    return FileRecord(name, size, digest.hexdigest())


def write_file(path: Path, content: bytes) -> None:
    """Writes a new file of mode 0600 through to the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Brings a file, or the names in a directory, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def files_below(directory: Path) -> Iterator[Path]:
    """The regular files of a directory and all below it, in order; no links are followed."""
    for entry in sorted(directory.iterdir()):
        if entry.is_symlink():
            continue
        if entry.is_dir():
            yield from files_below(entry)
        elif entry.is_file():
            yield entry
