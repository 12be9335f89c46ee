"""One request and its answer, for whoever keeps account of them: nothing of what either holds."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from starlette.types import Scope

from openfrs.api.operation import Operation
from openfrs.api.proxies import Network, origin
from openfrs.domain.audit import Deed
from openfrs.domain.identity import Principal
from openfrs.domain.stages import Timing

REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{16,64}")
"""A request id that is taken over from the caller, so that it is the same in a proxy's log."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that has been answered.

    ``operation`` and ``route`` are its name and path in the table, empty where it is not there.
    ``began`` is in seconds since 1970, ``started`` that moment by ``time.perf_counter`` and
    ``seconds`` what everything took, with the reading of the body and the sending of the answer.
    ``project_id`` is empty until the caller has been found to be allowed to use it, ``user_id``
    until it is known who is calling. ``traceparent`` is that header as it came (W3C Trace Context).
    """

    request_id: str
    operation: str
    route: str
    method: str
    status: int
    error_code: str
    began: float
    started: float
    seconds: float
    timings: Sequence[Timing]
    client: str
    project_id: str
    user_id: str
    traceparent: str


Observer = Callable[[Exchange], None]
"""Hears of each request once it is answered, in the event loop: it must not wait for anything."""


@dataclass(slots=True)
class Course:
    """What is known of a request while it is under way; ``headers`` go out with any answer.

    ``path`` holds the decoded parameters of the path. ``deed`` is for the audit log, None where
    that does not want it.
    """

    request_id: str
    method: str
    client: str
    scheme: str
    traceparent: str
    timings: Sequence[Timing]
    began: float = field(default_factory=time.time)
    started: float = field(default_factory=time.perf_counter)
    operation: Operation | None = None
    principal: Principal | None = None
    project_id: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    deed: Deed | None = None

    def ended(self, status: int, error_code: str) -> Exchange:
        """The exchange, which ends now."""
        return Exchange(
            request_id=self.request_id,
            operation=self.operation.name if self.operation else "",
            route=self.operation.path if self.operation else "",
            method=self.method,
            status=status,
            error_code=error_code,
            began=self.began,
            started=self.started,
            seconds=time.perf_counter() - self.started,
            timings=tuple(self.timings),
            client=self.client,
            project_id=self.project_id,
            user_id=self.principal.user_id if self.principal else "",
            traceparent=self.traceparent,
        )


def course(scope: Scope, timings: Sequence[Timing], trusted: Sequence[Network]) -> Course:
    """The course of a request that has just come, with the caller's request id or a new one.

    ``trusted`` are the proxies whose word on where it comes from counts.
    """
    headers = dict(scope["headers"])
    came = origin(scope, trusted)
    given = headers.get(b"x-request-id", b"")
    return Course(
        request_id=given.decode() if REQUEST_ID.fullmatch(given) else uuid4().hex,
        method=scope["method"],
        client=came.client,
        scheme=came.scheme,
        traceparent=headers.get(b"traceparent", b"").decode("latin-1"),
        timings=timings,
    )
