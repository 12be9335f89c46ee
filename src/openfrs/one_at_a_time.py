"""A right that one of several processes has at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from openfrs.ownership import give_away


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Waits until nobody else is inside with that file, which is made where it is absent.

    The kernel lets the next one in when a process dies.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        give_away(descriptor, path.parent)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
