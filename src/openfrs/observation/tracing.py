"""Requests as spans of OpenTelemetry, with their steps as children. Needs openfrs[tracing].

A span is made when its request has been answered, from the times that were taken on the way, so
that tracing adds nothing to the request itself. Spans are sent by a thread, in batches.
"""

import logging

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from openfrs.api.exchange import Exchange

SECONDS_TO_SEND = 5
NANO = 1_000_000_000

log = structlog.get_logger("openfrs.tracing")


class _Complaints(logging.Handler):
    """What OpenTelemetry has to say becomes a line of our log, in its format."""

    def emit(self, record: logging.LogRecord) -> None:
        log.warning("traces cannot be sent", reason=record.getMessage())


_complaints = _Complaints()


def otlp_exporter(endpoint: str) -> SpanExporter:
    """What sends spans to a collector, by OTLP over HTTP."""
    theirs = logging.getLogger("opentelemetry")
    theirs.addHandler(_complaints)
    theirs.propagate = False
    return OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=SECONDS_TO_SEND)


class Traces:
    """Hands the spans of each request to the exporter."""

    def __init__(self, exporter: SpanExporter, version: str) -> None:
        ours = Resource.create({"service.name": "openfrs", "service.version": version})
        self._provider = TracerProvider(
            # What the standard environment variables say of the service goes before.
            resource=ours.merge(OTELResourceDetector().detect()),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("openfrs", version)
        self._propagator = TraceContextTextMapPropagator()

    def exchanged(self, exchange: Exchange) -> None:
        """Makes the spans of a request; its caller's trace goes on where it names one."""
        began = int(exchange.began * NANO)
        attributes: dict[str, str | int] = {
            "http.request.method": exchange.method,
            "http.route": exchange.route,
            "http.response.status_code": exchange.status,
            "openfrs.request_id": exchange.request_id,
            "openfrs.error_code": exchange.error_code,
        }
        span = self._tracer.start_span(
            exchange.operation or exchange.method,
            self._propagator.extract({"traceparent": exchange.traceparent}),
            SpanKind.SERVER,
            {name: value for name, value in attributes.items() if value},
            start_time=began,
        )
        if span.is_recording():
            within = set_span_in_context(span)
            for timing in exchange.timings:
                start = began + int((timing.started - exchange.started) * NANO)
                step = self._tracer.start_span(timing.step, within, start_time=start)
                step.end(start + int(timing.seconds * NANO))
        if exchange.status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end(began + int(exchange.seconds * NANO))

    def close(self) -> None:
        """Sends what there still is."""
        self._provider.shutdown()
