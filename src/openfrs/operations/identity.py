"""The first start's keys, and signing in with a password (spec 12.1, 12.2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from openfrs.domain.audit import known_as
from openfrs.domain.errors import AccountLocked, PasswordWrong, ProjectMismatch, TokenUnreadable
from openfrs.domain.identity import AccessKey, Domain, Principal, Project, User
from openfrs.domain.ports import CredentialStore, Lockout
from openfrs.operations.accounts import (
    MAX_PASSWORD,
    HashPassword,
    Seal,
    generate_password,
    new_key,
)

FIRST_PROJECT = "local-1"
FIRST_USER = "admin"


class Foundation(CredentialStore, Protocol):
    """A credential store that can be filled for the first time."""

    def found(self, project: Project, user: User, key: AccessKey) -> Project | None:
        """Stores all three in one transaction, or answers None where an administrator exists."""


@dataclass(frozen=True, slots=True)
class Established:
    """What the first start made; the secrets are nowhere else."""

    project_id: str
    domain: str
    user: str
    password: str
    access_key: str
    secret_key: str


def establish(
    credentials: Foundation,
    *,
    hash_password: HashPassword,
    seal: Seal,
    now: datetime,
    keep: Callable[[Established], None],
) -> Established | None:
    """The first project, administrator and access key, or None where that has been done before.

    ``keep`` puts the secrets where they outlive a crash; it is called before they are good. Of
    several processes that start at once, one gets them and the others None.
    """
    if any(user.administrator for user in credentials.users()):
        return None
    password = generate_password()
    user = User(
        uuid4().hex,
        FIRST_USER,
        hash_password(password),
        administrator=True,
        project_ids=frozenset(),
        generation=0,
    )
    key = new_key(user.user_id, seal=seal, now=now)
    project = credentials.project(name=FIRST_PROJECT) or Project(uuid4().hex, FIRST_PROJECT)
    made = Established(
        project.project_id,
        credentials.domain().name,
        user.name,
        password,
        key.key.access_key,
        key.secret_key,
    )
    keep(made)
    founded = credentials.found(project, user, key.key)
    if founded is None:
        return None
    if founded != project:  # an operator made a project of that name at this very moment
        made = replace(made, project_id=founded.project_id)
        keep(made)
    return made


class Claims(Protocol):
    """What a token says; ``project_id`` is None for a token that is scoped to the domain."""

    @property
    def user_id(self) -> str: ...

    @property
    def project_id(self) -> str | None: ...

    @property
    def issued(self) -> datetime: ...

    @property
    def expires(self) -> datetime: ...


class IssueToken(Protocol):
    """From user, generation, project and time to a new token and what it says."""

    def __call__(
        self, user_id: str, generation: int, project_id: str | None, now: datetime
    ) -> tuple[str, Claims]: ...


@dataclass(frozen=True, slots=True)
class Reference:
    """A project, domain or user as IAM requests name one: by id, or by name."""

    id: str | None = None
    name: str | None = None

    def fits(self, id_: str, name: str) -> bool:
        return id_ == self.id if self.id is not None else name == self.name


@dataclass(frozen=True, slots=True)
class Session:
    """What a token stands for. ``project`` is None where it is scoped to the domain."""

    user: User
    project: Project | None
    domain: Domain
    issued: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class SignIn:
    """Turns passwords into tokens, and tokens into sessions.

    ``password_fits`` takes None for a user who does not exist, and then takes as long.
    ``read_token`` raises TokenUnreadable or TokenExpired.
    """

    credentials: CredentialStore
    issue_token: IssueToken
    read_token: Callable[[str], Claims]
    password_fits: Callable[[str | None, str], bool]
    lockout: Lockout
    now: Callable[[], datetime]

    def sign_in(
        self,
        user: Reference,
        password: str,
        *,
        user_domain: Reference | None = None,
        project: Reference | None = None,
        domain: Reference | None = None,
    ) -> tuple[str, Session]:
        """A token and what it stands for. A project scope wins over a domain scope.

        Raises PasswordWrong, AccountLocked; ProjectMismatch for a scope that is not the user's.
        """
        account = self.check_password(user, password, user_domain)
        home = self.credentials.domain()
        scope = None
        if project is not None:
            scope = self.credentials.project(project_id=project.id, name=project.name)
            if scope is None or not _may_use(account, scope):
                raise ProjectMismatch("scope: there is no such project for this user")
        elif domain is not None and not domain.fits(home.domain_id, home.name):
            raise ProjectMismatch("scope: there is no such domain for this user")
        token, claims = self.issue_token(
            account.user_id,
            account.generation,
            None if scope is None else scope.project_id,
            self.now(),
        )
        return token, Session(account, scope, home, claims.issued, claims.expires)

    def show_token(self, token: str) -> Session:
        """What a token stands for. Raises TokenUnreadable, TokenExpired."""
        claims = self.read_token(token)
        user = self.credentials.user(user_id=claims.user_id)
        project = None
        if claims.project_id is not None:
            project = self.credentials.project(project_id=claims.project_id)
        if user is None or (project is None and claims.project_id is not None):
            raise TokenUnreadable("its user or project is gone")
        return Session(user, project, self.credentials.domain(), claims.issued, claims.expires)

    def check_password(
        self, user: Reference, password: str, domain: Reference | None = None
    ) -> User:
        """The user whose password it is. Everything wrong looks the same and takes as long.

        Raises PasswordWrong, AccountLocked.
        """
        home = self.credentials.domain()
        account = self.credentials.user(user_id=user.id, name=user.name)
        if domain is not None and not domain.fits(home.domain_id, home.name):
            account = None
        if account is not None:
            known_as(account.name, account.user_id)
        # Unknown names are counted too, so that a lock does not tell who exists.
        counted = f"user {account.user_id if account else f'{user.id}/{user.name}'}"
        if self.lockout.locked(counted):
            raise AccountLocked
        fits = self.password_fits(
            None if account is None else account.password_hash, password[: MAX_PASSWORD + 1]
        )
        if account is None or not fits:
            raise PasswordWrong if self.lockout.failed(counted) else AccountLocked
        if self.lockout.locked(counted):  # by others that were tried at the same time
            raise AccountLocked
        self.lockout.succeeded(counted)
        return account


def projects_of(
    credentials: CredentialStore, principal: Principal, name: str | None = None
) -> Sequence[Project]:
    """The projects that the caller may use, of that name if one is given."""
    return [
        project
        for project in credentials.projects()
        if principal.may_use(project.project_id) and name in (None, project.name)
    ]


def _may_use(user: User, project: Project) -> bool:
    return user.administrator or project.project_id in user.project_ids
