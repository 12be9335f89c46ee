"""Connections that go to checked addresses only and end by a deadline.

A name is resolved once, every address it has is checked, and the connection goes to one of those
very addresses: a second answer of the name server (DNS rebinding) has nothing to decide.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import httpcore2

from openfrs.domain.errors import UrlNotAllowed

Address = IPv4Address | IPv6Address

Resolve = Callable[[str, int], Sequence[Address]]
"""Every address of a host name, for a port. Raises OSError where there is none."""

_PRIVATE = [
    ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
        *("127.0.0.0/8", "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10"),
    )
]
_GLOBAL_UNICAST = ip_network("2000::/3")
_TUNNELS = [ip_network("2002::/16"), ip_network("2001::/32")]  # 6to4, Teredo
_NAT64 = ip_network("64:ff9b::/96")


def system_addresses(host: str, port: int) -> list[Address]:
    """The addresses that the operating system knows for a host name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(address) for *_, (address, *_) in found]


def is_public(address: Address) -> bool:
    """Whether the address belongs to the public internet, wherever a translator leads it."""
    address = _carried(address)
    if isinstance(address, IPv6Address):
        tunnelled = any(address in tunnel for tunnel in _TUNNELS)
        return address in _GLOBAL_UNICAST and address.is_global and not tunnelled
    return address.is_global and not address.is_multicast


def is_private(address: Address) -> bool:
    """Whether the address is a loopback, link-local, carrier-grade NAT or private one."""
    carried = _carried(address)
    return any(carried in network for network in _PRIVATE)


def _carried(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it stands for one."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


class CheckedNetwork(httpcore2.NetworkBackend):
    """Where httpcore2 gets its connections from.

    ``allows`` decides on a host name and one of its addresses; one refused address refuses the
    host. ``deadline`` is a reading of ``time.monotonic``, after which every read and write times
    out, however lively the other end. The resolver alone keeps its own time.
    """

    def __init__(
        self, resolve: Resolve, allows: Callable[[str, Address], bool], deadline: float
    ) -> None:
        self._resolve = resolve
        self._allows = allows
        self._deadline = deadline
        self._tcp = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  # the deadline rules
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to a checked address of the host. Raises UrlNotAllowed."""
        addresses = self._checked_addresses(host, port)
        failure: Exception = httpcore2.ConnectError(f"{host} has no address")
        for tried, address in enumerate(addresses):
            share = _seconds_left(self._deadline) / (len(addresses) - tried)
            try:
                stream = self._tcp.connect_tcp(
                    str(address), port, share, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _DeadlineStream(stream, self._deadline)
        raise failure

    def _checked_addresses(self, host: str, port: int) -> Sequence[Address]:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:  # a name that IDNA cannot spell has no address
            raise httpcore2.ConnectError(f"{host} has no address") from error
        if not all(self._allows(host, address) for address in addresses):
            raise UrlNotAllowed(f"{host} leads to an address that is not public")
        return addresses


class _DeadlineStream(httpcore2.NetworkStream):
    """A stream whose every operation ends by the deadline, so that slow drips do not add up."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, _seconds_left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, _seconds_left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        left = _seconds_left(self._deadline)
        stream = self._stream.start_tls(ssl_context, server_hostname, left)
        return _DeadlineStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _seconds_left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the deadline has passed")
    return left
