"""What watches the service, as far as the operator wants it watched: log, metrics, traces."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from openfrs.api.exchange import Observer
from openfrs.api.gateway import Queue
from openfrs.api.metrics_access import MetricsAccess
from openfrs.api.request_log import log_exchange
from openfrs.domain.census import Census
from openfrs.observation import gauges
from openfrs.observation.board import Board
from openfrs.observation.observation import Observation, Sources
from openfrs.observation.sheet import Series
from openfrs.operations.mirror import Mirror
from openfrs.setting_values import SettingInvalid
from openfrs.settings import Settings

if TYPE_CHECKING:
    from openfrs.observation.tracing import Traces

VERSION = version("openfrs")


class Watch:
    """The observers of one process, worker number ``worker`` of those on the board.

    Raises SettingInvalid where traces are wanted and cannot be made.
    """

    def __init__(self, settings: Settings, board: Board, worker: int) -> None:
        self._settings = settings
        self._worker = worker
        self._traces = _traces(settings.tracing_endpoint) if settings.tracing_endpoint else None
        self._observation = Observation(board, worker) if settings.has_metrics else None

    @property
    def observers(self) -> Sequence[Observer]:
        """Who hears of each request."""
        found: list[Observer] = []
        if self._observation is not None:
            found.append(self._observation.recorder.exchanged)
        if self._traces is not None:
            found.append(self._traces.exchanged)
        return [*found, log_exchange]

    @property
    def metrics(self) -> MetricsAccess | None:
        """Who may read the metrics; None where there are none."""
        if self._observation is None:
            return None
        return MetricsAccess(self._observation.page, self._settings.metrics_token)

    def committed(self, jobs: int, seconds: float) -> None:
        """Hears of each commit of the store."""
        if self._observation is not None:
            self._observation.recorder.committed(jobs, seconds)

    def free_bytes(self) -> int:
        """The room that is left where the data directory lies."""
        return shutil.disk_usage(self._settings.data_dir).free

    def start(
        self,
        *,
        queues: Callable[[], Sequence[Queue]],
        mirror: Mirror,
        mirror_budget: int,
        take_census: Callable[[int], Census],
        model: gauges.ModelFacts,
    ) -> None:
        """Tells what the gauges show."""
        observation, most = self._observation, self._settings.metrics_face_sets
        if observation is None:
            return

        def of_process() -> Iterable[Series]:
            usage = mirror.usage()
            observation.recorder.mirrored(usage)
            yield from gauges.of_queues(queues())
            yield from gauges.of_mirror(usage, mirror_budget, mirror.sizes(), most)
            yield from gauges.of_process(self._worker)

        def of_service() -> tuple[Iterable[Series], Census]:
            stored, census = gauges.of_store(lambda: take_census(most), self._settings.database)
            return [*stored, *gauges.of_build(VERSION, model)], census

        observation.start(Sources(of_process, of_service))

    def close(self) -> None:
        """Ends what watches, and sends the traces that have not been sent."""
        if self._observation is not None:
            self._observation.close()
        if self._traces is not None:
            self._traces.close()


def _traces(endpoint: str) -> "Traces":
    try:
        from openfrs.observation import tracing
    except ImportError as error:
        raise SettingInvalid(
            f"tracing_endpoint is {endpoint}, and OpenTelemetry is not installed: "
            "pip install 'openfrs[tracing]', or unset tracing_endpoint (OTEL_EXPORTER_OTLP_ENDPOINT"
            " counts as well)"
        ) from error
    return tracing.Traces(tracing.otlp_exporter(endpoint), VERSION)
