"""Objects as the files of a directory."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from openfrs.domain.objects import (
    ObjectKeyInvalid,
    ObjectNotFound,
    ObjectRefused,
    ObjectStoreUnavailable,
    ObjectTooLarge,
    check_key,
)
from openfrs.ownership import give_away, give_path_away

DRAFT = "~"
"""Ends the name of a file that is being written; no object that is put may end so."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


class LocalObjects:
    """The regular files below a directory, by their paths. Satisfies ObjectStore.

    The directory is made when the first object is put. Files have mode 0600, folders 0700. Links
    that somebody put there may lead about inside the directory, for reading alone.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, content: bytes) -> None:
        """Stores the object as a whole, durably, in the place of one of that key.

        Raises ObjectKeyInvalid, ObjectStoreUnavailable.
        """
        *folders, name = check_key(key)
        if name.endswith(DRAFT):
            raise ObjectKeyInvalid(f"the path of an object does not end with {DRAFT}")
        try:
            if not self._root.exists():
                self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
                give_path_away(self._root, self._root.parent)
            with self._folder(folders, create=True) as folder:
                _write(folder, name, content)
        except OSError as error:
            raise ObjectStoreUnavailable(f"the object cannot be stored: {error.strerror}") from None

    def get(self, key: str, most: int) -> bytes:
        """The object's bytes.

        Raises ObjectNotFound; ObjectTooLarge for more than ``most``; ObjectRefused for a file that
        may not be read; ObjectKeyInvalid, also for a link that leads out of the directory;
        ObjectStoreUnavailable.
        """
        parts = check_key(key)
        try:
            with _opened(self._root, parts) as file:
                if os.fstat(file.fileno()).st_size > most:
                    raise ObjectTooLarge(f"more than {most} bytes")
                content = file.read(most + 1)
        except PermissionError:
            raise ObjectRefused("the object may not be read") from None
        except (OSError, ValueError, RuntimeError):  # no file, an unspeakable name, a loop of links
            self._require_directory()
            raise ObjectNotFound("there is no such object") from None
        if len(content) > most:
            raise ObjectTooLarge(f"more than {most} bytes")
        return content

    def delete(self, key: str) -> None:
        """Removes the object for good; one that is not there is no failure.

        Raises ObjectKeyInvalid, ObjectStoreUnavailable.
        """
        *folders, name = check_key(key)
        try:
            with self._folder(folders) as folder:
                for gone in (name, name + DRAFT):
                    with suppress(FileNotFoundError):
                        os.unlink(gone, dir_fd=folder)
                os.fsync(folder)
        except (FileNotFoundError, NotADirectoryError):
            self._require_directory()
        except OSError as error:
            raise ObjectStoreUnavailable(
                f"the object cannot be removed: {error.strerror}"
            ) from None

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys that start so, in no order; what comes and goes meanwhile may be missed.

        Raises ObjectStoreUnavailable.
        """
        self._require_directory()
        for folder, _, names in os.walk(self._root):
            for name in names:
                path = Path(folder, name)
                key = path.relative_to(self._root).as_posix()
                if not name.endswith(DRAFT) and key.startswith(prefix) and not path.is_symlink():
                    yield key

    def _require_directory(self) -> None:
        """Raises ObjectStoreUnavailable where something else has taken the directory's place."""
        if self._root.exists() and not self._root.is_dir():
            raise ObjectStoreUnavailable("the store is no directory")

    @contextmanager
    def _folder(self, parts: list[str], *, create: bool = False) -> Iterator[int]:
        """A descriptor of the folder at that path; no step of the way follows a link."""
        folder = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in parts:
                if create:
                    _make_folder(folder, part)
                inner = os.open(part, _FOLDER, dir_fd=folder)
                if create:
                    give_away(inner, folder)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)


def _make_folder(parent: int, name: str) -> None:
    try:
        os.mkdir(name, mode=0o700, dir_fd=parent)
    except FileExistsError:
        return
    os.fsync(parent)


def _write(folder: int, name: str, content: bytes) -> None:
    """Writes a draft and gives it the name once it is durable.

    A draft has one name, so that a writer that dies leaves nothing that the next one, or a delete,
    does not find; who writes it holds a lock on it.
    """
    draft = _draft(folder, name + DRAFT)
    with os.fdopen(draft, "wb") as file:
        give_away(file.fileno(), folder)
        file.truncate()
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        os.rename(name + DRAFT, name, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)


def _draft(folder: int, name: str) -> int:
    """The file of that name, locked; another writer may have taken it away while we waited."""
    while True:
        draft = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=folder)
        fcntl.flock(draft, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(draft), os.stat(name, dir_fd=folder)):
                return draft
        os.close(draft)


def _opened(root: Path, parts: list[str]) -> BinaryIO:
    """The regular file at that path below ``root``, open for reading.

    What links resolved to is walked without following links, so that a link put there in between
    is refused as well.
    """
    root = root.resolve(strict=True)
    target = root.joinpath(*parts).resolve(strict=True)
    if not target.is_relative_to(root):
        raise ObjectKeyInvalid("the path leads out of the bucket")
    *folders, name = target.relative_to(root).parts
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folders:
            inner = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        # Opening a pipe would wait for a writer, were it not for O_NONBLOCK.
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FileNotFoundError(name)
    return os.fdopen(file, "rb")
