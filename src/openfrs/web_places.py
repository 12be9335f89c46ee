"""Places on the web, taken apart once and in one spelling, and the patterns that allow hosts."""

import functools
import re
from dataclasses import dataclass
from ipaddress import IPv6Address

import httpx2

from openfrs.domain.errors import UrlInvalid, UrlNotAllowed

DEFAULT_PORTS = {"http": 80, "https": 443}

_HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


@dataclass(frozen=True, slots=True)
class WebPlace:
    """An http address, taken apart once: what is checked here is what is connected to."""

    scheme: str
    host: str
    port: int
    target: bytes

    @classmethod
    def parse(cls, url: str) -> "WebPlace":
        """Raises UrlInvalid."""
        try:
            parts = httpx2.URL(url)
            scheme, port = parts.scheme, parts.port
            host = _canonical_host(parts)
        except (httpx2.InvalidURL, ValueError):
            raise UrlInvalid("that is no address of a picture") from None
        if scheme not in DEFAULT_PORTS:
            raise UrlInvalid("the address of a picture starts with https:// or http://")
        if parts.userinfo:
            raise UrlInvalid("the address of a picture holds no user name or password")
        port = DEFAULT_PORTS[scheme] if port is None else port
        if not 0 < port < 1 << 16:
            raise UrlInvalid("that is no port")
        return cls(scheme, host, port, parts.raw_path)

    @property
    def on_default_port(self) -> bool:
        return self.port == DEFAULT_PORTS[self.scheme]

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.on_default_port else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target.decode('ascii')}"

    def redirected(self, location: bytes) -> "WebPlace":
        """Where a redirect leads. Raises UrlNotAllowed where that is no place to go."""
        try:
            place = WebPlace.parse(str(httpx2.URL(self.url).join(location.decode())))
        except (UrlInvalid, httpx2.InvalidURL, ValueError):
            raise UrlNotAllowed(f"{self.host} redirects to something else than http") from None
        if place.scheme != self.scheme and self.scheme == "https":
            raise UrlNotAllowed(f"{self.host} redirects from https to http")
        return place


def _canonical_host(parts: httpx2.URL) -> str:
    """The one spelling of the host: lower case, IDNA, no final dot. Raises ValueError."""
    host = parts.raw_host.decode("ascii").removesuffix(".")
    if ":" in host:
        address = IPv6Address(host)
        if address.scope_id is not None:
            raise ValueError("a zone belongs to one machine")
        return str(address)
    if not _HOST_NAME.fullmatch(host):
        raise ValueError("not a host name")
    return host


@dataclass(frozen=True, slots=True)
class HostPattern:
    """An entry of the operator's lists of hosts."""

    host: str
    port: int | None
    below: bool

    @classmethod
    @functools.cache
    def parse(cls, entry: str) -> "HostPattern":
        """Raises ValueError."""
        rest = entry.removeprefix("*.")
        try:
            parts = httpx2.URL(f"host://{rest}")  # a scheme without a default port hides no port
            host = _canonical_host(parts)
        except (httpx2.InvalidURL, ValueError):
            raise ValueError(f"{entry}: not a host name, with or without a port") from None
        if parts.userinfo or parts.raw_path not in (b"", b"/") or parts.fragment:
            raise ValueError(f"{entry}: more than a host name and a port")
        return cls(host, parts.port, below=rest != entry)

    def names(self, host: str) -> bool:
        return host.endswith(f".{self.host}") if self.below else host == self.host

    def fits(self, place: WebPlace) -> bool:
        on_port = place.on_default_port if self.port is None else place.port == self.port
        return on_port and self.names(place.host)
