"""The bytes behind an ``image_url``, where the operator allows them to be fetched (spec 4.1).

Addresses of two kinds are known. Those of objects in buckets that the operator named, whether a
directory or a bucket elsewhere stands behind the name::

    /<bucket>/<object>
    https://<bucket>.obs.<region>.myhuaweicloud.com/<object>
    https://obs.<region>.myhuaweicloud.com/<bucket>/<object>

and the last two with the host of the operator's own S3 server. And http or https addresses of
allowed hosts. Nothing is allowed from the start: the parameter makes the server send requests on a
client's behalf.
"""

import functools
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
from openfrs.domain.objects import (
    ObjectKeyInvalid,
    ObjectNotFound,
    ObjectRefused,
    ObjectStoreUnavailable,
    ObjectTooLarge,
)
from openfrs.domain.ports import ObjectStore
from openfrs.web_places import HostPattern, WebPlace

REDIRECTS = (301, 302, 303, 307, 308)

_OBS_HOST = re.compile(r"((?P<bucket>[a-z0-9.-]+)\.)?obs\.[a-z0-9-]+\.myhuaweicloud\.com")


@dataclass(frozen=True, slots=True)
class UrlPolicy:
    """What the operator allows.

    ``hosts`` are names as ``pictures.example.org``, ``*.example.org`` (any name below, not that
    name itself) or ``nas.example.org:8080``; without a port, the scheme's default one is meant.
    ``buckets`` are those that pictures may be read from, by their names; ``bucket_endpoint`` is the
    server that some of them are on. ``private_hosts`` names, in the same way but without ports,
    those allowed hosts that may resolve to loopback, link-local or private addresses. ``timeout``
    is in seconds and covers the whole fetch from a host.

    Raises ValueError for an entry that no host could match.
    """

    hosts: frozenset[str]
    buckets: Mapping[str, ObjectStore]
    private_hosts: frozenset[str]
    max_bytes: int
    timeout: float
    max_redirects: int = 3
    bucket_endpoint: WebPlace | None = None

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
            "image_url is switched off; the settings image_url_hosts, image_url_buckets and "
            "image_url_s3_buckets turn it on"
        )
    if url.startswith("/"):
        bucket, _, key = url[1:].partition("/")
        if bucket not in policy.buckets:
            raise UrlNotAllowed(
                "that bucket is not named by image_url_buckets or image_url_s3_buckets"
            )
        return _read_object(policy.buckets[bucket], key, policy.max_bytes)
    place = WebPlace.parse(url)
    for bucket, key in _object_names(place, policy.bucket_endpoint):
        if bucket in policy.buckets:
            return _read_object(policy.buckets[bucket], key, policy.max_bytes)
    return _download(place, policy, resolve, tls or _default_tls())


def _object_names(place: WebPlace, endpoint: WebPlace | None) -> Iterator[tuple[str, str]]:
    """Bucket and key that the address may stand for, with the bucket in the host or in the path."""
    path = unquote(place.target.partition(b"?")[0].decode("ascii").removeprefix("/"))
    on_path = path.partition("/")[::2]
    obs = _OBS_HOST.fullmatch(place.host)
    if obs and place.on_default_port:
        yield (obs["bucket"], path) if obs["bucket"] else on_path
    if endpoint and (place.scheme, place.port) == (endpoint.scheme, endpoint.port):
        if place.host == endpoint.host:
            yield on_path
        elif place.host.endswith(f".{endpoint.host}"):
            yield place.host.removesuffix(f".{endpoint.host}"), path


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
        raise _size_refused(max_bytes)


def _size_refused(max_bytes: int) -> UrlSizeRefused:
    return UrlSizeRefused(f"the picture's file has 1 to {max_bytes} bytes")


def _read_object(bucket: ObjectStore, key: str, max_bytes: int) -> bytes:
    """The object of that key in a bucket that the operator named."""
    try:
        data = bucket.get(key, max_bytes)
    except ObjectKeyInvalid as error:
        raise UrlNotAllowed(str(error)) from None
    except ObjectTooLarge:
        raise _size_refused(max_bytes) from None
    except ObjectRefused:
        raise UrlUnauthorized("the object may not be read") from None
    except ObjectNotFound:
        raise UrlObjectMissing("the bucket has no such object") from None
    except ObjectStoreUnavailable:
        raise UrlObjectMissing("the bucket cannot be reached") from None
    _check_size(len(data), max_bytes)
    return data
