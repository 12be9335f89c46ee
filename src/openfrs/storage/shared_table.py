"""A small table in memory that all processes on one data directory share.

So a limit means the same however many processes serve. The file outlives the processes and not
what it says: times are of the machine's own clock, which begins anew with it.
"""

import fcntl
import mmap
import os
import struct
import threading
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, TypeVar

from openfrs.ownership import give_away

T = TypeVar("T")

PROBES = 16
_ROW = struct.Struct("<Qdq")  # which name, until when the row says something, and a number


class Row(NamedTuple):
    """What is known of a name. After ``until``, in seconds of the clock, it says nothing more."""

    until: float = 0.0
    number: int = 0


UNKNOWN = Row()


class SharedTable:
    """Rows by name, of any length. Safe to use from many threads and processes."""

    def __init__(self, path: Path, rows: int) -> None:
        self._rows = rows
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            give_away(self._file, path.parent)
            size = rows * _ROW.size
            if os.fstat(self._file).st_size < size:
                os.truncate(self._file, size)
            self._memory = mmap.mmap(self._file, size)
        except BaseException:
            os.close(self._file)
            raise

    def change(self, name: str, change: Callable[[Row], tuple[Row, T]]) -> T:
        """What ``change`` says beside the name's new row; nobody else comes in between.

        A row that stays as it is, such as that of an unknown name, takes no place.
        """
        encoded = name.encode("utf-8", "surrogatepass")
        key = int.from_bytes(blake2b(encoded, digest_size=8).digest(), "little") or 1
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                place, found = self._find(key)
                row, answer = change(found)
                if row != found:
                    _ROW.pack_into(self._memory, place, key, row.until, row.number)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        return answer

    def close(self) -> None:
        """Lets the memory go. Nothing may be asked afterwards."""
        with self._lock:
            if self._file >= 0:
                self._memory.close()
                os.close(self._file)
                self._file = -1

    def _find(self, key: int) -> tuple[int, Row]:
        """Where the name's row lies, and what it says.

        A new one takes the place of the one that it meets which says something for the shortest
        time. Where all its places are taken, another is forgotten, not this one refused.
        """
        first = 0
        first_until = float("inf")
        for probe in range(PROBES):
            place = (key + probe) % self._rows * _ROW.size
            found, until, number = _ROW.unpack_from(self._memory, place)
            if found == key:
                return place, Row(until, number)
            if until < first_until:
                first, first_until = place, until
        return first, UNKNOWN
