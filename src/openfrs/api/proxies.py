"""Where a request comes from, when a proxy stands in between.

Anybody can write ``X-Forwarded-For``. It counts as far as it was written by proxies that the
operator trusts, and no further.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.types import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Origin:
    """The client's address and how it reached the first trusted proxy: ``http`` or ``https``."""

    client: str
    scheme: str


def networks(texts: Sequence[str]) -> Sequence[Network]:
    """The networks of those addresses, each with or without a mask. Raises ValueError."""
    return [ipaddress.ip_network(text) for text in texts]


def origin(scope: Scope, trusted: Sequence[Network]) -> Origin:
    """Where the request comes from, as far as that can be relied on."""
    peer = scope["client"][0] if scope.get("client") else ""
    if not trusted or not _within(peer, trusted):
        return Origin(peer, scope["scheme"])
    hops = [hop.strip() for hop in _values(scope, b"x-forwarded-for")]
    client = peer
    while hops and _within(client, trusted):
        hop = hops.pop()
        if _address(hop) is None:  # nothing before it can be relied on
            break
        client = hop
    schemes = _values(scope, b"x-forwarded-proto")
    last = schemes[-1].strip().lower() if schemes else ""
    return Origin(client, last if last in ("http", "https") else scope["scheme"])


def _values(scope: Scope, wanted: bytes) -> list[str]:
    """The values of a header, of all its lines in their order."""
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]
    return ",".join(lines).split(",") if lines else []


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found


def _within(text: str, trusted: Sequence[Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in trusted)
