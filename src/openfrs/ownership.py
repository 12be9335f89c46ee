"""Whom files belong to that root makes in the data directory of a service of another user.

SQLite gives its log away likewise: a command that root runs beside a service, or before its start,
would leave files there that the service cannot open.
"""

import os
from pathlib import Path

ROOT = 0


def give_away(made: int, directory: int | Path) -> None:
    """Gives an open file or folder of root's to whom its directory belongs, else does nothing."""
    if os.geteuid() != ROOT or os.fstat(made).st_uid != ROOT:
        return
    owner = directory.stat() if isinstance(directory, Path) else os.fstat(directory)
    os.fchown(made, owner.st_uid, owner.st_gid)


def give_path_away(made: Path, directory: Path) -> None:
    """As ``give_away``; a link is not followed. Raises OSError."""
    descriptor = os.open(made, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        give_away(descriptor, directory)
    finally:
        os.close(descriptor)
