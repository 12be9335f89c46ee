"""The way of every request, in the order of spec 18.

1  route                  RouteUnknown
2  room in the queue      ServerBusy; see admission.py
3  body within bounds     EntityTooLarge, BodyTooSlow, ServerBusy
4  who is calling         a leaf of NotAuthenticated
5  whose project          ProjectMismatch
6  how often              RateExceeded; see throttle.py
7  parse, check, work     the handler, where it looks at pictures in a lane of its own
8  every failure          one place: error_codes.py
9  before it is answered  the audit log takes what no write has told it; see auditing.py
10 once it is answered    the observers hear of the exchange: log, metrics, traces
"""

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread
import structlog
from starlette.types import Receive, Scope, Send

from openfrs.api import iam, throttle
from openfrs.api.admission import Admission, Lane
from openfrs.api.auditing import Auditing
from openfrs.api.body import ClientGone, read_body
from openfrs.api.call import Call, Services
from openfrs.api.error_codes import IAM_TITLES, Shape, error_code
from openfrs.api.exchange import Course, Observer, course
from openfrs.api.proxies import Network
from openfrs.api.routes import Match, match
from openfrs.auth.signing import SignedRequest
from openfrs.domain.audit import on_behalf_of
from openfrs.domain.errors import BodyTooSlow, FRSError, ProjectMismatch, UriTooLong
from openfrs.domain.stages import Step, listening, since, stage

T = TypeVar("T")

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


@dataclass(frozen=True, slots=True)
class Queue:
    """The requests of one kind at this moment; at most ``slots`` are worked on at once."""

    name: str
    slots: int
    working: int
    waiting: int


class Gateway:
    """The ASGI application. Work runs in threads; the lanes of admission keep it bounded.

    Each of the observers hears of every request once it is answered.
    """

    def __init__(
        self,
        services: Services,
        admission: Admission,
        *,
        auditing: Auditing | None = None,
        trusted_proxies: Sequence[Network] = (),
        observers: Sequence[Observer] = (),
    ) -> None:
        self.services = services
        self.admission = admission
        # The lanes are the limit; anyio's own would be one more.
        self._threads = anyio.CapacityLimiter(math.inf)
        self._auditing = auditing
        self._trusted = trusted_proxies
        self._observers = observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        with listening() as timings:
            this = course(scope, timings, self._trusted)
            try:
                reply = await self._replied(this, scope, receive)
            except ClientGone:
                return
            if self._auditing is not None:
                self._auditing.ended(this, reply.status, reply.code)
            await _send(send, reply, this)
        exchange = this.ended(reply.status, reply.code)
        for observe in self._observers:
            observe(exchange)

    def queues(self) -> Sequence[Queue]:
        """How many requests wait and are worked on; may be asked from any thread."""
        lanes = {"pictures": self.admission.pictures, "others": self.admission.others}
        return [Queue(name, lane.slots, lane.working, lane.waiting) for name, lane in lanes.items()]

    async def _replied(self, this: Course, scope: Scope, receive: Receive) -> Reply:
        """The answer or the refusal. Raises ClientGone."""
        try:
            if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URI:
                raise UriTooLong
            found = match(scope["method"], scope["raw_path"].decode("latin-1"))
            this.operation, this.path = found.operation, found.path
            return await self._answered(this, found, scope, receive)
        except ClientGone:
            raise
        except Exception as failure:
            family = this.operation.family if this.operation else "gateway"
            return _refusal(failure, family, this.request_id)

    async def _answered(self, this: Course, found: Match, scope: Scope, receive: Receive) -> Reply:
        """The answer. Raises what keeps the request from being answered.

        Where it is clear already that there is no room, the body is not read.
        """
        lane = self.admission.lane(found.operation)
        lane.check()
        with self.admission.bodies.account() as account:
            with stage(Step.READ_BODY):
                body = await read_body(
                    scope,
                    receive,
                    limit=self.services.limits.body_bytes,
                    seconds=self.admission.body_timeout,
                    account=account,
                )
            call = self._call(this, found, scope, body)
            if lane is not self.admission.pictures:
                return await _at_work(
                    lane, self._threads, receive, lambda: _work(this, self._admitted(this, call))
                )
            # Who is unknown, or comes too often, takes no place from those who wait for a model.
            others = self.admission.others
            call = await _at_work(
                others, self._threads, receive, partial(self._admitted, this, call)
            )
            return await _at_work(lane, self._threads, receive, partial(_work, this, call))

    def _call(self, this: Course, found: Match, scope: Scope, body: bytes) -> Call:
        headers = [
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in scope["headers"]
        ]
        return Call(
            services=self.services,
            method=scope["method"],
            scheme=this.scheme,
            raw_path=scope["raw_path"].decode("latin-1"),
            query_string=scope["query_string"].decode("latin-1"),
            path=found.path,
            headers=headers,
            request_id=this.request_id,
            client=this.client,
            body=body,
        )

    def _admitted(self, this: Course, call: Call) -> Call:
        """The call with its principal, if it may be answered now; runs in a thread.

        Raises a leaf of NotAuthenticated, ProjectMismatch, RateExceeded.
        """
        assert this.operation is not None
        auditing = self._auditing
        if this.operation.public:
            this.deed = auditing.begun(this) if auditing is not None else None
            return call
        try:
            with stage(Step.AUTHENTICATE):
                call = _authenticated(this, call)
        finally:
            if auditing is not None and this.principal is not None:
                this.deed = auditing.begun(this)
        limiter = call.services.throttle
        if limiter is not None and this.project_id:
            allowance = limiter.draw(this.project_id, this.operation.name)
            if allowance is not None:
                this.headers = throttle.headers(allowance, this.operation.name)
                if not allowance.granted:
                    raise throttle.refusal(allowance)
        return call


async def _at_work(
    lane: Lane, threads: anyio.CapacityLimiter, receive: Receive, work: Callable[[], T]
) -> T:
    """What the work returns, done in a thread once the lane has a slot.

    Raises ServerBusy, ClientGone.
    """
    asked = time.perf_counter()

    def timed() -> T:
        since(Step.QUEUE, asked)
        return work()

    async with lane.slot(receive):
        return await anyio.to_thread.run_sync(timed, limiter=threads)


def _work(this: Course, call: Call) -> Reply:
    """Lets the handler answer, and renders the answer; runs in a thread."""
    assert this.operation is not None
    with on_behalf_of(this.deed):
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
    headers = dict(throttle.retry_after(failure))
    if isinstance(failure, BodyTooSlow):  # nobody should wait for the rest
        headers["Connection"] = "close"
    if row.shape is Shape.IAM:
        body = {"error": {"code": row.status, "message": text, "title": IAM_TITLES[row.status]}}
        headers |= iam.trace()
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


async def _send(send: Send, reply: Reply, this: Course) -> None:
    # Spelled exactly so: one SDK of the vendor's looks it up with its case.
    headers = {"X-Request-Id": this.request_id}
    if reply.status != NO_CONTENT:
        headers["Content-Type"] = "application/json; charset=UTF-8"
        headers["Content-Length"] = str(len(reply.content))
    headers |= {**this.headers, **reply.headers}
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": lines})
    await send({"type": "http.response.body", "body": reply.content})
