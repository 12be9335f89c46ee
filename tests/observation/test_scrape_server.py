"""The metrics on a port of their own."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx2
import pytest
from structlog.testing import capture_logs

from openfrs.api.metrics_access import MetricsAccess, Page
from openfrs.cli.serve import listening_socket
from openfrs.observation.scrape_server import ScrapeServer
from openfrs.testing import make_service
from tests.observation.scrapes import TOKEN, read, value

PATIENCE = 30.0


@contextmanager
def scraped(data_dir: Path, token: str = "") -> Iterator[str]:
    """The address of the metrics of a service."""
    with (
        make_service(data_dir, metrics_port=0, metrics_token=token) as service,
        listening_socket("127.0.0.1", 0) as listener,
    ):
        assert service.openfrs.services.metrics is not None
        with contextlib.closing(ScrapeServer(listener, service.openfrs.services.metrics)):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_the_page_is_at_metrics_and_nothing_else_is_there(tmp_path: Path) -> None:
    with scraped(tmp_path / "data") as address, httpx2.Client() as client:
        answer = client.get(f"{address}/metrics")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        assert value(read(answer.text), "openfrs_workers") == 1
        for path in ("/", "/healthz", "/v2/x/face-sets", "/metrics/x"):
            assert client.get(f"{address}{path}").status_code == 404
        assert client.post(f"{address}/metrics").status_code == 501


def test_where_a_token_is_set_this_port_asks_for_it_too(tmp_path: Path) -> None:
    with scraped(tmp_path / "data", TOKEN) as address:
        refused = httpx2.get(f"{address}/metrics")
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert TOKEN not in refused.text
        allowed = httpx2.get(f"{address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert allowed.status_code == 200


def test_two_servers_share_a_socket_and_each_ends_by_itself(tmp_path: Path) -> None:
    with (
        make_service(tmp_path / "data", metrics_port=0) as service,
        listening_socket("127.0.0.1", 0) as listener,
        listener.dup() as same,
    ):
        access = service.openfrs.services.metrics
        assert access is not None
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/metrics"
        with contextlib.closing(ScrapeServer(listener, access)):
            with contextlib.closing(ScrapeServer(same, access)):
                for _ in range(10):
                    assert httpx2.get(address).status_code == 200
            assert httpx2.get(address).status_code == 200


@pytest.mark.parametrize("accept", ["", "text/plain", "*/*"])
def test_who_asks_for_no_other_format_gets_text(tmp_path: Path, accept: str) -> None:
    with scraped(tmp_path / "data") as address:
        answer = httpx2.get(f"{address}/metrics", headers={"Accept": accept})
        assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_scraper_that_goes_away_leaves_a_line_and_no_trace(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    asked, gone = threading.Event(), threading.Event()

    def page(_accept: str) -> Page:
        asked.set()
        assert gone.wait(PATIENCE)
        return Page(b"x" * 50_000_000, "text/plain")  # more than any socket takes at once

    with (
        listening_socket("127.0.0.1", 0) as listener,
        capture_logs() as lines,
        contextlib.closing(ScrapeServer(listener, MetricsAccess(page, ""))),
    ):
        with socket.create_connection(listener.getsockname(), timeout=PATIENCE) as scraper:
            scraper.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            assert asked.wait(PATIENCE)
        gone.set()
        give_up = monotonic() + PATIENCE
        while not lines:
            assert monotonic() < give_up
            sleep(0.01)
    assert [line["event"] for line in lines] == ["a scraper did not wait for the metrics"]
    assert capfd.readouterr().err == ""
