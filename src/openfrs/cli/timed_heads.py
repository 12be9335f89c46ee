"""HTTP connections on which the head of a request must come within a time.

uvicorn bounds the size of a head, and how long a connection may say nothing after an answer. A
client that sends its head a byte at a time, or nothing at all, would keep a connection for ever.
"""

import asyncio
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 30.0


class TimedHeads(H11Protocol):
    """uvicorn's own protocol, which ends connections whose head does not come in time."""

    head_seconds: ClassVar[float] = HEAD_SECONDS

    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
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
