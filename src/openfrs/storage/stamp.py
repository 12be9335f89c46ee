"""A number that every commit raises, in memory that all processes on one database share.

A mirror that wants to know whether anything moved reads eight bytes instead of asking SQLite, which
costs a statement and, each time, the interpreter among all threads that want it.
"""

import mmap
import os
from pathlib import Path

from openfrs.ownership import give_away

BYTES = 8


class Stamp:
    """The shared number. Whoever raises it holds the right to write, so that none is lost.

    It lies in a file beside the database, which says nothing once no process has it open. Its
    value means nothing either, only that it differs from an earlier one.
    """

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            give_away(descriptor, path.parent)
            if os.fstat(descriptor).st_size < BYTES:
                os.truncate(descriptor, BYTES)
            self._memory = mmap.mmap(descriptor, BYTES)
        finally:
            os.close(descriptor)
        self._numbers = memoryview(self._memory).cast("Q")

    def value(self) -> int:
        return self._numbers[0]

    def rise(self) -> None:
        self._numbers[0] += 1

    def close(self) -> None:
        """Lets the memory go. Nothing may be asked afterwards."""
        self._numbers.release()
        self._memory.close()
