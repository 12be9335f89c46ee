"""From requests to principals, over a real credential store."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from openfrs.auth.authenticate import Authenticator
from openfrs.auth.sealing import Sealer
from openfrs.auth.signing import SignedRequest
from openfrs.auth.tokens import Tokens
from openfrs.domain.errors import (
    AccessKeyLocked,
    AccessKeyUnknown,
    CredentialsMissing,
    FRSError,
    SignatureWrong,
    TokenExpired,
    TokenUnreadable,
)
from openfrs.domain.identity import AccessKey, Principal, User
from openfrs.storage.credentials import SqliteCredentials
from openfrs.storage.database import Database
from openfrs.storage.lock_table import LockTable
from tests.auth.signer import ACCESS_KEY, NOW, SECRET_KEY, sign, with_header

KEY_FILE = bytes(range(32))
TEMPORARY = "AKTEMPORARY"
SECURITY_TOKEN = "made-up-security-token"


class Service:
    """An authenticator with an administrator, a user of one of two projects, and a clock."""

    def __init__(self, credentials: SqliteCredentials, locks: Path) -> None:
        self.moment = NOW
        self.credentials = credentials
        self.tokens = Tokens(KEY_FILE)
        self.sealer = Sealer(KEY_FILE)
        self.lockout = LockTable(locks, lambda: self.now().timestamp())
        self.authenticator = Authenticator(
            credentials,
            tokens=self.tokens,
            sealer=self.sealer,
            lockout=self.lockout,
            now=self.now,
        )
        self.project = credentials.add_project("local-1").project_id
        self.other_project = credentials.add_project("local-2").project_id
        self.admin = self.user("admin", administrator=True)
        self.alice = self.user("alice", administrator=False)
        self.key(ACCESS_KEY, self.alice)

    def now(self) -> datetime:
        return self.moment

    def user(self, name: str, *, administrator: bool) -> User:
        projects = () if administrator else (self.project,)
        return self.credentials.add_user(
            name, "hash", administrator=administrator, project_ids=projects
        )

    def key(self, name: str, user: User, token: str | None = None) -> None:
        sealed = self.sealer.seal(name, SECRET_KEY)
        key = AccessKey(name, user.user_id, sealed, NOW)
        if token:
            digest = sha256(token.encode()).hexdigest()
            expires = NOW + timedelta(hours=1)
            key = dataclasses.replace(key, security_token_hash=digest, expires=expires)
        self.credentials.add_access_key(key)

    def token(self, user: User, project_id: str | None) -> str:
        return self.tokens.issue(user.user_id, user.generation, project_id, self.moment)[0]

    def asks(self, request: SignedRequest, project_id: str | None = None) -> Principal:
        return self.authenticator.authenticate(request, project_id)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with closing(Database(tmp_path / "openfrs.db")) as database:
        service = Service(SqliteCredentials(database), tmp_path / "locks")
        with closing(service.lockout):
            yield service


def with_token(token: str) -> SignedRequest:
    return SignedRequest("GET", "/v2/p/face-sets", "", [("X-Auth-Token", token)], b"")


def wrongly_signed(access_key: str = ACCESS_KEY) -> SignedRequest:
    return sign(access_key=access_key, secret_key="guessed")


def test_a_signature_stands_for_the_user_of_its_key(service: Service) -> None:
    principal = service.asks(sign())
    assert principal.user_name == "alice"
    assert principal.may_use(service.project)
    assert not principal.may_use(service.other_project)


def test_an_administrator_may_use_every_project(service: Service) -> None:
    service.key("AKADMIN", service.admin)
    principal = service.asks(sign(access_key="AKADMIN"))
    assert principal.may_use(service.project)
    assert principal.may_use(service.other_project)


def test_a_derived_signature_is_as_good(service: Service) -> None:
    assert service.asks(sign(derived=True)).user_name == "alice"


def test_without_credentials_the_answer_says_so(service: Service) -> None:
    with pytest.raises(CredentialsMissing):
        service.asks(SignedRequest("GET", "/", "", [], b""))
    with pytest.raises(CredentialsMissing):
        service.asks(SignedRequest("GET", "/", "", [("x-auth-token", "")], b""))


def test_an_unknown_access_key_is_named(service: Service) -> None:
    with pytest.raises(AccessKeyUnknown) as failure:
        service.asks(sign(access_key="AKNOBODY"))
    assert failure.value.detail == "AKNOBODY"


def test_a_wrong_signature_is_refused(service: Service) -> None:
    with pytest.raises(SignatureWrong):
        service.asks(wrongly_signed())


def fail(service: Service, times: int, request: Callable[[], SignedRequest]) -> None:
    for _ in range(times):
        with pytest.raises(FRSError):
            service.asks(request())


def test_five_wrong_signatures_lock_the_key_for_five_minutes(service: Service) -> None:
    fail(service, 5, wrongly_signed)
    with pytest.raises(AccessKeyLocked):
        service.asks(sign())
    service.moment += timedelta(minutes=5)
    assert service.asks(sign()).user_name == "alice"


def test_a_right_signature_starts_the_count_again(service: Service) -> None:
    fail(service, 4, wrongly_signed)
    service.asks(sign())
    fail(service, 4, wrongly_signed)
    assert service.asks(sign()).user_name == "alice"


def test_a_wrong_clock_does_not_lock_the_key(service: Service) -> None:
    fail(service, 10, lambda: sign(date=NOW - timedelta(hours=1)))
    fail(service, 10, lambda: with_header(sign(), "Authorization", "SDK-HMAC-SHA256 nonsense"))
    assert service.asks(sign()).user_name == "alice"


def test_unknown_keys_are_not_remembered(service: Service) -> None:
    for _ in range(10):
        with pytest.raises(AccessKeyUnknown):
            service.asks(wrongly_signed("AKLATER"))
    service.key("AKLATER", service.alice)
    assert service.asks(sign(access_key="AKLATER")).user_name == "alice"


def test_a_revoked_key_is_unknown(service: Service) -> None:
    service.credentials.remove_access_key(ACCESS_KEY)
    with pytest.raises(AccessKeyUnknown):
        service.asks(sign())


def test_a_temporary_key_comes_with_its_own_token_signed(service: Service) -> None:
    service.key(TEMPORARY, service.alice, SECURITY_TOKEN)
    headers = {"X-Security-Token": SECURITY_TOKEN}
    principal = service.asks(sign(access_key=TEMPORARY, headers=headers))
    assert (principal.user_name, principal.limited) == ("alice", True)
    assert not service.asks(sign()).limited
    with pytest.raises(SignatureWrong, match="temporary"):
        service.asks(sign(access_key=TEMPORARY))
    unsigned = with_header(sign(access_key=TEMPORARY), "X-Security-Token", SECURITY_TOKEN)
    with pytest.raises(SignatureWrong, match="temporary"):
        service.asks(unsigned)
    with pytest.raises(SignatureWrong, match="does not belong"):
        service.asks(sign(access_key=TEMPORARY, headers={"X-Security-Token": "another"}))


def test_a_temporary_key_ends(service: Service) -> None:
    service.key(TEMPORARY, service.alice, SECURITY_TOKEN)
    service.moment += timedelta(hours=1)
    request = sign(
        access_key=TEMPORARY, headers={"X-Security-Token": SECURITY_TOKEN}, date=service.moment
    )
    with pytest.raises(TokenExpired):
        service.asks(request)


def test_a_lasting_key_has_no_security_token(service: Service) -> None:
    with pytest.raises(SignatureWrong, match="does not belong"):
        service.asks(sign(headers={"X-Security-Token": SECURITY_TOKEN}))


def test_a_project_token_is_good_for_that_project_alone(service: Service) -> None:
    principal = service.asks(with_token(service.token(service.admin, service.project)))
    assert principal.may_use(service.project)
    assert not principal.may_use(service.other_project)
    assert principal.limited
    assert not principal.administrator


def test_a_domain_token_is_good_for_every_project_of_its_user(service: Service) -> None:
    principal = service.asks(with_token(service.token(service.alice, None)))
    assert principal.may_use(service.project)
    assert not principal.may_use(service.other_project)
    assert service.asks(with_token(service.token(service.admin, None))).project_ids is None


def test_a_token_never_gives_more_than_its_user_may(service: Service) -> None:
    principal = service.asks(with_token(service.token(service.alice, service.other_project)))
    assert principal.project_ids == frozenset()


def test_a_token_survives_a_restart(service: Service) -> None:
    token = service.token(service.alice, service.project)
    restarted = Authenticator(
        service.credentials,
        tokens=Tokens(KEY_FILE),
        sealer=Sealer(KEY_FILE),
        lockout=service.lockout,
        now=service.now,
    )
    assert restarted.authenticate(with_token(token)).user_name == "alice"


def test_a_token_ends_after_a_day(service: Service) -> None:
    token = service.token(service.alice, service.project)
    service.moment += timedelta(hours=24)
    with pytest.raises(TokenExpired):
        service.asks(with_token(token))


def test_a_new_password_ends_the_tokens_of_before(service: Service) -> None:
    token = service.token(service.alice, service.project)
    service.credentials.set_password(service.alice.user_id, "new hash")
    with pytest.raises(TokenUnreadable):
        service.asks(with_token(token))


def test_removing_a_user_ends_its_tokens_and_keys(service: Service) -> None:
    token = service.token(service.alice, service.project)
    service.credentials.remove_user(service.alice.user_id)
    with pytest.raises(TokenUnreadable):
        service.authenticator.read_token(token)
    with pytest.raises(AccessKeyUnknown):
        service.asks(sign())


def test_either_of_token_and_signature_is_enough(service: Service) -> None:
    token = service.token(service.admin, None)
    good_token = with_header(wrongly_signed(), "X-Auth-Token", token)
    assert service.asks(good_token).user_name == "admin"
    good_signature = with_header(sign(), "X-Auth-Token", "nonsense")
    assert service.asks(good_signature).user_name == "alice"
    with pytest.raises(TokenUnreadable):
        service.asks(with_header(wrongly_signed(), "X-Auth-Token", "nonsense"))


def test_of_token_and_signature_the_one_for_the_project_counts(service: Service) -> None:
    token = service.token(service.admin, service.other_project)
    both = with_header(sign(), "X-Auth-Token", token)
    assert service.asks(both, service.project).user_name == "alice"
    assert service.asks(both, service.other_project).user_name == "admin"
    assert not service.asks(both, "unknown").may_use("unknown")
