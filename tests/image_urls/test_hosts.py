"""Which picture addresses are allowed: the form, the host, and what the host resolves to."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.checked_network import Address, is_private, is_public
from openfrs.domain.errors import (
    ImageRefused,
    UrlInvalid,
    UrlNotAllowed,
)
from openfrs.image_urls import fetch
from tests.image_urls.hosting import (
    HOST,
    LOOPBACK,
    PICTURE,
    Server,
    everything_on_loopback,
    leads_to,
    never,
    policy,
)


@pytest.mark.parametrize("url", ["https://pictures.example/x.jpg", "/bucket/x.jpg", "nonsense", ""])
def test_nothing_is_fetched_until_the_operator_allows_something(url: str) -> None:
    with pytest.raises(UrlNotAllowed, match="switched off; the settings image_url_hosts, "):
        fetch(url, policy(), resolve=never)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "face.jpg",
        "file:///etc/passwd",
        "ftp://pictures.example/x",
        "gopher://pictures.example/x",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "http:",
        "http://",
        "http:///x.jpg",
        "http:\\\\pictures.example\\x",
        "http://user@pictures.example/x",
        "http://user:secret@pictures.example/x",
        "http://pictures.example@evil.example/x",
        "http://pictures.example:99999/x",
        "http://pictures.example:0/x",
        "http://pictures.example:port/x",
        "http://pictures.example/\x00",
        "http://pictures.example/\r\nHost: evil",
        "http://pictures example/",
        "http://pictures.example%00.evil/",
        "http://%31%32%37.0.0.1/",
        "http://[fe80::1%25eth0]/",
        "http://0177.0.0.1/",
        "http://[::1/",
        "http://[pictures.example]/",
        "http://pictures..example/",
        "http://pictures.example../",
        "http://" + "a" * 64 + ".example/",
        "http://" + "a." * 130 + "example/",
        "http://\ud800.example/",
        "http://pictures.example/" + "a" * 70_000,
        " http://pictures.example/",
    ],
)
def test_what_is_no_address_is_invalid(url: str) -> None:
    with pytest.raises(UrlInvalid):
        fetch(url, policy(HOST), resolve=never)


@given(st.text() | st.text("htps:/.@[]%\\#?0127a", max_size=30).map("http://".__add__))
def test_any_text_at_all_is_refused_as_an_address_of_a_picture(url: str) -> None:
    with pytest.raises(ImageRefused):
        fetch(url, policy(HOST), resolve=never)


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        (HOST, "http://evil.example/"),
        (HOST, "http://pictures.example.evil/"),
        (HOST, "http://a.pictures.example/"),
        (HOST, "http://evilpictures.example/"),
        (HOST, "http://pictures.example:8080/"),
        (HOST, "https://pictures.example:80/"),
        ("pictures.example:8080", "http://pictures.example/"),
        ("pictures.example:443", "http://pictures.example/"),
        ("*.example", "http://example/"),
        ("*.example", "http://evilexample/"),
        ("*.example:81", "http://pictures.example/"),
        (HOST, "http://127.0.0.1/"),
        (HOST, "http://2130706433/"),
        (HOST, "http://0x7f.1/"),
        (HOST, "http://0177.1/"),
        (HOST, "http://127.1/"),
        (HOST, "http://127\u30020\u30020\u30021/"),
        (HOST, "http://[::1]/"),
        (HOST, "http://[::ffff:127.0.0.1]/"),
        (HOST, "http://b.obs.north.myhuaweicloud.com/x"),
    ],
)
def test_a_host_that_is_not_listed_is_not_even_looked_up(entry: str, url: str) -> None:
    with pytest.raises(UrlNotAllowed, match="image_url_hosts"):
        fetch(url, policy(entry), resolve=never)


@pytest.mark.parametrize(
    ("entry", "host"),
    [
        ("pictures.example", "PICTURES.Example"),
        ("pictures.example", "pictures.example."),
        ("Pictures.EXAMPLE.", "pictures.example"),
        ("*.example", "pictures.example"),
        ("*.example", "a.b.example."),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "BÜCHER.example"),
    ],
)
def test_a_host_is_known_in_any_spelling(entry: str, host: str, server: Server) -> None:
    server.answers(PICTURE)
    allowed = policy(f"{entry}:{server.port}", private=[entry])
    url = f"http://{host}:{server.port}/"
    assert fetch(url, allowed, resolve=everything_on_loopback) == PICTURE
    [request] = server.requests
    spelled = host.lower().rstrip(".").encode("idna")
    assert b"Host: %s:%d\r\n" % (spelled, server.port) in request


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "*",
        "*.",
        "a.*.example",
        "https://pictures.example",
        "pictures.example/folder",
        "user@pictures.example",
        "pictures.example?x",
        "pictures.example#x",
        "pictures.example:http",
        "two words",
        "[fe80::1%25eth0]",
    ],
)
def test_an_entry_that_no_host_could_match_is_refused_at_the_start(entry: str) -> None:
    with pytest.raises(ValueError, match="host name"):
        policy(entry)
    with pytest.raises(ValueError, match="host name"):
        policy(private=[entry])


def test_a_private_host_is_named_without_a_port() -> None:
    with pytest.raises(ValueError, match="without a port"):
        policy(HOST, private=["pictures.example:8080"])


NOT_PUBLIC = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1"),
    *("192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "239.1.2.3", "240.0.0.1"),
    *("255.255.255.255", "192.0.2.1", "198.18.0.1", "203.0.113.9"),
    *("::", "::1", "fe80::1", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "ff0e::1"),
    *("::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
    *("64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1"),
    *("2002:808:808::1", "2001:db8::1", "100::1", "5f00::1", "4000::1"),
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_allowed_host_may_not_lead_to_an_address_that_is_not_public(address: str) -> None:
    with pytest.raises(UrlNotAllowed, match="not public"):
        fetch("http://pictures.example/", policy(HOST, private=[]), resolve=leads_to(address))


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "2606:2800:21f::1", "::ffff:93.184.215.14", "64:ff9b::93.184.215.14"],
)
def test_an_address_of_the_internet_is_public_by_whatever_way(address: str) -> None:
    assert is_public(ip_address(address))
    assert not is_private(ip_address(address))


@pytest.mark.parametrize("public", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_one_address_that_is_not_public_spoils_the_others(public: str) -> None:
    resolve = leads_to(public, "127.0.0.1")
    with pytest.raises(UrlNotAllowed, match="not public"):
        fetch("http://pictures.example/", policy(HOST, private=[]), resolve=resolve)


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "ff02::1", "64:ff9b:1::1"],
)
def test_a_private_host_may_still_not_lead_to_what_is_no_ones_address(address: str) -> None:
    with pytest.raises(UrlNotAllowed, match="not public"):
        fetch("http://pictures.example/", policy(HOST), resolve=leads_to(address))


def test_a_private_host_is_fetched_from(server: Server) -> None:
    server.answers(PICTURE)
    assert server.fetch() == PICTURE


def test_being_private_does_not_make_a_host_allowed(server: Server) -> None:
    with pytest.raises(UrlNotAllowed, match="image_url_hosts"):
        fetch(server.url(), policy("else.example", private=[HOST]), resolve=never)


@pytest.mark.parametrize("spelling", ["127.0.0.1", "2130706433", "0x7f000001", "0177.1"])
def test_an_allowed_spelling_of_loopback_still_needs_to_be_private(
    spelling: str, server: Server
) -> None:
    server.answers(PICTURE)
    place = f"{spelling}:{server.port}"
    with pytest.raises(UrlNotAllowed, match="not public"):
        fetch(f"http://{place}/", policy(place, private=[]))
    assert fetch(f"http://{place}/", policy(place, private=[spelling])) == PICTURE


def test_the_connection_goes_to_the_address_that_was_checked(server: Server) -> None:
    """A name server that changes its mind is asked once, and never by the socket."""
    server.answers(PICTURE)
    asked = []

    def changing(host: str, port: int) -> list[Address]:
        asked.append((host, port))
        return [LOOPBACK] if len(asked) == 1 else [ip_address("169.254.169.254")]

    # The system would not find this name at all.
    assert fetch(server.url(), policy(server.host), resolve=changing) == PICTURE
    assert asked == [(HOST, server.port)]


def test_the_next_address_is_tried_where_the_first_refuses(server: Server) -> None:
    server.answers(PICTURE)
    resolve = leads_to("127.0.0.2", "127.0.0.1")  # the server listens on the second only
    assert fetch(server.url(), policy(server.host), resolve=resolve) == PICTURE
