"""The first start, and signing in, over a real credential store and cheap stand-ins for argon2."""

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from openfrs.auth.authenticate import Authenticator
from openfrs.auth.sealing import Sealer
from openfrs.auth.tokens import Tokens
from openfrs.domain.errors import (
    AccountLocked,
    PasswordWrong,
    ProjectMismatch,
    TokenExpired,
    TokenUnreadable,
)
from openfrs.domain.identity import Principal
from openfrs.operations.identity import Established, Reference, SignIn, establish, projects_of
from openfrs.storage.credentials import SqliteCredentials
from openfrs.storage.database import Database
from openfrs.storage.lock_table import LockTable

KEY_FILE = bytes(range(32))
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ALICE = Reference(name="alice")


def cheap_hash(password: str) -> str:
    return f"hash of {password}"


class Service:
    """An installation after its first start, with one user more, and a clock."""

    def __init__(self, credentials: SqliteCredentials, locks: Path) -> None:
        self.moment = START
        self.hashes_tried: list[str | None] = []
        self.kept: list[Established] = []
        self.credentials = credentials
        self.sealer = Sealer(KEY_FILE)
        established = self.establish()
        assert established is not None
        self.established = established
        self.other_project = credentials.add_project("local-2").project_id
        self.alice = credentials.add_user(
            "alice",
            cheap_hash("alice's password"),
            administrator=False,
            project_ids=[self.other_project],
        )
        tokens = Tokens(KEY_FILE)
        self.lockout = LockTable(locks, lambda: self.now().timestamp())
        self.authenticator = Authenticator(
            credentials, tokens=tokens, sealer=self.sealer, lockout=self.lockout, now=self.now
        )
        self.sign_in = SignIn(
            credentials,
            issue_token=tokens.issue,
            read_token=self.authenticator.read_token,
            password_fits=self.password_fits,
            lockout=self.lockout,
            now=self.now,
        )

    def establish(self) -> Established | None:
        return establish(
            self.credentials,
            hash_password=cheap_hash,
            seal=self.sealer.seal,
            now=self.moment,
            keep=self.kept.append,
        )

    def now(self) -> datetime:
        return self.moment

    def password_fits(self, password_hash: str | None, password: str) -> bool:
        self.hashes_tried.append(password_hash)
        return password_hash == cheap_hash(password)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with closing(Database(tmp_path / "openfrs.db")) as database:
        service = Service(SqliteCredentials(database), tmp_path / "locks")
        with closing(service.lockout):
            yield service


def test_the_first_start_makes_a_project_an_administrator_and_a_key(service: Service) -> None:
    made = service.established
    assert (made.domain, made.user) == ("openfrs", "admin")
    project = service.credentials.project(name="local-1")
    assert project is not None
    assert made.project_id == project.project_id
    admin = service.credentials.user(name="admin")
    assert admin is not None
    assert admin.administrator
    assert admin.password_hash == cheap_hash(made.password)
    key = service.credentials.access_key(made.access_key)
    assert key is not None
    assert key.user_id == admin.user_id
    assert service.sealer.open(made.access_key, key.sealed_secret) == made.secret_key
    assert made.secret_key.encode() not in key.sealed_secret


def test_the_secrets_are_kept_before_they_are_good(service: Service) -> None:
    assert service.kept == [service.established]


def test_a_first_start_that_cannot_keep_its_secrets_makes_nothing(tmp_path: Path) -> None:
    def full(_: Established) -> None:
        raise OSError("no space left")

    with closing(Database(tmp_path / "full.db")) as database:
        credentials = SqliteCredentials(database)
        seal = Sealer(bytes(32)).seal
        with pytest.raises(OSError, match="no space"):
            establish(
                credentials,
                hash_password=cheap_hash,
                seal=seal,
                now=datetime(2026, 1, 2, tzinfo=UTC),
                keep=full,
            )
        assert credentials.users() == []


def test_later_starts_make_nothing_and_tell_no_secret(service: Service) -> None:
    before = service.credentials.users(), service.credentials.access_keys()
    assert service.establish() is None
    assert (service.credentials.users(), service.credentials.access_keys()) == before


def test_the_first_start_makes_other_secrets_each_time(tmp_path: Path, service: Service) -> None:
    with closing(Database(tmp_path / "other.db")) as database:
        service_beside = Service(SqliteCredentials(database), tmp_path / "other locks")
        service_beside.lockout.close()
        other = service_beside.established
    made = service.established
    assert made.password != other.password
    assert made.access_key != other.access_key
    assert made.secret_key != other.secret_key
    assert made.project_id != other.project_id


@pytest.mark.parametrize("by_id", ["user", "project", "domain", ""])
def test_signing_in_to_a_project_takes_ids_and_names(service: Service, by_id: str) -> None:
    home = service.credentials.domain()
    token, session = service.sign_in.sign_in(
        Reference(id=service.alice.user_id) if by_id == "user" else ALICE,
        "alice's password",
        user_domain=Reference(id=home.domain_id)
        if by_id == "domain"
        else Reference(name="openfrs"),
        project=Reference(id=service.other_project)
        if by_id == "project"
        else Reference(name="local-2"),
        domain=Reference(name="ignored, as the project wins"),
    )
    assert session.user == service.alice
    assert session.project is not None
    assert session.project.project_id == service.other_project
    assert session.domain == home
    assert session.expires - session.issued == timedelta(hours=24)
    assert service.sign_in.show_token(token) == session


