"""The numbers of one worker, in memory that every worker of the service can read.

A sheet has two parts. *Totals* only grow: counters and histograms, each series in a place of its
own, which a worker that replaces one that died goes on using. The *state* is what is true of the
process at this moment; it is written anew as a whole and dies with the process. One process
writes; readers need no lock: a total is eight bytes in one piece, and what is longer is checked.
"""

import contextlib
import json
import os
import threading
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import structlog

from openfrs.observation.metrics import Kind, Metric

HEADER_BYTES = 64
VALUES = 16 * 1024
NAMES_BYTES = 256 * 1024
STATE_BYTES = 256 * 1024
SHEET_BYTES = HEADER_BYTES + 8 * VALUES + NAMES_BYTES + STATE_BYTES

_PROCESS, _NAMES, _STATE, _CHECK = range(4)  # where the header's numbers stand
_READINGS = 3  # tries, before a state that changes under the reader's eyes is passed over

log = structlog.get_logger("openfrs.metrics")


class Series(NamedTuple):
    """A series' metric by name, its labels' values, and its numbers.

    A counter or gauge has one number. A histogram has the observations of each bucket (those of
    smaller ones not among them), those beyond all buckets, and the sum of what was observed.
    """

    name: str
    labels: tuple[str, ...]
    values: tuple[float, ...]


class Sheet:
    """A view of SHEET_BYTES of memory, all of them 0 at first. Safe to use from many threads."""

    def __init__(self, memory: memoryview) -> None:
        memory = memory.cast("B")
        names = HEADER_BYTES + 8 * VALUES
        self._header = memory[:HEADER_BYTES].cast("q")
        self._values = memory[HEADER_BYTES:names].cast("d")
        self._names = memory[names : names + NAMES_BYTES]
        self._state = memory[names + NAMES_BYTES :]
        self._places: dict[tuple[str, tuple[str, ...]], int] = {}
        self._used = 0
        self._lock = threading.Lock()

    def take_over(self) -> None:
        """Makes this process the one that writes; it goes on with the totals of the one before."""
        with self._lock:
            self._header[_PROCESS] = os.getpid()
            self._header[_STATE] = 0
            for name, labels, place, width in self._named():
                self._places[name, labels] = place
                self._used = place + width

    def add(self, metric: Metric, labels: tuple[str, ...], amount: float = 1.0) -> None:
        """Raises a counter."""
        with self._lock:
            place = self._places.get((metric.name, labels))
            if place is None:
                place = self._new_place(metric, labels)
            if place is not None:
                self._values[place] += amount

    def observe(
        self, metric: Metric, observations: Iterable[tuple[tuple[str, ...], float]]
    ) -> None:
        """Adds observations to a histogram: the values of the labels, and what was observed."""
        name, buckets, values, places = metric.name, metric.buckets, self._values, self._places
        with self._lock:
            for labels, value in observations:
                place = places.get((name, labels))
                if place is None:
                    place = self._new_place(metric, labels)
                    if place is None:
                        continue
                values[place + bisect_left(buckets, value)] += 1.0
                values[place + len(buckets) + 1] += value

    def publish(self, state: Iterable[Series]) -> None:
        """Replaces the state; one that is too long is left out."""
        text = json.dumps(list(state)).encode()
        if len(text) > STATE_BYTES:
            text = b"[]"
        with self._lock:
            self._header[_STATE] = 0
            self._state[: len(text)] = text
            self._header[_CHECK] = zlib.crc32(text)
            self._header[_STATE] = len(text)

    def totals(self) -> Sequence[Series]:
        """Every counter and histogram, whoever has written them."""
        return [
            Series(name, labels, tuple(self._values[place : place + width]))
            for name, labels, place, width in self._named()
        ]

    def state(self) -> Sequence[Series] | None:
        """What was published last; None where the process that did is gone, or has not yet."""
        for _ in range(_READINGS):
            length, check = self._header[_STATE], self._header[_CHECK]
            text = bytes(self._state[:length])
            if length and zlib.crc32(text) == check:
                alive = _is_alive(self._header[_PROCESS])
                return [_series(*row) for row in json.loads(text)] if alive else None
        return None

    def _new_place(self, metric: Metric, labels: tuple[str, ...]) -> int | None:
        """Where the numbers of a new series stand; None where there is no room for it."""
        width = len(metric.buckets) + 2 if metric.kind is Kind.HISTOGRAM else 1
        line = json.dumps([metric.name, labels, width]).encode() + b"\n"
        before = self._header[_NAMES]
        if self._used + width > VALUES or before + len(line) > NAMES_BYTES:
            log.warning("no room for another series", metric=metric.name)
            return None
        self._names[before : before + len(line)] = line
        self._header[_NAMES] = before + len(line)
        place = self._places[metric.name, labels] = self._used
        self._used += width
        return place

    def _named(self) -> Iterable[tuple[str, tuple[str, ...], int, int]]:
        """Name, labels, place and width of every series, in the order of their places."""
        place = 0
        # A name that is just being written may not be whole yet: then the next scrape has it.
        with contextlib.suppress(ValueError):
            for line in bytes(self._names[: self._header[_NAMES]]).splitlines():
                name, labels, width = json.loads(line)
                yield name, tuple(labels), place, width
                place += width


def _series(name: str, labels: Sequence[str], values: Sequence[float]) -> Series:
    return Series(name, tuple(labels), tuple(values))


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
