"""The way of every request, in the order of spec 18.

1  route                  RouteUnknown
2  body within bounds     EntityTooLarge
3  who is calling         a leaf of NotAuthenticated
4  whose project          ProjectMismatch
5  parse, check, work     the handler; see operations/
6  every failure          one place: error_codes.py
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import uuid4

import anyio
import anyio.to_thread
import structlog
from starlette.types import Receive, Scope, Send

from openfrs.api import iam
from openfrs.api.body import ClientGone, read_body
from openfrs.api.call import Call, Services
from openfrs.api.error_codes import IAM_TITLES, Shape, error_code
from openfrs.api.operation import Operation
from openfrs.api.routes import Match, match
from openfrs.auth.signing import SignedRequest
from openfrs.domain.errors import FRSError, ProjectMismatch, UriTooLong

log = structlog.get_logger("openfrs.api")

MAX_URI = 32 * 1024
NO_CONTENT = 204
OWN_FAMILY = "openfrs"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer or refusal in its last form; ``code`` is for the log."""

    status: int
    content: bytes
    headers: Mapping[str, str]
    code: str = ""


class Gateway:
    """The ASGI application. Work runs in threads; two limits keep it bounded."""

    def __init__(self, services: Services, *, picture_slots: int, request_threads: int) -> None:
        self.services = services
        self._picture_limiter = anyio.CapacityLimiter(picture_slots)
        self._limiter = anyio.CapacityLimiter(request_threads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        started = time.perf_counter()
        request_id = uuid4().hex
        operation: Operation | None = None
        try:
            if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URI:
                raise UriTooLong
            found = match(scope["method"], scope["raw_path"].decode("latin-1"))
            operation = found.operation
            call = await self._received(found, scope, receive, request_id)
            limiter = self._picture_limiter if operation.pictures else self._limiter
            reply = await anyio.to_thread.run_sync(_work, operation, call, limiter=limiter)
        except ClientGone:
            return
        except Exception as failure:
            family = operation.family if operation else "gateway"
            reply = _refusal(failure, family, request_id)
        await _send(send, reply, request_id)
        log.info(
            "request",
            request_id=request_id,
            operation=operation.name if operation else "",
            method=scope["method"],
            status=reply.status,
            error_code=reply.code,
            ms=round((time.perf_counter() - started) * 1000, 1),
        )

    async def _received(
        self, found: Match, scope: Scope, receive: Receive, request_id: str
    ) -> Call:
        """The call with its whole body. Raises EntityTooLarge, ClientGone."""
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
            body=await read_body(scope, receive, self.services.limits.body_bytes),
        )


def _work(operation: Operation, call: Call) -> Reply:
    """Authenticates, lets the handler answer, and renders the answer; runs in a thread."""
    if not operation.public:
        call = _authenticated(call)
    answer = operation.handler(call)
    if isinstance(answer.body, bytes):
        return Reply(answer.status, answer.body, answer.headers)
    return Reply(answer.status, json.dumps(answer.body).encode(), answer.headers)


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
    headers: dict[str, str] = {}
    if row.shape is Shape.IAM:
        body = {"error": {"code": row.status, "message": text, "title": IAM_TITLES[row.status]}}
        headers = iam.trace()
    else:
        body = {"error_code": row.code, "error_msg": text}
        if row.shape is Shape.GATEWAY:
            body["request_id"] = request_id
        if family == OWN_FAMILY and isinstance(failure, FRSError) and failure.position is not None:
            body["position"] = failure.position  # the vendor's bodies have no further keys
    return Reply(row.status, json.dumps(body).encode(), headers, row.code)


async def _live(receive: Receive, send: Send) -> None:
    """Start and end of the server; what there is to do then is done in cli/serve.py."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _send(send: Send, reply: Reply, request_id: str) -> None:
    # Spelled exactly so: one SDK of the vendor's looks it up with its case.
    headers = {"X-Request-Id": request_id}
    if reply.status != NO_CONTENT:
        headers["Content-Type"] = "application/json; charset=UTF-8"
        headers["Content-Length"] = str(len(reply.content))
    headers |= reply.headers
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": lines})
    await send({"type": "http.response.body", "body": reply.content})
