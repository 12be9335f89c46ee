"""``credentials.json``: what the first start made, for the operator to read once and keep safe.

The secrets in it are nowhere else. So the file is written before the database knows of them, under
a name of its own, and takes its real name once they are good: wherever a start is cut off, either
the file or nothing has come of it.
"""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from openfrs.domain.operator import OperatorCanMend
from openfrs.ownership import give_away

NAME = "credentials.json"
KEYS = ("endpoint", "project_id", "domain", "user", "password", "access_key", "secret_key")


class CredentialsFileInvalid(OperatorCanMend):
    """The file is there and cannot be read; the message says where."""


def read(data_dir: Path) -> dict[str, str] | None:
    """The file's keys, or None where there is no such file (any more).

    Raises CredentialsFileInvalid.
    """
    path = data_dir / NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(found.get(key), str) for key in KEYS):
        raise CredentialsFileInvalid(f"{path} is not what the first start wrote")
    return found


def write(data_dir: Path, content: Mapping[str, str]) -> None:
    """Replaces the file as a whole; it is readable by its owner alone."""
    draft(data_dir, content)
    publish(data_dir)


def draft(data_dir: Path, content: Mapping[str, str]) -> None:
    """Writes the content where only ``publish`` and ``settle`` look."""
    descriptor = os.open(_draft(data_dir), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        give_away(file.fileno(), data_dir)
        json.dump(content, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def publish(data_dir: Path) -> None:
    """Gives this process's draft the file's name, where ``settle`` has not been faster."""
    try:
        _draft(data_dir).replace(data_dir / NAME)
    except FileNotFoundError:
        return
    directory = os.open(data_dir, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def settle(data_dir: Path, is_good: Callable[[str], bool]) -> None:
    """Ends the drafts of starts that were cut off: good ones become the file, others go.

    ``is_good`` says whether an access key is one of the installation's.
    """
    for path in data_dir.glob(f".{NAME}.*"):
        try:
            access_key = json.loads(path.read_text(encoding="utf-8"))["access_key"]
        except (OSError, ValueError, KeyError, TypeError):
            access_key = ""
        if is_good(access_key) and not (data_dir / NAME).exists():
            path.replace(data_dir / NAME)
        else:
            path.unlink(missing_ok=True)


def _draft(data_dir: Path) -> Path:
    return data_dir / f".{NAME}.{os.getpid()}"
