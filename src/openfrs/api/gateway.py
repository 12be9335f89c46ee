"""The way of every request, in the order of spec 18.

1  route                  RouteUnknown
2  body within bounds     EntityTooLarge
3  who is calling         a leaf of NotAuthenticated
4  whose project          ProjectMismatch
5  parse, check, work     the handler; see operations/
6  every failure          one place: error_codes.py
7  once it is answered    the observers hear of the exchange: log, metrics, traces
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import anyio
import anyio.to_thread
import structlog
from starlette.types import Receive, Scope, Send

from openfrs.api import iam
from openfrs.api.body import ClientGone, read_body
from openfrs.api.call import Call, Services
from openfrs.api.error_codes import Shape, error_code
from openfrs.api.exchange import Course, Observer, course
from openfrs.api.routes import Match, match
from openfrs.auth.signing import SignedRequest
from openfrs.domain.errors import FRSError, ProjectMismatch, UriTooLong
from openfrs.domain.stages import Step, listening, since, stage

log = structlog.get_logger("openfrs.api")

MAX_URI = 32 * 1024
IAM_TITLES = {400: "Bad Request", 401: "Unauthorized", 413: "Request Entity Too Large"}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer or refusal in its last form; ``code`` is for the log."""

    status: int
    content: bytes
    headers: Mapping[str, str]
    code: str = ""


@dataclass(frozen=True, slots=True)
class Queue:
    """The requests of one kind at this moment; at most ``slots`` are worked on at once."""

    name: str
    slots: int
    working: int
    waiting: int


class Gateway:
    """The ASGI application. Work runs in threads; two limits keep it bounded.

    Each of the observers hears of every request once it is answered.
    """

    def __init__(
        self,
        services: Services,
        *,
        picture_slots: int,
        request_threads: int,
        observers: Sequence[Observer] = (),
    ) -> None:
        self.services = services
        self._picture_limiter = anyio.CapacityLimiter(picture_slots)
        self._limiter = anyio.CapacityLimiter(request_threads)
        self._observers = observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        with listening() as timings:
            this = course(scope, timings)
            try:
                reply = await self._replied(this, scope, receive)
            except ClientGone:
                return
            await _send(send, reply, this.request_id)
        exchange = this.ended(reply.status, reply.code)
        for observe in self._observers:
            observe(exchange)

    def queues(self) -> Sequence[Queue]:
        """How many requests wait and are worked on; may be asked from any thread."""
        limiters = {"pictures": self._picture_limiter, "others": self._limiter}
        return [
            Queue(
                name,
                int(limiter.total_tokens),
                limiter.borrowed_tokens,
                limiter.statistics().tasks_waiting,
            )
            for name, limiter in limiters.items()
        ]

    async def _replied(self, this: Course, scope: Scope, receive: Receive) -> Reply:
        """The answer or the refusal. Raises ClientGone."""
        try:
            if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URI:
                raise UriTooLong
            found = match(scope["method"], scope["raw_path"].decode("latin-1"))
            this.operation = found.operation
            with stage(Step.READ_BODY):
                call = await self._received(found, scope, receive, this)
            limiter = self._picture_limiter if found.operation.pictures else self._limiter
            asked = time.perf_counter()
            return await anyio.to_thread.run_sync(_work, this, call, asked, limiter=limiter)
        except ClientGone:
            raise
        except Exception as failure:
            family = this.operation.family if this.operation else "gateway"
            return _refusal(failure, family, this.request_id)

    async def _received(self, found: Match, scope: Scope, receive: Receive, this: Course) -> Call:
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
            request_id=this.request_id,
            client=this.client,
            body=await read_body(scope, receive, self.services.limits.body_bytes),
        )


def _work(this: Course, call: Call, asked: float) -> Reply:
    """Authenticates, lets the handler answer, and renders the answer; runs in a thread."""
    since(Step.QUEUE, asked)
    assert this.operation is not None
    if not this.operation.public:
        with stage(Step.AUTHENTICATE):
            call = _authenticated(this, call)
    answer = this.operation.handler(call)
    if isinstance(answer.body, bytes):
        return Reply(answer.status, answer.body, answer.headers)
    with stage(Step.ANSWER):
        return Reply(answer.status, json.dumps(answer.body).encode(), answer.headers)


def _authenticated(this: Course, call: Call) -> Call:
    """The call with its principal. Raises a leaf of NotAuthenticated, ProjectMismatch."""
    project_id = call.path.get("project_id")
    principal = call.services.authenticator.authenticate(
        SignedRequest(call.method, call.raw_path, call.query_string, call.headers, call.body),
        project_id,
    )
    this.principal = principal
    if project_id is not None:
        named = call.header("x-project-id")
        if (
            not principal.may_use(project_id)
            or (named and named != project_id)
            or call.services.credentials.project(project_id=project_id) is None
        ):
            raise ProjectMismatch
        this.project_id = project_id
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
        title = IAM_TITLES.get(row.status, "Internal Server Error")
        body = {"error": {"code": row.status, "message": text, "title": title}}
        headers = iam.trace()
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


async def _send(send: Send, reply: Reply, request_id: str) -> None:
    headers = {
        "Content-Type": "application/json; charset=UTF-8",
        "Content-Length": str(len(reply.content)),
        # Spelled exactly so: one SDK of the vendor's looks it up with its case.
        "X-Request-Id": request_id,
        **reply.headers,
    }
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": lines})
    await send({"type": "http.response.body", "body": reply.content})
