"""The page that Prometheus reads: the sheets of all workers added up, and the service's gauges."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import (
    Metric as Family,
)
from prometheus_client.registry import Collector

from openfrs.api.metrics_access import Page
from openfrs.observation.metrics import METRICS, Kind, Metric
from openfrs.observation.sheet import Series

Sums = Mapping[str, Mapping[tuple[str, ...], tuple[float, ...]]]
"""Numbers by the metric's name and the labels' values."""


def added_up(series: Iterable[Series]) -> Sums:
    """Series of one name and the same labels as one, number by number."""
    sums: dict[str, dict[tuple[str, ...], tuple[float, ...]]] = {}
    for name, labels, values in series:
        of_metric = sums.setdefault(name, {})
        before = of_metric.get(labels)
        of_metric[labels] = (
            values if before is None else tuple(a + b for a, b in zip(before, values, strict=True))
        )
    return sums


def page(sums: Sums, accept: str) -> Page:
    """The page in the text format that ``accept`` asks for: Prometheus's own, or OpenMetrics."""
    encode, content_type = choose_encoder(accept)
    return Page(encode(_Families(sums)), content_type)


class _Families(Collector):
    """Every metric of the table, whether or not it has series yet."""

    def __init__(self, sums: Sums) -> None:
        self._sums = sums

    def collect(self) -> Iterator[Family]:
        for metric in METRICS:
            yield _family(metric, self._sums.get(metric.name, {}))


def _family(metric: Metric, series: Mapping[tuple[str, ...], tuple[float, ...]]) -> Family:
    rows = sorted(series.items())
    if metric.kind is Kind.HISTOGRAM:
        histogram = HistogramMetricFamily(metric.name, metric.text, labels=metric.labels)
        bounds = [f"{float(bound):g}" for bound in metric.buckets] + ["+Inf"]
        for labels, values in rows:
            counts = accumulate(values[:-1])
            histogram.add_metric(labels, list(zip(bounds, counts, strict=True)), values[-1])
        return histogram
    kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    family = kind(metric.name, metric.text, labels=metric.labels)
    for labels, (value,) in rows:
        family.add_metric(labels, value)
    return family
