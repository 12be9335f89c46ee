"""The bytes behind an ``image_url``, where the operator allows them to be fetched (spec 4.1).

Three forms are known: ``/<bucket>/<object>`` and
``https://<bucket>.obs.<region>.myhuaweicloud.com/<object>`` for buckets mapped to local
directories, and http or https addresses of allowed hosts. Nothing is allowed from the start: the
parameter makes the server send requests on a client's behalf.
"""

import functools
import os
import re
import ssl
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

import httpcore2
import httpx2

from openfrs.checked_network import (
    Address,
    CheckedNetwork,
    Resolve,
    is_private,
    is_public,
    system_addresses,
)
from openfrs.domain.errors import (
    UrlNotAllowed,
    UrlObjectMissing,
    UrlSizeRefused,
    UrlUnauthorized,
)
from openfrs.web_places import HostPattern, WebPlace

REDIRECTS = (301, 302, 303, 307, 308)

_OBS_HOST = re.compile(r"(?P<bucket>[a-z0-9.-]+)\.obs\.[a-z0-9-]+\.myhuaweicloud\.com")


@dataclass(frozen=True, slots=True)
class UrlPolicy:
    """What the operator allows.

    ``hosts`` are names as ``pictures.example.org``, ``*.example.org`` (any name below, not that
    name itself) or ``nas.example.org:8080``; without a port, the scheme's default one is meant.
    ``buckets`` maps bucket names to local directories. ``private_hosts`` names, in the same way
    but without ports, those allowed hosts that may resolve to loopback, link-local or private
    addresses. ``timeout`` is in seconds and covers the whole fetch.

    Raises ValueError for an entry that no host could match.
    """

    hosts: frozenset[str]
    buckets: Mapping[str, Path]
    private_hosts: frozenset[str]
    max_bytes: int
    timeout: float
    max_redirects: int = 3

    def __post_init__(self) -> None:
        for entry in self.hosts:
            HostPattern.parse(entry)
        for entry in self.private_hosts:
            if HostPattern.parse(entry).port is not None:
                raise ValueError(f"{entry}: a private host is named without a port")

    def allows(self, place: WebPlace) -> bool:
        return any(HostPattern.parse(entry).fits(place) for entry in self.hosts)

    def allows_address(self, host: str, address: Address) -> bool:
        if is_public(address):
            return True
        patterns = map(HostPattern.parse, self.private_hosts)
        return is_private(address) and any(pattern.names(host) for pattern in patterns)


def fetch(
    url: str,
    policy: UrlPolicy,
    *,
    resolve: Resolve = system_addresses,
    tls: ssl.SSLContext | None = None,
) -> bytes:
    """The bytes of the picture's file, at least one and at most ``policy.max_bytes``.

    ``tls`` says which certificates are trusted; None trusts what httpx2 does. Raises UrlInvalid,
    UrlNotAllowed, UrlSizeRefused, UrlObjectMissing, UrlUnauthorized.
    """
    if not policy.hosts and not policy.buckets:
        raise UrlNotAllowed(
            "image_url is switched off; the settings image_url_hosts and image_url_buckets turn it "
            "on"
        )
    if url.startswith("/"):
        bucket, _, key = url[1:].partition("/")
        if bucket not in policy.buckets:
            raise UrlNotAllowed("that bucket is not mapped by the setting image_url_buckets")
        return _read_object(policy.buckets[bucket], key, policy.max_bytes)
    place = WebPlace.parse(url)
    obs = _OBS_HOST.fullmatch(place.host)
    if obs and obs["bucket"] in policy.buckets and place.on_default_port:
        key = place.target.partition(b"?")[0].decode("ascii").removeprefix("/")
        return _read_object(policy.buckets[obs["bucket"]], unquote(key), policy.max_bytes)
    return _download(place, policy, resolve, tls or _default_tls())


@functools.cache
def _default_tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


