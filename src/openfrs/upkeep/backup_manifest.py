"""``manifest.json``: what a backup holds, so that a restore can tell whether it is all there."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from openfrs.domain.operator import OperatorCanMend
from openfrs.storage.copying import Contents
from openfrs.upkeep.durable import FileRecord

NAME = "manifest.json"
FORMAT = 1

DATABASE = "openfrs.db"
KEY_FILE = "secret.key"
SETTINGS = "openfrs.toml"
THUMBNAILS = "thumbnails"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAX_BYTES = 1 << 30


class BackupUnusable(OperatorCanMend):
    """The backup is incomplete, damaged or of a later format; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class PackRecord:
    """A model pack when the backup was made; ``files`` are the hashes of what was installed."""

    identity: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """A backup in words and numbers. ``openfrs`` is the version of the program that made it."""

    created: datetime
    openfrs: str
    contents: Contents
    packs: Sequence[PackRecord]
    files: Sequence[FileRecord]

    @property
    def has_key(self) -> bool:
        return any(file.path == KEY_FILE for file in self.files)

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files)

    def document(self) -> dict[str, object]:
        """The manifest as it stands in the file."""
        counts = asdict(self.contents)
        return {
            "format": FORMAT,
            "created": self.created.isoformat(timespec="seconds"),
            "openfrs": self.openfrs,
            "schema_version": counts.pop("schema_version"),
            "models": list(counts.pop("models")),
            "counts": counts,
            "packs": [asdict(pack) for pack in self.packs],
            "files": [asdict(file) for file in self.files],
        }


def manifest_text(manifest: BackupManifest) -> bytes:
    return (json.dumps(manifest.document(), indent=2) + "\n").encode()


def read_manifest(directory: Path) -> BackupManifest:
    """The manifest of a backup. Raises BackupUnusable."""
    path = directory / NAME
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_MAX_BYTES))
    except FileNotFoundError:
        raise BackupUnusable(f"{directory} is no backup: it has no {NAME}") from None
    except (OSError, ValueError) as error:
        raise BackupUnusable(f"{path} cannot be read: {error}") from error
    if isinstance(document, dict) and document.get("format") not in (None, FORMAT):
        raise BackupUnusable(
            f"{path}: format {document['format']} is unknown here: restore it with a later OpenFRS"
        )
    try:
        return _manifest(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BackupUnusable(f"{path} is not what a backup writes: {error}") from error


def _manifest(document: Mapping[str, Any]) -> BackupManifest:
    if document["format"] != FORMAT:
        raise ValueError("format")
    counts, models, packs, files = (document[key] for key in ("counts", "models", "packs", "files"))
    version = document["schema_version"]
    if not isinstance(counts, dict) or not all(
        isinstance(number, int) for number in (version, *counts.values())
    ):
        raise TypeError("counts are whole numbers")
    if not all(isinstance(rows, list) for rows in (models, packs, files)):
        raise TypeError("models, packs and files are lists")
    records = [_file(FileRecord(**file)) for file in files]
    names = [record.path for record in records]
    if len(set(names)) != len(names) or DATABASE not in names:
        raise ValueError(f"files: each once, and {DATABASE} among them")
    return BackupManifest(
        created=datetime.fromisoformat(str(document["created"])),
        openfrs=str(document["openfrs"]),
        contents=Contents(schema_version=version, models=tuple(models), **counts),
        packs=[PackRecord(**pack) for pack in packs],
        files=records,
    )


def _file(record: FileRecord) -> FileRecord:
    """The record, if a restore may write such a file. Raises ValueError."""
    parts = PurePosixPath(record.path).parts
    fits = record.path in (DATABASE, KEY_FILE, SETTINGS) or (
        len(parts) > 1 and parts[0] == THUMBNAILS and ".." not in parts
    )
    if not fits or "/".join(parts) != record.path:
        raise ValueError(f"files: {record.path!r} is no file of a backup")
    if not isinstance(record.size, int) or not _SHA256.fullmatch(record.sha256):
        raise ValueError(f"files: {record.path}")
    return record
