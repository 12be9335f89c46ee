"""The way of every request, in the order of spec 18.

1  route                  RouteUnknown
2  room in the queue      ServerBusy; see admission.py
3  body within bounds     EntityTooLarge, BodyTooSlow, ServerBusy
4  who is calling         a leaf of NotAuthenticated
5  whose project          ProjectMismatch
6  how often              RateExceeded; see throttle.py
7  parse, check, work     the handler, where it looks at pictures in a lane of its own
8  every failure          one place: error_codes.py
"""

import json
import math
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar
from uuid import uuid4

import anyio
import anyio.to_thread
import structlog
from starlette.types import Receive, Scope, Send

from openfrs.api import iam, throttle
from openfrs.api.admission import Admission, Lane
from openfrs.api.body import ClientGone, read_body
from openfrs.api.call import Call, Services
from openfrs.api.error_codes import Shape, error_code
from openfrs.api.routes import Match, Operation, match
from openfrs.auth.signing import SignedRequest
from openfrs.domain.errors import BodyTooSlow, FRSError, ProjectMismatch, UriTooLong

T = TypeVar("T")

log = structlog.get_logger("openfrs.api")

MAX_URI = 32 * 1024
IAM_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    408: "Request Timeout",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer or refusal in its last form; ``code`` is for the log."""

    status: int
    content: bytes
    headers: Mapping[str, str]
    code: str = ""


class Gateway:
    """The ASGI application. Work runs in threads; the lanes of admission keep it bounded."""

    def __init__(self, services: Services, admission: Admission) -> None:
        self.services = services
        self.admission = admission
        # The lanes are the limit; anyio's own would be one more.
        self._threads = anyio.CapacityLimiter(math.inf)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        started = time.perf_counter()
        request_id = uuid4().hex
        operation: Operation | None = None
        more_headers: dict[str, str] = {}
        try:
            if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URI:
                raise UriTooLong
            found = match(scope["method"], scope["raw_path"].decode("latin-1"))
            operation = found.operation
            reply = await self._replied(found, scope, receive, request_id, more_headers)
        except ClientGone:
            return
        except Exception as failure:
            family = operation.family if operation else "gateway"
            reply = _refusal(failure, family, request_id)
        await _send(send, reply, request_id, more_headers)
        log.info(
            "request",
            request_id=request_id,
            operation=operation.name if operation else "",
            method=scope["method"],
            status=reply.status,
            error_code=reply.code,
            ms=round((time.perf_counter() - started) * 1000, 1),
        )

    async def _replied(
        self,
        found: Match,
        scope: Scope,
        receive: Receive,
        request_id: str,
        headers: MutableMapping[str, str],
    ) -> Reply:
        """The answer; ``headers`` gets those that any answer carries from now on.

        Raises what keeps the request from being answered. Where it is clear already that there is
        no room, the body is not read.
        """
        operation = found.operation
        lane = self.admission.lane(operation)
        lane.check()
        with self.admission.bodies.account() as account:
            body = await read_body(
                scope,
                receive,
                limit=self.services.limits.body_bytes,
                seconds=self.admission.body_timeout,
                account=account,
            )
            call = self._call(found, scope, request_id, body)
            if lane is not self.admission.pictures:
                return await self._at_work(
                    lane, receive, lambda: _work(operation, _admitted(operation, call, headers))
                )
            # Who is unknown, or comes too often, takes no place from those who wait for a model.
            call = await self._at_work(
                self.admission.others, receive, partial(_admitted, operation, call, headers)
            )
            return await self._at_work(lane, receive, partial(_work, operation, call))

    async def _at_work(self, lane: Lane, receive: Receive, work: Callable[[], T]) -> T:
        """What the work returns, done in a thread once the lane has a slot.

        Raises ServerBusy, ClientGone.
        """
        async with lane.slot(receive):
            return await anyio.to_thread.run_sync(work, limiter=self._threads)

    def _call(self, found: Match, scope: Scope, request_id: str, body: bytes) -> Call:
        headers = [
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in scope["headers"]
        ]
        return Call(
            services=self.services,
            method=scope["method"],
            scheme=scope["scheme"],
            raw_path=scope["raw_path"].decode("latin-1"),
            query_string=scope["query_string"].decode("latin-1"),
            path=found.path,
            headers=headers,
            request_id=request_id,
            client=scope["client"][0] if scope.get("client") else "",
            body=body,
        )


def _work(operation: Operation, call: Call) -> Reply:
    """Lets the handler answer, and renders the answer; runs in a thread."""
    answer = operation.handler(call)
    if isinstance(answer.body, bytes):
        return Reply(answer.status, answer.body, answer.headers)
    return Reply(answer.status, json.dumps(answer.body).encode(), answer.headers)


def _admitted(operation: Operation, call: Call, headers: MutableMapping[str, str]) -> Call:
    """The call with its principal, if it may be answered now; runs in a thread.

    Raises a leaf of NotAuthenticated, ProjectMismatch, RateExceeded.
    """
    if operation.public:
        return call
    call = _authenticated(call)
    limiter = call.services.throttle
    project_id = call.path.get("project_id")
    if limiter is not None and project_id is not None:
        allowance = limiter.draw(project_id, operation.name)
        if allowance is not None:
            headers.update(throttle.headers(allowance, operation.name))
            if not allowance.granted:
                raise throttle.refusal(allowance)
    return call


def _authenticated(call: Call) -> Call:
    """The call with its principal. Raises a leaf of NotAuthenticated, ProjectMismatch."""
    project_id = call.path.get("project_id")
    principal = call.services.authenticator.authenticate(
        SignedRequest(call.method, call.raw_path, call.query_string, call.headers, call.body),
        project_id,
    )
    if project_id is not None:
        named = call.header("x-project-id")
        if (
            not principal.may_use(project_id)
            or (named and named != project_id)
            or call.services.credentials.project(project_id=project_id) is None
        ):
            raise ProjectMismatch
    return replace(call, principal=principal)


def _refusal(failure: Exception, family: str, request_id: str) -> Reply:
    """How a failure looks; what is no refusal of ours is logged with its trace."""
    row = error_code(failure, family)
    if isinstance(failure, FRSError):
        text = row.text(failure.detail)
    else:
        text = row.message
        log.error("request failed", request_id=request_id, exc_info=failure)
    body: dict[str, object]
    headers = dict(throttle.retry_after(failure))
    if isinstance(failure, BodyTooSlow):  # nobody should wait for the rest
        headers["Connection"] = "close"
    if row.shape is Shape.IAM:
        title = IAM_TITLES.get(row.status, "Internal Server Error")
        body = {"error": {"code": row.status, "message": text, "title": title}}
        headers |= iam.trace()
    else:
        body = {"error_code": row.code, "error_msg": text}
        if row.shape is Shape.GATEWAY:
            body["request_id"] = request_id
    return Reply(row.status, json.dumps(body).encode(), headers, row.code)


async def _live(receive: Receive, send: Send) -> None:
    """Start and end of the server; what there is to do then is done in cli/serve.py."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _send(send: Send, reply: Reply, request_id: str, more_headers: Mapping[str, str]) -> None:
    headers = {
        "Content-Type": "application/json; charset=UTF-8",
        "Content-Length": str(len(reply.content)),
        # Spelled exactly so: one SDK of the vendor's looks it up with its case.
        "X-Request-Id": request_id,
        **more_headers,
        **reply.headers,
    }
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": lines})
    await send({"type": "http.response.body", "body": reply.content})
