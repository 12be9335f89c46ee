"""HTTP clients on loopback that cost little: so many connections, one request at a time each."""

import asyncio
import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path

from openfrs.bench.rows import LoadRow, load_row


class RequestRefused(Exception):
    """The server answered something other than 200."""


class _Client(asyncio.Protocol):
    """One connection that asks until ``next_request`` has no more, then sets ``gone``."""

    def __init__(self, next_request: Callable[[], bytes | None], waits: list[float]) -> None:
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._next_request = next_request
        self._waits = waits
        self._received = b""
        self._asked = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._refused(head.split(b"\r\n")[0].decode("latin-1"))
            return
        self._waits.append(time.perf_counter() - self._asked)
        self._received = b""
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if not self.gone.done():
            self._refused("the connection was closed")

    def _ask(self) -> None:
        assert self._transport is not None
        request = self._next_request()
        if request is None:
            self.gone.set_result(None)
            self._transport.close()
            return
        self._asked = time.perf_counter()
        self._transport.write(request)

    def _refused(self, why: str) -> None:
        assert self._transport is not None
        self.gone.set_exception(RequestRefused(why))
        self._transport.close()


def load(
    name: str,
    port: int,
    make_request: Callable[[int], bytes],
    *,
    server: int,
    callers: int,
    most: int,
    seconds: float,
) -> LoadRow:
    """So many connections to the server on that port, each waiting for its answers.

    ``server`` is the process id whose CPU is counted. Raises RequestRefused.
    """
    waits: list[float] = []
    numbers = itertools.count()
    cpu, started = _cpu_of(server), time.perf_counter()

    def next_request() -> bytes | None:
        number = next(numbers)
        over = number >= most or time.perf_counter() > started + seconds
        return None if over else make_request(number)

    asyncio.run(_clients(port, next_request, waits, callers))
    wall, after = time.perf_counter() - started, _cpu_of(server)
    used = None if cpu is None or after is None else after - cpu
    return load_row(name, callers, waits, wall=wall, cpu=used, commits=None)


async def _clients(
    port: int, next_request: Callable[[], bytes | None], waits: list[float], callers: int
) -> None:
    loop = asyncio.get_running_loop()
    clients = [
        (await loop.create_connection(lambda: _Client(next_request, waits), "127.0.0.1", port))[1]
        for _ in range(callers)
    ]
    await asyncio.gather(*(client.gone for client in clients))


def request(method: str, path: str, *, headers: str = "", body: bytes = b"") -> bytes:
    """A request's bytes; ``headers`` are whole lines, each ended by CR LF."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {len(body)}"
    return head.encode("latin-1") + b"\r\n\r\n" + body


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise RequestRefused("an answer without a length")


def _cpu_of(process: int) -> float | None:
    """CPU seconds of a process so far; None where the system does not tell."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
