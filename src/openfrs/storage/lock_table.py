"""Five failures in a row lock a name for five minutes (spec 9.3), whichever process sees them."""

import time
from collections.abc import Callable
from pathlib import Path

from openfrs.storage.shared_table import UNKNOWN, Row, SharedTable

FAILURES = 5
SECONDS = 300.0
CAPACITY = 16_384


class LockTable:
    """Counts failures by name. Safe to use from many threads and processes.

    A success, or five minutes without a failure, starts the count again. About ``capacity`` names
    are remembered; among those that get into each other's way, the ones that failed last.
    """

    def __init__(
        self, path: Path, clock: Callable[[], float] = time.monotonic, capacity: int = CAPACITY
    ) -> None:
        self._clock = clock
        self._table = SharedTable(path, capacity)

    def locked(self, name: str) -> bool:
        """True while the name is locked."""
        return self._table.change(name, lambda row: (row, self._recent(row) >= FAILURES))

    def failed(self, name: str) -> bool:
        """Counts a failure; False where the name is locked, which that does not prolong."""

        def counted(row: Row) -> tuple[Row, bool]:
            count = self._recent(row)
            if count >= FAILURES:
                return row, False
            return Row(self._clock() + SECONDS, count + 1), True

        return self._table.change(name, counted)

    def succeeded(self, name: str) -> None:
        """Forgets the name's failures."""
        self._table.change(name, lambda _: (UNKNOWN, None))

    def close(self) -> None:
        """Lets the memory go. Nothing may be asked afterwards."""
        self._table.close()

    def _recent(self, row: Row) -> int:
        """The failures that still count; none of a time that the clock cannot have set."""
        return row.number if 0 < row.until - self._clock() <= SECONDS else 0
