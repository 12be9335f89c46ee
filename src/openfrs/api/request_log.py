"""A line of the log for each request: who asked for what, how it ended, and how long it took.

Nothing else is known here, so nothing else can be logged: no body, no header, no path.
"""

import structlog

from openfrs.api.exchange import Exchange

log = structlog.get_logger("openfrs.api")


def log_exchange(exchange: Exchange) -> None:
    """Writes the line. ``stages`` are milliseconds by step, of steps taken twice their sum."""
    stages: dict[str, float] = {}
    for timing in exchange.timings:
        stages[timing.step] = stages.get(timing.step, 0.0) + timing.seconds
    log.info(
        "request",
        request_id=exchange.request_id,
        operation=exchange.operation,
        method=exchange.method,
        status=exchange.status,
        error_code=exchange.error_code,
        ms=_ms(exchange.seconds),
        stages={step: _ms(seconds) for step, seconds in stages.items()},
        client=exchange.client,
        project_id=exchange.project_id,
        user_id=exchange.user_id,
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
