"""Users, projects and access keys: make, list, change, remove; for command line and wire alike.

Who may do so is not asked here: see permissions.py.
"""

import re
import secrets
import string
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from openfrs.domain.errors import AccountNotFound, MalformedParameter
from openfrs.domain.identity import AccessKey, Project, User
from openfrs.domain.ports import CredentialStore

HashPassword = Callable[[str], str]
Seal = Callable[[str, str], bytes]
"""From an access key and its secret key to what the store may hold."""

ACCESS_KEY_LENGTH = 20
SECRET_KEY_LENGTH = 40
MIN_PASSWORD = 8
MAX_PASSWORD = 1024
MAX_LIFETIME = timedelta(days=366)

_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,64}", re.ASCII)
_UPPER = string.ascii_uppercase + string.digits
_MIXED = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secrets, which nobody can see again."""

    key: AccessKey
    secret_key: str
    security_token: str | None


def new_key(
    user_id: str, *, seal: Seal, now: datetime, lifetime: timedelta | None = None
) -> NewKey:
    """A key of random letters and digits, not stored yet; temporary where it has a lifetime."""
    access_key = _random(_UPPER, ACCESS_KEY_LENGTH)
    secret_key = _random(_MIXED, SECRET_KEY_LENGTH)
    token = None if lifetime is None else secrets.token_urlsafe(96)
    key = AccessKey(
        access_key,
        user_id,
        seal(access_key, secret_key),
        now,
        None if token is None else sha256(token.encode()).hexdigest(),
        None if lifetime is None else now + lifetime,
    )
    return NewKey(key, secret_key, token)


def create_key(
    credentials: CredentialStore,
    user_name: str | None,
    *,
    seal: Seal,
    now: datetime,
    lifetime: timedelta | None = None,
) -> NewKey:
    """A new key of that user, or of the first administrator.

    Raises AccountNotFound, MalformedParameter.
    """
    if lifetime is not None and not timedelta() < lifetime <= MAX_LIFETIME:
        raise MalformedParameter(f"hours: more than 0, at most {MAX_LIFETIME.days * 24}")
    user = (
        first_administrator(credentials) if user_name is None else find_user(credentials, user_name)
    )
    made = new_key(user.user_id, seal=seal, now=now, lifetime=lifetime)
    credentials.add_access_key(made.key)
    return made


def revoke_key(credentials: CredentialStore, access_key: str) -> None:
    """Ends a key; the next request signed with it is refused. Raises AccountNotFound."""
    if not credentials.remove_access_key(access_key):
        raise AccountNotFound(f"there is no access key {access_key}")


def create_user(
    credentials: CredentialStore,
    name: str,
    password: str,
    *,
    hash_password: HashPassword,
    administrator: bool,
    project_names: Collection[str] = (),
    project_ids: Collection[str] = (),
) -> User:
    """The new user, with the projects of those names and ids.

    Raises MalformedParameter, AccountConflict, AccountNotFound.
    """
    _check_name(name)
    check_password(password)
    projects = [find_project(credentials, project) for project in project_names]
    return credentials.add_user(
        name,
        hash_password(password),
        administrator=administrator,
        project_ids={*project_ids, *(project.project_id for project in projects)},
    )


def set_password(
    credentials: CredentialStore, name: str, password: str, *, hash_password: HashPassword
) -> None:
    """Changes a password, which ends the user's tokens; access keys stay.

    Raises AccountNotFound, MalformedParameter.
    """
    check_password(password)
    user = find_user(credentials, name)
    credentials.set_password(user.user_id, hash_password(password))


def remove_user(credentials: CredentialStore, name: str) -> None:
    """Removes a user with its access keys; its tokens end.

    Raises AccountNotFound, AccountConflict.
    """
    credentials.remove_user(find_user(credentials, name).user_id)


def create_project(credentials: CredentialStore, name: str) -> Project:
    """The new, empty project. Raises MalformedParameter, AccountConflict."""
    _check_name(name)
    return credentials.add_project(name)


def remove_project(credentials: CredentialStore, name: str) -> None:
    """Removes a project without face sets. Raises AccountNotFound, AccountConflict."""
    credentials.remove_project(find_project(credentials, name).project_id)


def find_user(credentials: CredentialStore, name: str) -> User:
    """The user of that name. Raises AccountNotFound."""
    user = credentials.user(name=name)
    if user is None:
        raise AccountNotFound(f"there is no user {name}")
    return user


def user_of_id(credentials: CredentialStore, user_id: str) -> User:
    """The user of that id. Raises AccountNotFound."""
    user = credentials.user(user_id=user_id)
    if user is None:
        raise AccountNotFound("there is no such user")
    return user


def project_of_id(credentials: CredentialStore, project_id: str) -> Project:
    """The project of that id. Raises AccountNotFound."""
    project = credentials.project(project_id=project_id)
    if project is None:
        raise AccountNotFound("there is no such project")
    return project


def lasting_keys(credentials: CredentialStore, user_id: str) -> Sequence[AccessKey]:
    """The user's access keys that have no end, the oldest first."""
    return [
        key for key in credentials.access_keys() if key.user_id == user_id and key.expires is None
    ]


def lasting_key(credentials: CredentialStore, access_key: str) -> AccessKey:
    """The access key, which has no end. Raises AccountNotFound."""
    key = credentials.access_key(access_key)
    if key is None or key.expires is not None:
        raise AccountNotFound("there is no such access key")
    return key


def find_project(credentials: CredentialStore, name: str) -> Project:
    """The project of that name or id. Raises AccountNotFound."""
    project = credentials.project(name=name) or credentials.project(project_id=name)
    if project is None:
        raise AccountNotFound(f"there is no project {name}")
    return project


def first_administrator(credentials: CredentialStore) -> User:
    """The administrator that was made first. Raises AccountNotFound."""
    for user in credentials.users():
        if user.administrator:
            return user
    raise AccountNotFound(
        "there is no administrator yet: the first start of openfrs serve makes one"
    )


def generate_password() -> str:
    """A random password of 24 characters."""
    return secrets.token_urlsafe(18)


def check_password(password: str) -> None:
    """Raises MalformedParameter where the password is too short or long to be set."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise MalformedParameter(f"password: {MIN_PASSWORD} to {MAX_PASSWORD} characters")


def project_names(projects: Sequence[Project], user: User) -> Sequence[str] | None:
    """The names of the projects that the user may use; None for every project."""
    if user.administrator:
        return None
    return [project.name for project in projects if project.project_id in user.project_ids]


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise MalformedParameter("name: 1 to 64 letters, digits and _ . @ -")


def _random(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
