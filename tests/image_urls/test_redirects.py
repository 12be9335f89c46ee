"""Redirects: followed within what is allowed, and never beyond."""

from ipaddress import ip_address
from pathlib import Path

import pytest

from openfrs.checked_network import Address
from openfrs.domain.errors import (
    UrlNotAllowed,
    UrlObjectMissing,
)
from openfrs.image_urls import fetch
from tests.image_urls.hosting import (
    HOST,
    LOOPBACK,
    PICTURE,
    Server,
    everything_on_loopback,
    policy,
    response,
    serving,
    tls_pair,
)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_same_host_is_followed(status: int, server: Server) -> None:
    server.redirects("/there", status=b"%d Moved" % status)
    server.says(response(PICTURE), path="/there")
    assert server.fetch() == PICTURE


def test_a_redirect_to_another_allowed_host_is_followed(server: Server, other: Server) -> None:
    server.redirects(f"http://else.example:{other.port}/there")
    other.says(response(PICTURE), path="/there")
    allowed = policy(server.host, f"else.example:{other.port}", private=["*.example"])
    assert fetch(server.url(), allowed, resolve=everything_on_loopback) == PICTURE


@pytest.mark.parametrize(
    "location",
    [
        "http://else.example:{port}/",
        "http://127.0.0.1:{port}/",
        "http://[::1]:{port}/",
        "//else.example:{port}/",
        "http://2130706433:{port}/",
        "http://pictures.example/",  # the default port was not allowed
        "file:///etc/passwd",
        "ftp://pictures.example:{port}/",
        "http://user:secret@pictures.example:{port}/",
        "http://",
        "http://[::1",
        "http://\u00e9 \u00e9:{port}/",
        "http://pictures.example:99999/",
        "http://b.obs.north.myhuaweicloud.com/a/face.jpg",
    ],
)
def test_a_redirect_to_elsewhere_is_refused(
    location: str, server: Server, other: Server, bucket: Path
) -> None:
    server.redirects(location.format(port=other.port))
    allowed = policy(server.host, private=["*.example", "127.0.0.1"], buckets={"b": bucket})
    with pytest.raises(UrlNotAllowed):
        fetch(server.url(), allowed, resolve=everything_on_loopback)
    assert other.requests == []


def test_a_redirect_may_not_lead_a_public_host_inside(server: Server, other: Server) -> None:
    server.redirects(f"http://public.example:{other.port}/")
    allowed = policy(server.host, f"public.example:{other.port}")
    with pytest.raises(UrlNotAllowed, match=r"public\.example leads to an address that is not"):
        fetch(server.url(), allowed, resolve=everything_on_loopback)
    assert other.requests == []


def test_each_redirect_is_looked_up_anew(server: Server) -> None:
    server.redirects(server.url("/there"))
    server.says(response(PICTURE), path="/there")
    asked = []

    def turning(host: str, port: int) -> list[Address]:
        asked.append(host)
        return [LOOPBACK] if len(asked) == 1 else [ip_address("0.0.0.0")]

    with pytest.raises(UrlNotAllowed, match="not public"):
        fetch(server.url(), policy(server.host), resolve=turning)
    assert asked == [HOST, HOST]


def test_redirects_are_counted(server: Server) -> None:
    for step in range(3):
        server.redirects(f"/{step + 1}", path=f"/{step}")
    server.says(response(PICTURE), path="/3")
    assert server.fetch("/0", max_redirects=3) == PICTURE
    with pytest.raises(UrlNotAllowed, match="more than 2 redirects"):
        server.fetch("/0", max_redirects=2)


def test_redirects_in_a_ring_end(server: Server) -> None:
    server.redirects("/")
    with pytest.raises(UrlNotAllowed, match="more than 3 redirects"):
        server.fetch()
    assert len(server.requests) == 4


def test_a_redirect_without_a_location_leads_nowhere(server: Server) -> None:
    server.answers(b"", status=b"302 Found")
    with pytest.raises(UrlObjectMissing, match="status 302"):
        server.fetch()


def test_nothing_of_one_answer_is_carried_to_the_next_request(server: Server) -> None:
    moved = response(b"", b"Location: /there", b"Set-Cookie: a=b; Path=/", status=b"302 Found")
    server.says(moved)
    server.says(response(PICTURE), path="/there")
    server.fetch()
    for request in server.requests:
        lowered = request.lower()
        assert b"cookie" not in lowered
        assert b"authorization" not in lowered
        assert b"referer" not in lowered


def test_proxies_of_the_environment_are_not_used(
    server: Server, other: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{other.port}")
    server.answers(PICTURE)
    assert server.fetch() == PICTURE
    assert other.requests == []


def test_https_is_verified_for_the_name_and_not_for_the_address(tmp_path: Path) -> None:
    own, trusting = tls_pair(tmp_path, HOST)
    with serving(own) as server:
        server.answers(PICTURE)
        allowed = policy(server.host)
        url = server.url().replace("http:", "https:")
        assert fetch(url, allowed, resolve=everything_on_loopback, tls=trusting) == PICTURE
        with pytest.raises(UrlObjectMissing):  # nobody vouches for the certificate
            fetch(url, allowed, resolve=everything_on_loopback)


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    own, trusting = tls_pair(tmp_path, "else.example")
    with serving(own) as server:
        url = server.url().replace("http:", "https:")
        with pytest.raises(UrlObjectMissing):
            fetch(url, policy(server.host), resolve=everything_on_loopback, tls=trusting)
    assert server.requests == []


def test_a_redirect_from_https_to_http_is_refused(tmp_path: Path, other: Server) -> None:
    own, trusting = tls_pair(tmp_path, HOST)
    with serving(own) as server:
        server.redirects(other.url())
        url = server.url().replace("http:", "https:")
        allowed = policy(server.host, other.host)
        with pytest.raises(UrlNotAllowed, match="from https to http"):
            fetch(url, allowed, resolve=everything_on_loopback, tls=trusting)
    assert other.requests == []
