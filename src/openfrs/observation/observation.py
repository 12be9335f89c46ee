"""One process as it observes itself, and the page on which it stands beside the others."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from openfrs.api.metrics_access import Page
from openfrs.domain.census import Census
from openfrs.observation.board import Board
from openfrs.observation.metrics import SET_MIRROR_BYTES, WORKERS
from openfrs.observation.page import added_up, page
from openfrs.observation.recorder import Recorder
from openfrs.observation.sheet import Series

PUBLISH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Sources:
    """What is asked for gauges: ``process`` in every process, ``service`` by who makes the page.

    With the service's come the face sets that have series of their own.
    """

    process: Callable[[], Iterable[Series]]
    service: Callable[[], tuple[Iterable[Series], Census]]


class Observation:
    """The worker of that number on the board.

    ``recorder`` counts what happens. Gauges need somebody who asks: this process does so when it
    makes a page, and every PUBLISH_SECONDS where another one may make it.
    """

    def __init__(self, board: Board, worker: int = 0) -> None:
        self._board = board
        self._sheet = board.sheet(worker)
        self._sheet.take_over()
        self._asking = threading.Lock()
        self._ended = threading.Event()
        self._sources: Sources | None = None
        self.recorder = Recorder(self._sheet)

    def start(self, sources: Sources) -> None:
        """From now on there is something to ask for gauges."""
        self._sources = sources
        self._publish(sources)
        if self._board.workers > 1:
            threading.Thread(
                target=self._keep_publishing, args=(sources,), name="metrics", daemon=True
            ).start()

    def close(self) -> None:
        self._ended.set()

    def page(self, accept: str) -> Page:
        """Everything that all workers have counted, and how things stand."""
        assert self._sources is not None
        self._publish(self._sources)
        sheets = list(self._board.sheets())
        series = [one for sheet in sheets for one in sheet.totals()]
        states = [state for sheet in sheets if (state := sheet.state()) is not None]
        service, census = self._sources.service()
        names = {str(one.key): (one.project_id, one.name) for one in census.largest}
        for one in (one for state in states for one in state):
            if one.name != SET_MIRROR_BYTES.name:
                series.append(one)
            elif (known := names.get(one.labels[0])) is not None:
                series.append(one._replace(labels=known))
        series += service
        series.append(Series(WORKERS.name, (), (float(len(states)),)))
        return page(added_up(series), accept)

    def _publish(self, sources: Sources) -> None:
        with self._asking:
            self._sheet.publish(sources.process())

    def _keep_publishing(self, sources: Sources) -> None:
        while not self._ended.wait(PUBLISH_SECONDS):
            self._publish(sources)
