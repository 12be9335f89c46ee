"""Concurrent callers of an operation below HTTP: how many a second, and how long each waits."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from openfrs.bench.measure import in_threads
from openfrs.bench.rows import LoadRow, load_row
from openfrs.bench.service import Loaded
from openfrs.operations import faces


def by_callers(
    name: str,
    operation: Callable[[int], object],
    *,
    callers: int,
    most: int,
    seconds: float,
    commits: Callable[[], int],
) -> LoadRow:
    """Calls ``operation`` with 0, 1, 2 ... until ``most`` calls or the time are used up.

    Every caller waits for its answer before it calls again.
    """
    numbers = itertools.count()
    times: list[list[float]] = [[] for _ in range(callers)]
    before, cpu, started = commits(), time.process_time(), time.perf_counter()
    end = started + seconds

    def caller(which: int) -> None:
        mine = times[which]
        now = time.perf_counter()
        while now < end and (number := next(numbers)) < most:
            operation(number)
            began, now = now, time.perf_counter()
            mine.append(now - began)

    in_threads(caller, callers)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    waits = np.concatenate(times)
    return load_row(name, callers, waits, wall=wall, cpu=cpu, commits=commits() - before)


def updater(loaded: Loaded, *, seed: int) -> Callable[[int], None]:
    """An operation that changes a custom field of some face of the set, another each time."""
    ids = loaded.ids
    order = np.random.default_rng(seed).integers(len(ids), size=1 << 16).tolist()
    store = loaded.openfrs.services.faces

    def update(number: int) -> None:
        faces.update(
            store,
            loaded.face_set,
            ids[order[number % len(order)]],
            external_image_id=None,
            external_fields={"age": 18 + number % 72},
        )

    return update


class Writes:
    """Updates that go on beside something else."""

    def __init__(self, callers: int) -> None:
        self.counts = [0] * callers
        self._started = time.perf_counter()
        self._ended: float | None = None

    def end(self) -> None:
        self._ended = time.perf_counter()

    @property
    def per_second(self) -> float:
        return sum(self.counts) / ((self._ended or time.perf_counter()) - self._started)


@contextmanager
def updates_beside(loaded: Loaded, callers: int, *, seed: int) -> Iterator[Writes]:
    """Lets so many callers update faces of the set for as long as the block runs."""
    update, stop, writes = updater(loaded, seed=seed), threading.Event(), Writes(callers)

    def caller(which: int) -> None:
        while not stop.is_set():
            update(which * 997 + writes.counts[which])
            writes.counts[which] += 1

    crowd = threading.Thread(target=in_threads, args=(caller, callers))
    crowd.start()
    try:
        yield writes
    finally:
        stop.set()
        crowd.join()
        writes.end()
