"""How long the steps of a request take: told to whoever listens, next to free where nobody does.

What is timed says ``with stage(Step.DETECT):``. Whoever wants to know opens ``listening()`` around
it, in the same context: threads that anyio starts are in the context of the task that waits for
them. Steps do not contain each other, so their sum is no more than the whole.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Final, NamedTuple


class Step:
    """What a request spends its time on; MEANINGS says it in words.

    Plain texts: to take a member of an enum costs as much as the rest of ``stage``.
    """

    READ_BODY: Final = "read_body"
    QUEUE: Final = "queue"
    AUTHENTICATE: Final = "authenticate"
    FETCH: Final = "fetch"
    DECODE: Final = "decode"
    DETECT: Final = "detect"
    TEMPLATE: Final = "template"
    ATTRIBUTES: Final = "attributes"
    LIVENESS: Final = "liveness"
    TRACK: Final = "track"
    CATCH_UP: Final = "catch_up"
    FILTER: Final = "filter"
    SCAN: Final = "scan"
    STORE_WRITE: Final = "store_write"
    ANSWER: Final = "answer"


MEANINGS = {
    Step.READ_BODY: "receiving the body from the client",
    Step.QUEUE: "waiting for one of the limited places to work in",
    Step.AUTHENTICATE: "checking token or signature, and whose project it is",
    Step.FETCH: "fetching a picture or video from an `image_url`",
    Step.DECODE: "turning a picture's file into pixels",
    Step.DETECT: "finding the faces of a picture",
    Step.TEMPLATE: "computing templates",
    Step.ATTRIBUTES: "measuring attributes and quality",
    Step.LIVENESS: "the passive check of one picture",
    Step.TRACK: "decoding a video and following the face through it",
    Step.CATCH_UP: "bringing a face set in memory up to date, loading it if need be",
    Step.FILTER: "evaluating a filter",
    Step.SCAN: "comparing the probe with the faces that pass the filter",
    Step.STORE_WRITE: "waiting until a write is durable",
    Step.ANSWER: "writing the answer as JSON",
}


class Timing(NamedTuple):
    """One step that was taken: when it began, by ``time.perf_counter``, and how long it took."""

    step: str
    started: float
    seconds: float


_heard: ContextVar[list[Timing] | None] = ContextVar("openfrs_stages", default=None)


class _Stage:
    __slots__ = ("_heard", "_started", "_step")

    def __init__(self, heard: list[Timing], step: str) -> None:
        self._heard = heard
        self._step = step

    def __enter__(self) -> None:
        self._started = perf_counter()

    def __exit__(self, *_: object) -> None:
        self._heard.append(Timing(self._step, self._started, perf_counter() - self._started))


class _Unheard:
    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


_UNHEARD = _Unheard()


def stage(step: str) -> AbstractContextManager[None]:
    """What times its block, whether or not that raises."""
    heard = _heard.get()
    return _UNHEARD if heard is None else _Stage(heard, step)


def since(step: str, started: float) -> None:
    """Tells of a step that began at ``started`` and ends now."""
    heard = _heard.get()
    if heard is not None:
        heard.append(Timing(step, started, perf_counter() - started))


@contextmanager
def listening() -> Iterator[list[Timing]]:
    """The steps taken in this context until the block ends, in the order in which they end."""
    heard: list[Timing] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)
