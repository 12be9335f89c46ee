"""The dashboard: every metric that it names is exported, has the labels used, and moves."""

import json
import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest

from openfrs.domain.faces import DetectedFace, Image
from openfrs.observation.metrics import METRICS, Kind, Metric
from openfrs.testing import FakeEngine, FakeLiveness, TestService, make_service
from tests.api.calls import RED, make_set, text
from tests.observation.load import load
from tests.observation.scrapes import TOKEN, Samples, scrape, total, value

FILE = Path(__file__).parents[2] / "deploy" / "grafana" / "openfrs.json"
NAME = re.compile(r"\b((?:openfrs|process)_[a-z_]+)\b(\{[^}]*\})?")
PATIENCE = 30.0


@dataclass(frozen=True)
class Query:
    """One expression of a panel."""

    panel: str
    text: str

    def named(self) -> set[str]:
        return {name for name, _ in NAME.findall(self.text)}

    def labels(self) -> set[str]:
        """Those that it selects or groups by, but for the two that are Prometheus's own."""
        chosen = re.findall(r"[{,]\s*([a-z_]+)\s*=", self.text)
        groups = re.findall(r"by \(([^)]*)\)", self.text)
        grouped = [label.strip() for group in groups for label in group.split(",")]
        return {*chosen, *grouped} - {"job", "le"}


def queries() -> list[Query]:
    panels = json.loads(FILE.read_text(encoding="utf-8"))["panels"]
    return [
        Query(panel["title"], target["expr"])
        for panel in panels
        for target in panel.get("targets", [])
    ]


def metric_of(name: str) -> Metric:
    """The metric to which a name on the page belongs: of a histogram there are three."""
    for metric in METRICS:
        endings = ("_bucket", "_sum", "_count") if metric.kind is Kind.HISTOGRAM else ("",)
        if name in {metric.name + ending for ending in endings}:
            return metric
    raise AssertionError(f"{name} is not exported")


@pytest.mark.parametrize("query", queries(), ids=lambda query: query.panel)
def test_a_panel_names_metrics_that_there_are_and_labels_that_they_have(query: Query) -> None:
    assert query.named()
    for name in query.named():
        assert query.labels() <= set(metric_of(name).labels)


def test_the_dashboard_shows_what_operators_ask_for() -> None:
    shown = {metric_of(name).name for query in queries() for name in query.named()}
    left_out = {metric.name for metric in METRICS} - shown
    assert left_out == {"process_virtual_memory_bytes", "process_start_time_seconds"}


def test_the_variables_come_from_metrics_that_there_are() -> None:
    variables = json.loads(FILE.read_text(encoding="utf-8"))["templating"]["list"]
    asked = [one["query"]["query"] for one in variables if one["type"] == "query"]
    assert len(asked) == 2
    for question in asked:
        [(name, _)] = NAME.findall(question)
        label = question.rpartition(", ")[2].rstrip(")")
        assert label in (*metric_of(name).labels, "job")


def test_panels_do_not_lie_on_each_other() -> None:
    panels = json.loads(FILE.read_text(encoding="utf-8"))["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23
    assert len({panel["id"] for panel in panels}) == len(panels)


class Slow(FakeEngine):
    """Finds faces only while it may."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.may.set()

    def detect(self, image: Image) -> Sequence[DetectedFace]:
        assert self.may.wait(PATIENCE)
        return super().detect(image)


def test_every_metric_of_the_dashboard_moves_under_load(tmp_path: Path) -> None:
    engine = Slow()
    with make_service(
        tmp_path / "data",
        engine=engine,
        liveness=FakeLiveness(),
        metrics_token=TOKEN,
        mirror_bytes=1,  # so that one face set gives way to another
        picture_slots=1,
    ) as service:
        before = scrape(service)
        load(service)
        for name in ("one", "two"):
            make_set(service, name)
            for path in ("faces", "search"):
                service.client.post(
                    service.path(f"face-sets/{name}/{path}"), json={"image_base64": text(RED)}
                ).raise_for_status()
        after = _scrape_with_a_queue(service, engine)
    for query in queries():
        for name in query.named():
            rising = metric_of(name).kind is not Kind.GAUGE
            moved = total(after, name) - (total(before, name) if rising else 0)
            assert moved > 0, (query.panel, name)


def _scrape_with_a_queue(service: TestService, engine: Slow) -> Samples:
    """The metrics while three pictures are sent and there is place for one."""

    def detect(_: int) -> int:
        answer = service.client.post(service.path("face-detect"), json={"image_base64": text(RED)})
        return answer.status_code

    engine.may.clear()
    with ThreadPoolExecutor(3) as clients:
        try:
            answers = clients.map(detect, range(3))
            give_up = monotonic() + PATIENCE
            while value(found := scrape(service), "openfrs_requests_waiting", queue="pictures") < 2:
                assert monotonic() < give_up
                sleep(0.01)
            assert value(found, "openfrs_requests_working", queue="pictures") == 1
        finally:
            engine.may.set()
        assert list(answers) == [200] * 3
    return found
