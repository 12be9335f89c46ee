"""``credentials.json``: what the first start made, for the operator to read once and keep safe."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

NAME = "credentials.json"


def read(data_dir: Path) -> dict[str, str] | None:
    """The file's keys, or None where there is no such file (any more)."""
    try:
        found: dict[str, str] = json.loads((data_dir / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return found


def write(data_dir: Path, content: Mapping[str, str]) -> Path:
    """Where the content now stands, readable by its owner alone; never half-written."""
    path = data_dir / NAME
    draft = data_dir / f".{NAME}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return path
