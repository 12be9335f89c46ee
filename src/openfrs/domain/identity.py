"""Projects, users and access keys: who may call, and for which project."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Domain:
    """The account that owns every project and user of this installation (IAM's word)."""

    domain_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Project:
    """A tenant's space: face sets belong to one project."""

    project_id: str
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """A person or program that signs in with a password.

    An administrator may use every project, others those in ``project_ids``. ``generation`` rises
    when the password changes, which ends the tokens issued before. ``password_hash`` is argon2id.
    """

    user_id: str
    name: str
    password_hash: str
    administrator: bool
    project_ids: frozenset[str]
    generation: int


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An AK/SK pair. ``sealed_secret`` is the secret key, encrypted with the key file.

    A temporary key has a ``security_token_hash`` (hex SHA-256 of the token that must come with
    it) and ``expires``.
    """

    access_key: str
    user_id: str
    sealed_secret: bytes
    created: datetime
    security_token_hash: str | None = None
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling. ``project_ids`` is None for a caller who may use every project.

    ``limited`` marks a credential that is good for less than its user: a token of one project, or
    a temporary key.
    """

    user_id: str
    user_name: str
    project_ids: frozenset[str] | None
    limited: bool = False

    @property
    def administrator(self) -> bool:
        """True where it may manage users and projects; a token of one project never may."""
        return self.project_ids is None and not self.limited

    def may_use(self, project_id: str) -> bool:
        return self.project_ids is None or project_id in self.project_ids
