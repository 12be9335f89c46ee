"""Five failures in a row lock a name for five minutes (spec 9.3)."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

FAILURES = 5
DURATION = timedelta(minutes=5)
CAPACITY = 10_000


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    last: datetime


class Lockout:
    """Counts failures by name, in memory and for this process. Safe to use from many threads.

    A success, or five minutes without a failure, starts the count again. At most ``capacity``
    names are remembered, the ones that failed last; as digests, since a name may be long.
    """

    def __init__(self, now: Callable[[], datetime], capacity: int = CAPACITY) -> None:
        self._now = now
        self._capacity = capacity
        self._lock = threading.Lock()
        self._failures: OrderedDict[bytes, _Failures] = OrderedDict()

    def locked(self, name: str) -> bool:
        """True while the name is locked."""
        with self._lock:
            return self._recent(_digest(name)) >= FAILURES

    def failed(self, name: str) -> None:
        """Counts a failure. One that comes while the name is locked does not prolong the lock."""
        digest = _digest(name)
        with self._lock:
            count = self._recent(digest)
            if count >= FAILURES:
                return
            self._failures[digest] = _Failures(count + 1, self._now())
            self._failures.move_to_end(digest)
            if len(self._failures) > self._capacity:
                self._failures.popitem(last=False)

    def succeeded(self, name: str) -> None:
        """Forgets the name's failures."""
        with self._lock:
            self._failures.pop(_digest(name), None)

    def __len__(self) -> int:
        return len(self._failures)

    def _recent(self, digest: bytes) -> int:
        failures = self._failures.get(digest)
        if failures is None:
            return 0
        if self._now() - failures.last >= DURATION:
            del self._failures[digest]
            return 0
        return failures.count


def _digest(name: str) -> bytes:
    return sha256(name.encode("utf-8", "surrogatepass")).digest()
