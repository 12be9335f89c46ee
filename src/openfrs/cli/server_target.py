"""A target on a server: how a command signs in, and finds its project."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx2
import typer

from openfrs.auth.signing import SignedRequest, sign
from openfrs.cli.failures import NoConnection, NotSignedIn
from openfrs.cli.target import PATIENCE, Target, request


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is there already."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Password:
    """A user's password, for which the server gives a token."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An access key; a temporary one has a security token."""

    access_key: str
    secret_key: str = field(repr=False)
    security_token: str = field(default="", repr=False)


SignIn = Token | Password | KeyPair

PROBE_SECONDS = 2.0


def answers(url: str) -> bool:
    """Whether an OpenFRS is there and well."""
    try:
        return httpx2.get(f"{url}/healthz", timeout=PROBE_SECONDS).is_success
    except (httpx2.TransportError, httpx2.InvalidURL):
        return False


@contextmanager
def server_target(
    url: str, sign_in: SignIn, project: str | None, project_id: str | None
) -> Iterator[Target]:
    """The service at ``url``. ``project`` is a name or an id; without one it is ``project_id``.

    Raises CommandFailed; typer.BadParameter for a project that is not the caller's, or none where
    there are several.
    """
    try:
        client = httpx2.Client(base_url=url, timeout=PATIENCE)
    except httpx2.InvalidURL as error:
        raise typer.BadParameter(f"{url!r}: {error}", param_hint="--server") from None
    with client:
        client.auth = _auth(client, sign_in)
        yield Target(client, find_project(client, project, project_id))


def find_project(client: httpx2.Client, wanted: str | None, default: str | None) -> str:
    """The id of the project of that name or id; the default or the only one where none is wanted.

    Raises CommandFailed, typer.BadParameter.
    """
    if wanted is None and default is not None:
        return default
    rows = request(client, "GET", "/v3/projects").body.get("projects")
    if not isinstance(rows, list):
        raise NoConnection(f"what answers at {client.base_url} is no OpenFRS")
    names = {str(row["id"]): str(row["name"]) for row in rows}
    fitting = [key for key, name in names.items() if wanted in (None, key, name)]
    if len(fitting) == 1:
        return fitting[0]
    known = ", ".join(names.values()) or "none"
    said = f"there is no project {wanted}" if wanted else "which one is not said"
    raise typer.BadParameter(f"{said}; yours: {known}", param_hint="--project")


def _auth(client: httpx2.Client, sign_in: SignIn) -> httpx2.Auth:
    match sign_in:
        case Token(text):
            return _WithToken(text)
        case Password(user, password):
            return _WithToken(_token(client, user, password))
        case KeyPair():
            return _Signed(sign_in)


def _token(client: httpx2.Client, user: str, password: str) -> str:
    identity = {
        "methods": ["password"],
        "password": {"user": {"name": user, "password": password}},
    }
    reply = request(client, "POST", "/v3/auth/tokens", json={"auth": {"identity": identity}})
    return reply.headers.get("X-Subject-Token", "")


class _WithToken(httpx2.Auth):
    def __init__(self, token: str) -> None:
        if not token.isascii() or not token.isprintable():
            raise NotSignedIn("the token is none: it holds characters that no token has")
        self._token = token

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers["X-Auth-Token"] = self._token
        yield request


class _Signed(httpx2.Auth):
    """Signs the host and the body of each request; the secret key stays here."""

    requires_request_body = True

    def __init__(self, key: KeyPair) -> None:
        self._key = key

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        key = self._key
        if key.security_token:
            request.headers["X-Security-Token"] = key.security_token
        covered = [
            (name, request.headers[name])
            for name in ("Host", "X-Security-Token")
            if name in request.headers
        ]
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        signed = SignedRequest(request.method, path, query, covered, request.content)
        request.headers.update(sign(signed, key.access_key, key.secret_key, datetime.now(UTC)))
        yield request
