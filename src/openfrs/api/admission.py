"""How many requests are let in: so many at work, so many that wait, the next refused at once.

A request that waits holds a place in a queue, its body and nothing else. One whose client has gone
gives its place up.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
from starlette.types import Receive

from openfrs.api.body import ClientGone
from openfrs.api.held_bytes import HeldBytes
from openfrs.api.operation import Operation
from openfrs.domain.errors import ServerBusy

WATCHING_SLOTS = 2
WATCHING_QUEUE = 32


class Lane:
    """At most ``slots`` requests at work and ``queue`` that wait for them, the first one first."""

    def __init__(self, slots: int, queue: int) -> None:
        self._limiter = anyio.CapacityLimiter(slots)
        self._queue = queue
        self._waiting = 0

    @property
    def slots(self) -> int:
        return int(self._limiter.total_tokens)

    @property
    def working(self) -> int:
        return int(self._limiter.borrowed_tokens)

    @property
    def waiting(self) -> int:
        return self._waiting

    def check(self) -> None:
        """Raises ServerBusy where a request that came now would find no place."""
        if self._waiting >= self._queue and self.working >= self.slots:
            raise ServerBusy

    @asynccontextmanager
    async def slot(self, receive: Receive) -> AsyncIterator[None]:
        """Its body is the work. Raises ServerBusy; ClientGone where the client did not wait.

        ``receive`` must have given the whole body before.
        """
        holder = object()
        try:
            self._limiter.acquire_on_behalf_of_nowait(holder)
        except anyio.WouldBlock:
            await self._wait(holder, receive)
        try:
            yield
        finally:
            self._limiter.release_on_behalf_of(holder)

    async def _wait(self, holder: object, receive: Receive) -> None:
        """Returns with a slot. Raises ServerBusy, ClientGone, and holds none then."""
        self.check()
        gone = granted = False

        async def watch() -> None:
            nonlocal gone
            while (await receive())["type"] != "http.disconnect":
                pass
            gone = True
            both.cancel_scope.cancel()

        self._waiting += 1
        try:
            async with anyio.create_task_group() as both:
                both.start_soon(watch)
                await self._limiter.acquire_on_behalf_of(holder)
                granted = True
                both.cancel_scope.cancel()
        finally:
            self._waiting -= 1
        if gone:
            if granted:
                self._limiter.release_on_behalf_of(holder)
            raise ClientGone


@dataclass(frozen=True, slots=True)
class Admission:
    """What lets requests in. ``body_timeout`` is in seconds.

    The gateway's own operations have a lane to themselves: whoever watches the service must get an
    answer when it has most to do.
    """

    pictures: Lane
    others: Lane
    watching: Lane
    bodies: HeldBytes
    body_timeout: float

    def lane(self, operation: Operation) -> Lane:
        """Where the work of an operation is done."""
        if operation.family == "gateway":
            return self.watching
        return self.pictures if operation.pictures else self.others


def admission(
    *,
    picture_slots: int,
    picture_queue: int,
    request_threads: int,
    request_queue: int,
    body_bytes_held: int,
    body_timeout: float,
) -> Admission:
    """The lanes of one process."""
    return Admission(
        pictures=Lane(picture_slots, picture_queue),
        others=Lane(request_threads, request_queue),
        watching=Lane(WATCHING_SLOTS, WATCHING_QUEUE),
        bodies=HeldBytes(body_bytes_held),
        body_timeout=body_timeout,
    )
