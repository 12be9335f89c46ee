"""Token buckets in memory that all processes on one data directory share.

So a limit means the same however many processes serve. The file says nothing once no process has
it open; its clock is the machine's own, which begins anew with it.
"""

import fcntl
import mmap
import os
import struct
import threading
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from openfrs.domain.rates import Allowance, Rate, draw

BUCKETS = 8192
PROBES = 16
_BUCKET = struct.Struct("<Qd")  # which bucket, and when it is full again


class RateTable:
    """Buckets by name. Safe to use from many threads and processes."""

    def __init__(
        self, path: Path, clock: Callable[[], float] = time.monotonic, buckets: int = BUCKETS
    ) -> None:
        self._clock = clock
        self._buckets = buckets
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            size = buckets * _BUCKET.size
            if os.fstat(self._file).st_size < size:
                os.truncate(self._file, size)
            self._memory = mmap.mmap(self._file, size)
        except BaseException:
            os.close(self._file)
            raise

    def draw(self, name: str, rate: Rate) -> Allowance:
        """Takes a token from the bucket of that name, if there is one."""
        key = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little") or 1
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                now = self._clock()
                place, full_at = self._find(key)
                full_at, allowance = draw(rate, full_at, now)
                _BUCKET.pack_into(self._memory, place, key, full_at)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        return allowance

    def close(self) -> None:
        """Lets the memory go. Nothing may be asked afterwards."""
        with self._lock:
            if self._file >= 0:
                self._memory.close()
                os.close(self._file)
                self._file = -1

    def _find(self, key: int) -> tuple[int, float]:
        """Where the bucket lies, and when it is full.

        A new one takes the place of the fullest that it meets: what is full says nothing. Where
        all its places are taken by others that are not, theirs is forgotten, not its own refused.
        """
        fullest = 0
        fullest_at = float("inf")
        for probe in range(PROBES):
            place = (key + probe) % self._buckets * _BUCKET.size
            found, full_at = _BUCKET.unpack_from(self._memory, place)
            if found == key:
                return place, full_at
            if full_at < fullest_at:
                fullest, fullest_at = place, full_at
        return fullest, 0.0
