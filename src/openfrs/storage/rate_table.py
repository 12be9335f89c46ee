"""Token buckets that all processes on one data directory draw from."""

import time
from collections.abc import Callable
from pathlib import Path

from openfrs.domain.rates import Allowance, Rate, draw
from openfrs.storage.shared_table import Row, SharedTable

BUCKETS = 8192


class RateTable:
    """Buckets by name. Safe to use from many threads and processes."""

    def __init__(
        self, path: Path, clock: Callable[[], float] = time.monotonic, buckets: int = BUCKETS
    ) -> None:
        self._clock = clock
        self._table = SharedTable(path, buckets)

    def draw(self, name: str, rate: Rate) -> Allowance:
        """Takes a token from the bucket of that name, if there is one."""

        def taken(row: Row) -> tuple[Row, Allowance]:
            full_at, allowance = draw(rate, row.until, self._clock())
            return Row(full_at), allowance

        return self._table.change(name, taken)

    def close(self) -> None:
        """Lets the memory go. Nothing may be asked afterwards."""
        self._table.close()
