"""The sheets of all workers of a service, side by side in memory that they share."""

import multiprocessing
from collections.abc import Iterator

from openfrs.observation.sheet import SHEET_BYTES, Sheet


class Board:
    """A sheet for each worker. Goes to a process when it is started, as an argument of its work.

    There is no file and nothing to clear away: the memory ends with the last process that has it.
    """

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers
        self._memory = (
            bytearray(SHEET_BYTES)
            if workers == 1
            else multiprocessing.get_context("spawn").RawArray("b", workers * SHEET_BYTES)
        )

    def sheet(self, worker: int) -> Sheet:
        """The sheet of the worker of that number, from 0."""
        memory = memoryview(self._memory).cast("B")
        return Sheet(memory[worker * SHEET_BYTES : (worker + 1) * SHEET_BYTES])

    def sheets(self) -> Iterator[Sheet]:
        return map(self.sheet, range(self.workers))
