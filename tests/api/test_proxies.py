"""Whose word on where a request comes from counts."""

from typing import Any

import pytest

from openfrs.api.proxies import Origin, networks, origin
from openfrs.setting_values import SettingInvalid
from openfrs.testing import make_service

TRUSTED = networks(["10.0.0.0/8", "::1"])


def scope(peer: str, *forwarded: str, proto: str = "") -> dict[str, Any]:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    if proto:
        headers.append((b"x-forwarded-proto", proto.encode()))
    return {"client": (peer, 1234), "scheme": "http", "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),  # anybody can claim that
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.7"], "198.51.100.7"),  # the client wrote the first
        ("10.0.0.1", ["1.1.1.1", "198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["<script>"], "10.0.0.1"),
        ("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("::1", ["198.51.100.7"], "198.51.100.7"),
        ("::ffff:10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_has(
    peer: str, forwarded: list[str], client: str
) -> None:
    assert origin(scope(peer, *forwarded), TRUSTED).client == client


def test_nobody_is_trusted_by_default() -> None:
    asked = scope("127.0.0.1", "198.51.100.7", proto="https")
    assert origin(asked, []) == Origin("127.0.0.1", "http")


def test_a_trusted_proxy_says_how_it_was_reached() -> None:
    assert origin(scope("10.0.0.1", proto="https"), TRUSTED).scheme == "https"
    assert origin(scope("10.0.0.1", proto="gopher"), TRUSTED).scheme == "http"
    assert origin(scope("192.0.2.1", proto="https"), TRUSTED).scheme == "http"


def test_a_proxy_that_is_no_address_is_refused(tmp_path: Any) -> None:
    with (
        pytest.raises(SettingInvalid, match="trusted_proxies"),
        make_service(tmp_path, trusted_proxies=["proxy.example"]),
    ):
        pass
