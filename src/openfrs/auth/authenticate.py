"""Who is calling: from the facts of a request to a principal (spec 9.2, 12)."""

import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from openfrs.auth.sealing import Sealer
from openfrs.auth.signing import Signature, SignedRequest, read_signature
from openfrs.auth.tokens import Claims, Tokens
from openfrs.domain.errors import (
    AccessKeyLocked,
    AccessKeyUnknown,
    CredentialsMissing,
    NotAuthenticated,
    SignatureWrong,
    TokenExpired,
    TokenUnreadable,
)
from openfrs.domain.identity import AccessKey, Principal, User
from openfrs.domain.ports import CredentialStore, Lockout


class Authenticator:
    """Turns a token or a signature into a principal. Safe to use from many threads."""

    def __init__(
        self,
        credentials: CredentialStore,
        *,
        tokens: Tokens,
        sealer: Sealer,
        lockout: Lockout,
        now: Callable[[], datetime],
    ) -> None:
        self._credentials = credentials
        self._tokens = tokens
        self._sealer = sealer
        self._lockout = lockout
        self._now = now

    def authenticate(self, request: SignedRequest, project_id: str | None = None) -> Principal:
        """Who signed the request or holds its token.

        Where both come, either is enough (spec 12.5), and the one that may use ``project_id``
        wins. Whether the principal may use the project is for the caller to check.

        Raises CredentialsMissing, or a leaf of NotAuthenticated: the token's where both fail.
        """
        ways: list[Callable[[SignedRequest], Principal]] = []
        if request.header("x-auth-token"):
            ways.append(self._by_token)
        if request.header("authorization"):
            ways.append(self._by_signature)
        failures: list[NotAuthenticated] = []
        stranger: Principal | None = None
        for way in ways:
            try:
                principal = way(request)
            except NotAuthenticated as failure:
                failures.append(failure)
                continue
            if project_id is None or principal.may_use(project_id):
                return principal
            stranger = stranger or principal
        if stranger is not None:
            return stranger
        if failures:
            raise failures[0]
        raise CredentialsMissing("neither X-Auth-Token nor Authorization was sent")

    def read_token(self, token: str) -> Claims:
        """What a token says, if its user is still there with the same password.

        Raises TokenUnreadable, TokenExpired.
        """
        claims, _ = self._read(token)
        return claims

    def _read(self, token: str) -> tuple[Claims, User]:
        claims = self._tokens.read(token, self._now())
        user = self._credentials.user(user_id=claims.user_id)
        if user is None or user.generation != claims.generation:
            raise TokenUnreadable("its user is gone or has a new password")
        return claims, user

    def _by_token(self, request: SignedRequest) -> Principal:
        claims, user = self._read(request.header("x-auth-token") or "")
        principal = _principal(user)
        if claims.project_id is None:
            return principal
        scope = {claims.project_id} if principal.may_use(claims.project_id) else set()
        return Principal(user.user_id, user.name, frozenset(scope), limited=True)

    def _by_signature(self, request: SignedRequest) -> Principal:
        signature = read_signature(request, self._now())
        name = signature.access_key
        counted = f"access key {name}"
        key = self._credentials.access_key(name)
        if key is None:
            raise AccessKeyUnknown(name)
        fits = signature.fits(self._sealer.open(name, key.sealed_secret))
        # Asked last, as others may be tried at the same time.
        if self._lockout.locked(counted) if fits else not self._lockout.failed(counted):
            raise AccessKeyLocked("five wrong signatures, try again in five minutes")
        if not fits:
            raise SignatureWrong("the signature does not fit the request and the secret key")
        self._lockout.succeeded(counted)
        self._check_temporary(request, signature, key)
        user = self._credentials.user(user_id=key.user_id)
        if user is None:  # removed since the key was read
            raise AccessKeyUnknown(name)
        return replace(_principal(user), access_key=name, limited=key.expires is not None)

    def _check_temporary(
        self, request: SignedRequest, signature: Signature, key: AccessKey
    ) -> None:
        """A temporary key comes with its own token, signed; a lasting one without."""
        token = request.header("x-security-token")
        if key.security_token_hash is None:
            if token:
                raise SignatureWrong("X-Security-Token does not belong to this access key")
            return
        if not token or not signature.covers("x-security-token"):
            raise SignatureWrong(
                "the access key is temporary: X-Security-Token must be sent and signed"
            )
        received = sha256(token.encode("latin-1")).hexdigest()
        if not hmac.compare_digest(received, key.security_token_hash):
            raise SignatureWrong("X-Security-Token does not belong to this access key")
        if key.expires is not None and self._now() >= key.expires:
            raise TokenExpired("the temporary access key has expired")


def _principal(user: User) -> Principal:
    return Principal(user.user_id, user.name, None if user.administrator else user.project_ids)
