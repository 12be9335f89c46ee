"""Requests as spans of OpenTelemetry, sent to a collector on loopback."""

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SentSpan
from structlog.testing import capture_logs

from openfrs.cli.serve import listening_socket
from openfrs.domain.stages import Step
from openfrs.setting_values import SettingInvalid
from openfrs.settings import load_settings
from openfrs.testing import FakeLiveness, make_service
from tests.api.calls import RED, add, make_set, text
from tests.observation.load import contents, load

OTLP = "OTEL_EXPORTER_OTLP_ENDPOINT"
NANO = 1_000_000_000
PARENT = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"


class Span:
    """One span as a collector understands it."""

    def __init__(self, span: SentSpan, service: str) -> None:
        self.service = service
        self.name: str = span.name
        self.trace: str = span.trace_id.hex()
        self.id: str = span.span_id.hex()
        self.parent: str = span.parent_span_id.hex()
        self.start: int = span.start_time_unix_nano
        self.end: int = span.end_time_unix_nano
        self.failed: bool = span.status.code == 2
        self.attributes = {
            one.key: one.value.string_value or one.value.int_value for one in span.attributes
        }


class Collector:
    """Takes what is sent to ``/v1/traces``."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                content = self.rfile.read(int(self.headers["Content-Length"]))
                collector.received.append(content)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def spans(self) -> Sequence[Span]:
        found = []
        for content in self.received:
            for resource in ExportTraceServiceRequest.FromString(content).resource_spans:
                names = {one.key: one.value.string_value for one in resource.resource.attributes}
                for scope in resource.scope_spans:
                    found += [Span(span, names["service.name"]) for span in scope.spans]
        return found


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()
    thread = threading.Thread(target=collector.server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        collector.server.shutdown()
        thread.join()
        collector.server.server_close()


@pytest.mark.parametrize("path", ["", "/"])
def test_a_request_is_a_span_with_its_steps_as_children(tmp_path: Path, path: str) -> None:
    with collecting() as collector:
        with make_service(tmp_path / "data", tracing_endpoint=collector.address + path) as service:
            make_set(service)
            add(service, RED)
            answer = service.client.post(
                service.path("face-sets/staff/search"),
                json={"image_base64": text(RED), "filter": "floor:[1 TO 9]"},
                headers={"traceparent": PARENT},
            )
        spans = collector.spans()
    [search] = [span for span in spans if span.name == "SearchFace"]
    assert (search.service, search.trace, search.parent) == (
        "openfrs",
        "0123456789abcdef0123456789abcdef",
        "0123456789abcdef",
    )
    assert search.attributes == {
        "http.request.method": "POST",
        "http.route": "/{version}/{project_id}/face-sets/{face_set_name}/search",
        "http.response.status_code": 200,
        "openfrs.request_id": answer.headers["X-Request-Id"],
    }
    steps = [span for span in spans if span.parent == search.id]
    assert [step.name for step in sorted(steps, key=lambda step: step.start)] == [
        *(Step.READ_BODY, Step.QUEUE, Step.AUTHENTICATE),
        *(Step.QUEUE, Step.DECODE, Step.DETECT, Step.TEMPLATE),
        *(Step.CATCH_UP, Step.FILTER, Step.SCAN, Step.ANSWER),
    ]
    for step in steps:
        assert step.trace == search.trace
        assert search.start <= step.start <= step.end <= search.end
    assert {span.trace for span in spans if span.name == "CreateFaceSet"} != {search.trace}


def test_nothing_of_what_requests_hold_is_sent(tmp_path: Path) -> None:
    with collecting() as collector:
        with make_service(
            tmp_path / "data", tracing_endpoint=collector.address, liveness=FakeLiveness()
        ) as service:
            load(service)
            secrets = contents(service)
        sent = b"".join(collector.received)
    assert len(sent) > 1000
    assert [secret for secret in secrets if secret.encode() in sent] == []


def test_the_address_may_come_from_the_environment_of_opentelemetry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting() as collector:
        monkeypatch.setenv(OTLP, collector.address)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "the-door")
        with make_service(tmp_path / "data") as service:
            service.client.get("/healthz")
        assert {span.service for span in collector.spans()} == {"the-door"}
        monkeypatch.setenv("OPENFRS_TRACING_ENDPOINT", "http://other.example")
        assert load_settings(tmp_path).tracing_endpoint == "http://other.example"


def test_a_request_that_fails_within_is_a_failed_span(tmp_path: Path) -> None:
    with collecting() as collector:
        with make_service(tmp_path / "data", tracing_endpoint=collector.address) as service:
            service.openfrs.database.close()
            assert service.client.get(service.path("face-sets")).status_code == 500
        [span] = [span for span in collector.spans() if span.name == "ShowAllFaceSets"]
        assert span.failed


def test_a_collector_that_is_not_there_is_a_line_of_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with listening_socket("127.0.0.1", 0) as socket:
        address = f"http://127.0.0.1:{socket.getsockname()[1]}"
    with capture_logs() as lines, make_service(tmp_path, tracing_endpoint=address) as service:
        assert service.client.get("/healthz").status_code == 200
    told = [line for line in lines if line["event"] == "traces cannot be sent"]
    assert told
    assert all(line["reason"] for line in told)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("address", ["collector:4318", "http://", "http://a b", "ftp://x"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(SettingInvalid, match="tracing_endpoint"):
        load_settings(tmp_path, tracing_endpoint=address)


def test_without_opentelemetry_the_setting_says_what_to_install(tmp_path: Path) -> None:
    code = f"""
import sys
sys.modules["opentelemetry"] = None  # as if it were not there
from pathlib import Path
from openfrs.setting_values import SettingInvalid
from openfrs.testing import make_service
with make_service(Path({str(tmp_path / "plain")!r})) as service:
    assert service.client.get("/healthz").status_code == 200
try:
    with make_service(Path({str(tmp_path / "traced")!r}), tracing_endpoint="http://127.0.0.1:9"):
        pass
except SettingInvalid as error:
    print(error)
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120
    )
    assert "pip install 'openfrs[tracing]'" in ended.stdout
