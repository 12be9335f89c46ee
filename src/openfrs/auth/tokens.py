"""Tokens for ``X-Auth-Token``: self-contained, authenticated, good across restarts (spec 12.1)."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from openfrs.auth.sealing import derive
from openfrs.domain.errors import TokenExpired, TokenUnreadable

LIFETIME = timedelta(hours=24)
MAX_LENGTH = 4096


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. ``project_id`` is None for a token that is scoped to the domain."""

    user_id: str
    generation: int
    project_id: str | None
    issued: datetime
    expires: datetime


class Tokens:
    """Issues and reads tokens. ``key`` is the content of the key file.

    A token is the claims in URL-safe base64, a full stop, and an HMAC-SHA256 of what stands
    before it. It is authenticated, not secret: it holds ids and times and nothing else.
    """

    def __init__(self, key: bytes, lifetime: timedelta = LIFETIME) -> None:
        self._key = derive(key, "tokens 1")
        self._lifetime = lifetime

    def issue(
        self, user_id: str, generation: int, project_id: str | None, now: datetime
    ) -> tuple[str, Claims]:
        """A new token and what it says; times are whole seconds."""
        issued = now.astimezone(UTC).replace(microsecond=0)
        claims = Claims(user_id, generation, project_id, issued, issued + self._lifetime)
        fields = [
            claims.user_id,
            claims.generation,
            claims.project_id,
            int(claims.issued.timestamp()),
            int(claims.expires.timestamp()),
        ]
        text = json.dumps(fields, separators=(",", ":")).encode()
        said = urlsafe_b64encode(text).rstrip(b"=").decode()
        return f"{said}.{self._seal(said)}", claims

    def read(self, token: str, now: datetime) -> Claims:
        """What the token says. Raises TokenUnreadable, TokenExpired."""
        said, _, seal = token.partition(".")
        if (
            len(token) > MAX_LENGTH
            or not token.isascii()
            or not hmac.compare_digest(seal, self._seal(said))
        ):
            raise TokenUnreadable("the token was not issued by this installation")
        user_id, generation, project_id, issued, expires = json.loads(
            urlsafe_b64decode(said + "=" * (-len(said) % 4))
        )
        claims = Claims(
            user_id,
            generation,
            project_id,
            datetime.fromtimestamp(issued, UTC),
            datetime.fromtimestamp(expires, UTC),
        )
        if now >= claims.expires:
            raise TokenExpired(f"it expired at {claims.expires.strftime('%Y-%m-%dT%H:%M:%SZ')}")
        return claims

    def _seal(self, said: str) -> str:
        mac = hmac.new(self._key, said.encode(), sha256).digest()
        return urlsafe_b64encode(mac).rstrip(b"=").decode()
