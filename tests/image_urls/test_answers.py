"""What a host may answer: size, time, status."""

import gzip
import socket
import threading
from itertools import repeat

import pytest

from openfrs.checked_network import Address
from openfrs.domain.errors import (
    ImageRefused,
    UrlObjectMissing,
    UrlSizeRefused,
    UrlUnauthorized,
)
from openfrs.image_urls import fetch
from tests.image_urls.hosting import (
    HOST,
    MAX_BYTES,
    PICTURE,
    Server,
    everything_on_loopback,
    leads_to,
    policy,
    response,
)


def test_a_body_of_exactly_the_limit_is_taken(server: Server) -> None:
    server.answers(b"x" * MAX_BYTES)
    assert server.fetch() == b"x" * MAX_BYTES


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 10**18])
def test_a_body_announced_too_large_is_not_read(size: int, server: Server) -> None:
    server.says(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    with pytest.raises(UrlSizeRefused, match="1 to 1000 bytes"):
        server.fetch()


@pytest.mark.parametrize("framing", [b"", b"Transfer-Encoding: chunked\r\n"])
def test_a_body_without_end_is_broken_off(framing: bytes, server: Server) -> None:
    def script(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n")
        for part in repeat(b"10\r\n0123456789abcdef\r\n"):
            connection.sendall(part)  # until the client has gone

    server.scripts[b"/"] = script
    with pytest.raises(UrlSizeRefused):
        server.fetch()


def test_an_empty_body_is_refused(server: Server) -> None:
    server.answers(b"")
    with pytest.raises(UrlSizeRefused):
        server.fetch()
    server.says(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    with pytest.raises(UrlSizeRefused):
        server.fetch()


def test_a_body_shorter_than_announced_is_not_taken(server: Server) -> None:
    server.says(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", PICTURE)
    with pytest.raises(UrlObjectMissing, match="breaks off"):
        server.fetch()


def test_a_body_longer_than_announced_ends_where_announced(server: Server) -> None:
    server.says(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b"x" * 100_000)
    assert server.fetch() == b"xxxxx"


def test_a_packed_body_is_never_unpacked(server: Server) -> None:
    bomb = gzip.compress(b"\0" * 500_000)
    assert len(bomb) < MAX_BYTES
    server.answers(bomb, b"Content-Encoding: gzip")
    assert server.fetch() == bomb
    [request] = server.requests
    assert b"Accept-Encoding: identity" in request


def test_headers_without_end_are_broken_off(server: Server) -> None:
    def script(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for part in repeat(b"X: " + b"y" * 1000 + b"\r\n"):
            connection.sendall(part)

    server.scripts[b"/"] = script
    with pytest.raises(UrlObjectMissing):
        server.fetch()


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_host_that_drips_is_given_up(before: bytes, server: Server) -> None:
    """Each byte comes well within the timeout; all of them together do not."""
    given_up = threading.Event()

    def script(connection: socket.socket) -> None:
        connection.sendall(before)
        for _ in range(200):
            if given_up.wait(0.02):
                return
            connection.sendall(b"H")

    server.scripts[b"/"] = script
    with pytest.raises(UrlObjectMissing, match="in time"):
        server.fetch(timeout=0.3)
    given_up.set()


def test_a_host_that_says_nothing_is_given_up(server: Server) -> None:
    given_up = threading.Event()

    def script(connection: socket.socket) -> None:
        given_up.wait(20)

    server.scripts[b"/"] = script
    with pytest.raises(UrlObjectMissing, match="in time"):
        server.fetch(timeout=0.2)
    given_up.set()


def test_redirects_share_one_deadline(server: Server) -> None:
    def script(connection: socket.socket) -> None:
        threading.Event().wait(0.1)
        connection.sendall(response(b"", b"Location: /", status=b"302 Found"))

    server.scripts[b"/"] = script
    with pytest.raises(UrlObjectMissing, match="in time"):
        server.fetch(timeout=0.35, max_redirects=100)


@pytest.mark.parametrize(
    ("status", "fact"),
    [
        (401, UrlUnauthorized),
        (403, UrlUnauthorized),
        (204, UrlObjectMissing),
        (206, UrlObjectMissing),
        (300, UrlObjectMissing),
        (304, UrlObjectMissing),
        (404, UrlObjectMissing),
        (410, UrlObjectMissing),
        (407, UrlObjectMissing),
        (500, UrlObjectMissing),
        (503, UrlObjectMissing),
    ],
)
def test_an_answer_other_than_200_is_no_picture(
    status: int, fact: type[ImageRefused], server: Server
) -> None:
    server.answers(b"", status=b"%d Whatever" % status)
    with pytest.raises(fact):
        server.fetch()


@pytest.mark.parametrize(
    "nonsense", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 OK\r\n\r\n", b"\0" * 99]
)
def test_what_does_not_speak_http_has_no_picture(nonsense: bytes, server: Server) -> None:
    server.says(nonsense)
    with pytest.raises(UrlObjectMissing):
        server.fetch()


def test_a_host_that_nobody_serves_has_no_picture() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(UrlObjectMissing, match=r"pictures\.example cannot be reached"):
        fetch(f"http://{HOST}:{port}/", policy(f"{HOST}:{port}"), resolve=everything_on_loopback)


@pytest.mark.parametrize("failure", [socket.gaierror(-2, "not known"), UnicodeError("too long")])
def test_a_name_without_an_address_has_no_picture(failure: Exception) -> None:
    def resolve(host: str, port: int) -> list[Address]:
        raise failure

    with pytest.raises(UrlObjectMissing):
        fetch("http://pictures.example/", policy(HOST), resolve=resolve)
    with pytest.raises(UrlObjectMissing):
        fetch("http://pictures.example/", policy(HOST), resolve=leads_to())


def test_path_and_query_arrive_as_they_were_written(server: Server) -> None:
    server.says(response(PICTURE), path="/a%20b/%C3%A9.jpg?size=1&x=%2F")
    assert server.fetch("/a b/é.jpg?size=1&x=%2F#part") == PICTURE
