"""AK/SK signatures: SDK-HMAC-SHA256 and V11-HMAC-SHA256 (spec 12.3, 12.4). Pure: no I/O, no clock.

The clients do not quite agree on the canonical request. Where they differ every reading that a
client really uses is tried, at most eight; docs/reference/identity.md lists them.
"""

import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import product
from urllib.parse import quote, unquote_to_bytes

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from openfrs.auth.authorization import DERIVED, PLAIN, Authorization, parse_authorization
from openfrs.domain.errors import CredentialsMissing, SignatureWrong

WINDOW = timedelta(minutes=15)
REQUIRED_HEADERS = ("host", "x-sdk-date")
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"

_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII)
_DATE_FORMAT = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signature covers, as it came over the wire.

    Texts are the received bytes decoded as latin-1; ``raw_path`` and ``query_string`` are still
    percent-encoded. Header names match in any case.
    """

    method: str
    raw_path: str
    query_string: str
    headers: Sequence[tuple[str, str]] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        """The header of that lower-case name. Raises SignatureWrong where it comes twice."""
        found = [value for key, value in self.headers if key.lower() == name]
        if len(found) > 1:
            raise SignatureWrong(f"the header {name} appears more than once")
        return found[0].strip(" \t") if found else None


@dataclass(frozen=True, slots=True)
class Signature:
    """A request's signature, well-formed and timely, whose key has yet to be looked up."""

    authorization: Authorization
    date: str
    canonical_requests: tuple[bytes, ...] = field(repr=False)

    @property
    def access_key(self) -> str:
        return self.authorization.access_key

    def covers(self, header: str) -> bool:
        return header in self.authorization.signed_headers

    def fits(self, secret_key: str) -> bool:
        """True where that secret key signed the request; takes the same time either way."""
        key = _signing_key(self.authorization, secret_key)
        received = self.authorization.signature
        matches = [
            hmac.compare_digest(_signature(self.authorization, self.date, key, request), received)
            for request in self.canonical_requests
        ]
        return any(matches)


def read_signature(request: SignedRequest, now: datetime) -> Signature:
    """The signature of a request, with everything checked that needs no secret.

    Raises CredentialsMissing; SignatureWrong where it is malformed, more than 15 minutes off,
    leaves out a header that must be signed, or declares another body than the one received.
    """
    text = request.header("authorization")
    if not text:
        raise CredentialsMissing("neither X-Auth-Token nor Authorization was sent")
    authorization = parse_authorization(text)
    for name in REQUIRED_HEADERS:
        if name not in authorization.signed_headers:
            raise SignatureWrong(f"the header {name} must be signed")
    date = request.header("x-sdk-date") or ""
    _check_date(date, now)
    if authorization.derivation and authorization.day != date[:8]:
        raise SignatureWrong("the day of Credential is not that of X-Sdk-Date")
    return Signature(authorization, date, tuple(_canonical_requests(request, authorization)))


def sign(request: SignedRequest, access_key: str, secret_key: str, now: datetime) -> dict[str, str]:
    """The headers that sign a request of our own: ``X-Sdk-Date`` and ``Authorization``.

    All headers of ``request`` are covered, the host among them; those that a proxy or a client
    library may still change are better left out of it.
    """
    date = now.astimezone(UTC).strftime(_DATE_FORMAT)
    dated = replace(request, headers=[*request.headers, ("X-Sdk-Date", date)])
    names = tuple(sorted(name.lower() for name, _ in dated.headers))
    unsigned = Authorization(PLAIN, access_key, names, signature="")
    [canonical, *_] = _canonical_requests(dated, unsigned)
    signature = _signature(unsigned, date, secret_key.encode(), canonical)
    return {
        "X-Sdk-Date": date,
        "Authorization": f"{PLAIN} Access={access_key}, SignedHeaders={';'.join(names)}, "
        f"Signature={signature}",
    }


def _check_date(text: str, now: datetime) -> None:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        date = datetime.strptime(text, _DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise SignatureWrong("X-Sdk-Date is not of the form YYYYMMDDTHHMMSSZ") from None
    if abs(now - date) > WINDOW:
        raise SignatureWrong(
            f"X-Sdk-Date is {text}, more than 15 minutes from the server's clock "
            f"({now.astimezone(UTC).strftime(_DATE_FORMAT)})"
        )


def _canonical_requests(request: SignedRequest, authorization: Authorization) -> Iterator[bytes]:
    lines = []
    for name in authorization.signed_headers:
        value = request.header(name)
        if value is None:
            raise SignatureWrong(f"the signed header {name} is not in the request")
        lines.append(f"{name}:{value}\n")
    headers = "".join(lines)
    for path, query, payload in product(
        canonical_paths(request.raw_path),
        canonical_queries(request.query_string),
        _payload_hashes(request),
    ):
        yield "\n".join(
            (
                request.method.upper(),
                path,
                query,
                headers,
                ";".join(authorization.signed_headers),
                payload,
            )
        ).encode("latin-1")


def canonical_paths(raw_path: str) -> Sequence[str]:
    """The path as Python clients sign it (decoded, then encoded anew) and as Node.js does.

    The latter encodes the encoded path once more. Both end with a slash.
    """
    received = raw_path.encode("latin-1")
    forms = [quote(form, safe="/~") for form in (unquote_to_bytes(received), received)]
    return _distinct(form if form.endswith("/") else form + "/" for form in forms)


def canonical_queries(query_string: str) -> Sequence[str]:
    """The query with its parameters sorted by name and value, and in the order received.

    The Python SDK sorts a list of numbers as numbers, and sends the query as it signed it.
    """
    pairs = []
    for part in query_string.encode("latin-1").split(b"&"):
        if part:
            name, _, value = part.replace(b"+", b" ").partition(b"=")
            pairs.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    return _distinct(
        "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in ordered)
        for ordered in (sorted(pairs), pairs)
    )


def _payload_hashes(request: SignedRequest) -> Sequence[str]:
    """What may stand for the body in the canonical request.

    An empty body is signed by its hash whatever the header says, or by the header's value: the
    Python and the Node.js clients differ.
    """
    declared = request.header("x-sdk-content-sha256")
    if declared != UNSIGNED_PAYLOAD:
        received = sha256(request.body).hexdigest()
        if declared and not hmac.compare_digest(declared.lower().encode(), received.encode()):
            raise SignatureWrong("X-Sdk-Content-Sha256 is not the hash of the body")
        return _distinct((declared or received, received))
    kind = (request.header("content-type") or "").strip().lower()
    if not kind or kind.startswith(("application/json", "application/bson")):
        raise SignatureWrong("only a body that is not JSON may go unsigned")
    if request.body:
        return (UNSIGNED_PAYLOAD,)
    return (UNSIGNED_PAYLOAD, sha256(b"").hexdigest())


def _signing_key(authorization: Authorization, secret_key: str) -> bytes:
    if authorization.algorithm != DERIVED:
        return secret_key.encode()
    derived = HKDF(
        SHA256(),
        length=32,
        salt=authorization.access_key.encode(),
        info=authorization.derivation.encode(),
    ).derive(secret_key.encode())
    return derived.hex().encode()


def _signature(authorization: Authorization, date: str, key: bytes, request: bytes) -> str:
    lines = [authorization.algorithm, date, sha256(request).hexdigest()]
    if authorization.algorithm == DERIVED:
        lines.insert(2, authorization.derivation)
    return hmac.new(key, "\n".join(lines).encode(), sha256).hexdigest()


def _distinct(texts: Iterator[str] | Sequence[str]) -> Sequence[str]:
    return tuple(dict.fromkeys(texts))
