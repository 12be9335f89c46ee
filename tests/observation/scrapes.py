"""What a page of metrics says, read as Prometheus reads it."""

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from openfrs.testing import TestService

TOKEN = "a-token-of-the-metrics"
Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Samples:
    """Every sample by its name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(service: TestService) -> Samples:
    answer = service.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.text
    return read(answer.text)


def value(samples: Samples, name: str, **labels: str) -> float:
    """The one sample; 0 where there is none yet."""
    return samples.get((name, frozenset(labels.items())), 0.0)


def total(samples: Samples, name: str, **labels: str) -> float:
    """The sum over all samples of that name with those labels among theirs."""
    return sum(
        number
        for (found, having), number in samples.items()
        if found == name and labels.items() <= dict(having).items()
    )
