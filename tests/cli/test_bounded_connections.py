"""Connections end where the head of a request does not come, and no others do."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from openfrs.cli.bounded_connections import BoundedConnection, BoundedServer
from openfrs.cli.serve import listening_socket, server_config

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"


class Impatient(BoundedConnection):
    head_seconds = 0.3
    most = 2


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(await request.body())


@pytest.fixture
def port() -> Iterator[int]:
    """That of a server that waits a moment for heads."""
    config = server_config(Starlette(routes=[Route("/", echo, methods=["POST"])]))
    config.http = Impatient
    server = BoundedServer(config)
    with listening_socket("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        yield client


def answer(client: socket.socket) -> bytes:
    """What comes until the connection ends or an answer is whole."""
    received = b""
    while not received.endswith(b"body") and (more := client.recv(1000)):
        received += more
    return received


@pytest.mark.parametrize("sent", [b"", b"POST / HTTP/1.1\r\nHost: x\r\nX: "])
def test_a_head_that_does_not_come_ends_the_connection(port: int, sent: bytes) -> None:
    with connected(port) as client:
        client.sendall(sent)
        assert answer(client) == b""


def test_each_head_of_a_connection_has_its_time(port: int) -> None:
    with connected(port) as client:
        client.sendall(HEAD + b"body")
        assert answer(client).startswith(b"HTTP/1.1 200")
        client.sendall(HEAD[:20])
        assert answer(client) == b""


def test_connections_past_the_most_end_at_once_and_others_go_on(port: int) -> None:
    with connected(port) as first, connected(port) as second:
        for client in (first, second):
            client.sendall(HEAD)
        with connected(port) as third:
            assert answer(third) == b""
        for client in (first, second):
            client.sendall(b"body")
            assert answer(client).startswith(b"HTTP/1.1 200")


def test_a_body_may_take_longer_than_a_head(port: int) -> None:
    with connected(port) as client:
        client.sendall(HEAD)
        time.sleep(2 * Impatient.head_seconds)
        client.sendall(b"body")
        assert answer(client).startswith(b"HTTP/1.1 200")
