"""What happens in one process, counted as it happens."""

from openfrs.api.exchange import Exchange
from openfrs.observation.metrics import (
    COMMIT_JOBS,
    COMMIT_SECONDS,
    MIRROR_EVICTIONS,
    MIRROR_LOADS,
    REQUEST_SECONDS,
    REQUESTS,
    STAGE_SECONDS,
)
from openfrs.observation.sheet import Sheet
from openfrs.operations.mirror import MirrorUsage


class Recorder:
    """Writes on the process's sheet. Safe to use from many threads but for ``mirrored``."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._loads = 0
        self._evictions = 0

    def exchanged(self, exchange: Exchange) -> None:
        """Counts a request. Satisfies Observer."""
        sheet = self._sheet
        status = str(exchange.status)
        sheet.add(REQUESTS, (exchange.operation, status, exchange.error_code))
        sheet.observe(REQUEST_SECONDS, [((exchange.operation,), exchange.seconds)])
        sheet.observe(STAGE_SECONDS, [((step,), seconds) for step, _, seconds in exchange.timings])

    def committed(self, jobs: int, seconds: float) -> None:
        """Counts a commit of the store."""
        self._sheet.observe(COMMIT_SECONDS, [((), seconds)])
        self._sheet.observe(COMMIT_JOBS, [((), jobs)])

    def mirrored(self, usage: MirrorUsage) -> None:
        """Adds what the mirror has done since it was last looked at."""
        self._sheet.add(MIRROR_LOADS, (), usage.loads - self._loads)
        self._sheet.add(MIRROR_EVICTIONS, (), usage.evictions - self._evictions)
        self._loads, self._evictions = usage.loads, usage.evictions
