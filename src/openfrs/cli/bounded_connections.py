"""HTTP connections: no more than the process has room for, and each must send a head in time.

uvicorn bounds the size of a head, and how long a connection may say nothing after an answer. A
client that sends its head a byte at a time, or nothing at all, would keep a connection for ever;
and where a process has as many files open as it may, asyncio writes thousands of lines a second.
"""

import asyncio
import resource
import socket
from typing import ClassVar

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 30.0
QUEUE = 2048  # connections that wait in the kernel
AT_ONCE = 64  # that asyncio takes out of it before it looks at any
OTHER_FILES = 192


def room_for_connections() -> int:
    """How many connections leave room for the other files of a process."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 1 << 30
    return max(soft - max(OTHER_FILES, soft // 4), soft // 4, 1)


class BoundedConnection(H11Protocol):
    """uvicorn's own protocol; connections past the most, or without a head in time, end."""

    head_seconds: ClassVar[float] = HEAD_SECONDS
    most: ClassVar[int] = room_for_connections()

    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.close()
            return
        self._time_the_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._time_the_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _time_the_head(self) -> None:
        """Starts the time with a connection or a head's first byte, stops it with its last."""
        if self.conn.their_state is not h11.IDLE:
            self._stop()
        elif self._end is None:
            self._end = self.loop.call_later(self.head_seconds, self._end_connection)

    def _stop(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None

    def _end_connection(self) -> None:
        self._end = None
        if self.conn.their_state is h11.IDLE:
            self.transport.close()


class BoundedServer(uvicorn.Server):
    """uvicorn's own server, for a configuration whose ``backlog`` is AT_ONCE.

    asyncio takes that number for two things: how many connections may wait, and how many it takes
    at once, each of which is an open file before anybody can close it.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        for listener in sockets or ():
            listener.listen(QUEUE)