def _download(place: WebPlace, policy: UrlPolicy, resolve: Resolve, tls: ssl.SSLContext) -> bytes:
    deadline = time.monotonic() + policy.timeout
    network = CheckedNetwork(resolve, policy.allows_address, deadline)
    with httpcore2.ConnectionPool(ssl_context=tls, network_backend=network) as pool:
        for _ in range(policy.max_redirects + 1):
            if not policy.allows(place):
                raise UrlNotAllowed(
                    f"{place.authority} is not allowed by the setting image_url_hosts"
                )
            answer = _get(pool, place, policy.max_bytes)
            if isinstance(answer, bytes):
                return answer
            place = answer
    raise UrlNotAllowed(f"more than {policy.max_redirects} redirects")


def _get(pool: httpcore2.ConnectionPool, place: WebPlace, max_bytes: int) -> bytes | WebPlace:
    """The body that the host answers with, just as it came, or where it redirects to."""
    url = httpcore2.URL(
        scheme=place.scheme.encode(),
        host=place.host.encode(),
        port=place.port,
        target=place.target,
    )
    headers: dict[bytes | str, bytes | str] = {
        "Host": place.authority,
        "User-Agent": "openfrs",
        "Accept": "image/jpeg, image/png, image/bmp, */*;q=0.1",
        "Accept-Encoding": "identity",  # and a body in another one is never unpacked
        "Connection": "close",
    }
    try:
        with pool.stream("GET", url, headers=headers) as response:
            return _answer(response, place, max_bytes)
    except httpcore2.TimeoutException:
        raise UrlObjectMissing(f"{place.host} did not answer in time") from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError):
        raise UrlObjectMissing(f"{place.host} cannot be reached or breaks off") from None


def _answer(response: httpcore2.Response, place: WebPlace, max_bytes: int) -> bytes | WebPlace:
    headers = {name.lower(): value for name, value in response.headers}
    if response.status in REDIRECTS and b"location" in headers:
        return place.redirected(headers[b"location"])
    if response.status in (401, 403):
        raise UrlUnauthorized(f"{place.host} refuses access")
    if response.status != 200:
        raise UrlObjectMissing(f"{place.host} answers with status {response.status}")
    _check_size(int(headers.get(b"content-length", b"1")), max_bytes)
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        _check_size(len(body), max_bytes)
    _check_size(len(body), max_bytes)
    return bytes(body)


def _check_size(size: int, max_bytes: int) -> None:
    if not 0 < size <= max_bytes:
        raise UrlSizeRefused(f"the picture's file has 1 to {max_bytes} bytes")


def _read_object(root: Path, key: str, max_bytes: int) -> bytes:
    """The object of that key in a bucket that is a local directory."""
    parts = key.split("/")
    if "\0" in key or any(part in ("", ".", "..") for part in parts):
        raise UrlNotAllowed("the path of an object has no empty or dotted parts")
    try:
        with _opened(root, parts) as file:
            _check_size(os.fstat(file.fileno()).st_size, max_bytes)
            data = file.read(max_bytes + 1)
    except PermissionError:
        raise UrlUnauthorized("the object may not be read") from None
    except (OSError, ValueError, RuntimeError):  # no file, an unspeakable name, a loop of links
        raise UrlObjectMissing("the bucket has no such object") from None
    _check_size(len(data), max_bytes)
    return data


def _opened(root: Path, parts: list[str]) -> BinaryIO:
    """The regular file at that path below ``root``, open for reading.

    Links may lead about inside the bucket only. What they resolved to is then walked without
    following links, so that a link put there in between is refused as well.
    """
    root = root.resolve(strict=True)
    target = root.joinpath(*parts).resolve(strict=True)
    if not target.is_relative_to(root):
        raise UrlNotAllowed("the path leads out of the bucket")
    *folders, name = target.relative_to(root).parts
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folders:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        # Opening a pipe would wait for a writer, were it not for O_NONBLOCK.
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FileNotFoundError(name)
    return os.fdopen(file, "rb")