@pytest.mark.parametrize("domain", [None, Reference(name="openfrs")])
def test_without_a_project_the_token_is_for_the_domain(
    service: Service, domain: Reference | None
) -> None:
    token, session = service.sign_in.sign_in(ALICE, "alice's password", domain=domain)
    assert session.project is None
    assert service.authenticator.read_token(token).project_id is None


@pytest.mark.parametrize("name", ["local-1", "unknown"])
def test_a_scope_that_is_not_the_users_is_refused(service: Service, name: str) -> None:
    with pytest.raises(ProjectMismatch):
        service.sign_in.sign_in(ALICE, "alice's password", project=Reference(name=name))
    with pytest.raises(ProjectMismatch):
        service.sign_in.sign_in(ALICE, "alice's password", domain=Reference(name=name))


def test_an_administrator_may_scope_to_every_project(service: Service) -> None:
    _, session = service.sign_in.sign_in(
        Reference(name="admin"), service.established.password, project=Reference(name="local-2")
    )
    assert session.project is not None


def test_a_wrong_password_user_or_domain_look_alike(service: Service) -> None:
    elsewhere = Reference(name="elsewhere")
    for user, password, domain in (
        (ALICE, "wrong", None),
        (Reference(name="nobody"), "alice's password", None),
        (Reference(name="\ud800"), "alice's password", None),
        (ALICE, "alice's password", elsewhere),
    ):
        with pytest.raises(PasswordWrong) as failure:
            service.sign_in.sign_in(user, password, user_domain=domain)
        assert failure.value.detail == ""
    # Every attempt has cost a hash, with or without a user to compare with.
    assert service.hashes_tried == [service.alice.password_hash, None, None, None]


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_five_wrong_passwords_lock_the_name_whether_it_exists_or_not(
    service: Service, name: str
) -> None:
    for _ in range(5):
        with pytest.raises(PasswordWrong):
            service.sign_in.sign_in(Reference(name=name), "wrong")
    with pytest.raises(AccountLocked):
        service.sign_in.sign_in(Reference(name=name), "alice's password")
    service.moment += timedelta(minutes=5)
    if name == "alice":
        service.sign_in.sign_in(ALICE, "alice's password")


def test_names_that_do_not_exist_are_locked_one_by_one(service: Service) -> None:
    for number in range(6):
        with pytest.raises(PasswordWrong):
            service.sign_in.sign_in(Reference(name=f"nobody-{number}"), "wrong")


def test_the_lock_counts_a_user_by_id_and_by_name_together(service: Service) -> None:
    for number in range(5):
        user = ALICE if number % 2 else Reference(id=service.alice.user_id)
        with pytest.raises(PasswordWrong):
            service.sign_in.sign_in(user, "wrong")
    with pytest.raises(AccountLocked):
        service.sign_in.sign_in(ALICE, "alice's password")


def test_a_right_password_beside_five_wrong_ones_at_the_same_time_is_refused(
    service: Service,
) -> None:
    def while_others_fail(password_hash: str | None, password: str) -> bool:
        for _ in range(5):
            with pytest.raises(PasswordWrong):
                service.sign_in.sign_in(ALICE, "wrong")
        return service.password_fits(password_hash, password)

    slow = dataclasses.replace(service.sign_in, password_fits=while_others_fail)
    with pytest.raises(AccountLocked):
        slow.sign_in(ALICE, "alice's password")


def test_a_right_password_starts_the_count_again(service: Service) -> None:
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(PasswordWrong):
                service.sign_in.sign_in(ALICE, "wrong")
        service.sign_in.sign_in(ALICE, "alice's password")


def test_an_overlong_password_is_wrong_and_costs_no_more(service: Service) -> None:
    with pytest.raises(PasswordWrong):
        service.sign_in.sign_in(ALICE, "x" * 10_000_000)


def test_a_token_shows_nothing_once_its_project_or_user_is_gone(service: Service) -> None:
    project = Reference(name="local-2")
    token, _ = service.sign_in.sign_in(ALICE, "alice's password", project=project)
    domain_token, _ = service.sign_in.sign_in(ALICE, "alice's password")
    service.credentials.remove_project(service.other_project)
    with pytest.raises(TokenUnreadable):
        service.sign_in.show_token(token)
    assert service.sign_in.show_token(domain_token).project is None
    service.credentials.remove_user(service.alice.user_id)
    with pytest.raises(TokenUnreadable):
        service.sign_in.show_token(domain_token)


def test_an_expired_token_shows_nothing(service: Service) -> None:
    token, session = service.sign_in.sign_in(ALICE, "alice's password")
    service.moment = session.expires
    with pytest.raises(TokenExpired):
        service.sign_in.show_token(token)


def test_callers_see_the_projects_they_may_use(service: Service) -> None:
    everyone = Principal("u", "admin", None)
    alice = Principal("u", "alice", frozenset({service.other_project}))
    names = [project.name for project in projects_of(service.credentials, everyone)]
    assert names == ["local-1", "local-2"]
    assert [p.name for p in projects_of(service.credentials, alice)] == ["local-2"]
    assert projects_of(service.credentials, alice, "local-1") == []
    assert len(projects_of(service.credentials, everyone, "local-1")) == 1
