"""The record of an installation: what was put into a pack's directory, with hashes."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = "installed.json"


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """One installed file: its SHA-256 and bytes as it lies there, and what it was made from."""

    sha256: str
    size: int
    source_sha256: str
    conversion: str | None


@dataclass(frozen=True, slots=True)
class InstalledRecord:
    """The identity of the pack that was installed, and its files by name."""

    identity: str
    files: Mapping[str, InstalledFile]


def read(directory: Path) -> InstalledRecord:
    """The record in a pack's directory.

    Raises FileNotFoundError where there is none, ValueError where it cannot be made out.
    """
    text = (directory / FILE_NAME).read_text(encoding="utf-8")
    try:
        document = json.loads(text)
        files = {name: InstalledFile(**entry) for name, entry in document["files"].items()}
        return InstalledRecord(document["identity"], files)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError("not an installation record") from error


def write(directory: Path, record: InstalledRecord) -> None:
    """Writes the record through to the disk."""
    files = {name: asdict(file) for name, file in sorted(record.files.items())}
    document = {"identity": record.identity, "files": files}
    with (directory / FILE_NAME).open("w", encoding="utf-8") as out:
        json.dump(document, out, indent=2)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())
