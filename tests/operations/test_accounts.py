"""Users, projects and keys as the operator makes them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from openfrs.domain.errors import Conflict, MalformedParameter, NotFound
from openfrs.domain.identity import User
from openfrs.operations import accounts
from openfrs.storage.credentials import SqliteCredentials
from openfrs.storage.database import Database

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def seal(access_key: str, secret_key: str) -> bytes:
    return f"{access_key} {secret_key}".encode()


@pytest.fixture
def credentials(tmp_path: Path) -> Iterator[SqliteCredentials]:
    with closing(Database(tmp_path / "openfrs.db")) as database:
        yield SqliteCredentials(database)


def make_user(
    credentials: SqliteCredentials, name: str, *projects: str, administrator: bool = False
) -> User:
    return accounts.create_user(
        credentials,
        name,
        "long enough",
        hash_password=lambda password: f"hash of {password}",
        administrator=administrator,
        project_names=projects,
    )


def test_a_key_has_the_form_of_the_vendors(credentials: SqliteCredentials) -> None:
    make_user(credentials, "admin", administrator=True)
    made = accounts.create_key(credentials, "admin", seal=seal, now=NOW)
    assert len(made.key.access_key) == 20
    assert made.key.access_key.isalnum()
    assert made.key.access_key.isupper()
    assert len(made.secret_key) == 40
    assert made.secret_key.isalnum()
    assert made.security_token is None
    assert made.key.expires is None
    stored = credentials.access_key(made.key.access_key)
    assert stored == made.key
    assert stored.sealed_secret == seal(made.key.access_key, made.secret_key)


def test_a_temporary_key_has_a_token_of_which_only_the_hash_is_kept(
    credentials: SqliteCredentials,
) -> None:
    make_user(credentials, "admin", administrator=True)
    made = accounts.create_key(
        credentials, "admin", seal=seal, now=NOW, lifetime=timedelta(hours=2)
    )
    assert made.security_token is not None
    assert made.key.security_token_hash == sha256(made.security_token.encode()).hexdigest()
    assert made.key.expires == NOW + timedelta(hours=2)


@pytest.mark.parametrize("hours", [0, -1, 24 * 366 + 1])
def test_the_life_of_a_temporary_key_has_bounds(credentials: SqliteCredentials, hours: int) -> None:
    make_user(credentials, "admin", administrator=True)
    with pytest.raises(MalformedParameter):
        accounts.create_key(
            credentials, "admin", seal=seal, now=NOW, lifetime=timedelta(hours=hours)
        )


def test_a_key_of_nobody_in_particular_is_the_first_administrators(
    credentials: SqliteCredentials,
) -> None:
    make_user(credentials, "alice")
    with pytest.raises(NotFound, match="openfrs serve"):
        accounts.create_key(credentials, None, seal=seal, now=NOW)
    first = make_user(credentials, "first", administrator=True)
    make_user(credentials, "second", administrator=True)
    assert accounts.create_key(credentials, None, seal=seal, now=NOW).key.user_id == first.user_id


def test_a_key_of_an_unknown_user_is_not_made(credentials: SqliteCredentials) -> None:
    with pytest.raises(NotFound, match="nobody"):
        accounts.create_key(credentials, "nobody", seal=seal, now=NOW)


def test_a_key_is_revoked_once(credentials: SqliteCredentials) -> None:
    make_user(credentials, "admin", administrator=True)
    made = accounts.create_key(credentials, "admin", seal=seal, now=NOW)
    accounts.revoke_key(credentials, made.key.access_key)
    with pytest.raises(NotFound):
        accounts.revoke_key(credentials, made.key.access_key)


def test_a_user_is_made_with_its_projects(credentials: SqliteCredentials) -> None:
    one = accounts.create_project(credentials, "one")
    two = accounts.create_project(credentials, "two")
    accounts.create_project(credentials, "three")
    user = make_user(credentials, "alice@example.org", "one", two.project_id)
    assert user.project_ids == {one.project_id, two.project_id}
    assert user.password_hash == "hash of long enough"
    assert accounts.project_names(credentials.projects(), user) == ["one", "two"]
    admin = make_user(credentials, "admin", administrator=True)
    assert accounts.project_names(credentials.projects(), admin) is None


def test_a_user_of_an_unknown_project_is_not_made(credentials: SqliteCredentials) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        make_user(credentials, "alice", "nowhere")
    assert credentials.users() == []


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 65, "naïve", "a\n"])
def test_names_are_short_and_plain(credentials: SqliteCredentials, name: str) -> None:
    with pytest.raises(MalformedParameter):
        make_user(credentials, name)
    with pytest.raises(MalformedParameter):
        accounts.create_project(credentials, name)


@pytest.mark.parametrize("password", ["", "x" * 7, "x" * 1025])
def test_passwords_have_a_least_and_a_greatest_length(
    credentials: SqliteCredentials, password: str
) -> None:
    make_user(credentials, "alice")
    with pytest.raises(MalformedParameter):
        accounts.set_password(credentials, "alice", password, hash_password=str)


def test_a_password_is_changed(credentials: SqliteCredentials) -> None:
    make_user(credentials, "alice")
    accounts.set_password(
        credentials, "alice", "another one", hash_password=lambda password: f"new {password}"
    )
    assert accounts.find_user(credentials, "alice").password_hash == "new another one"
    with pytest.raises(NotFound):
        accounts.set_password(credentials, "nobody", "another one", hash_password=str)


def test_a_user_and_a_project_are_removed_by_name(credentials: SqliteCredentials) -> None:
    accounts.create_project(credentials, "one")
    make_user(credentials, "alice", "one")
    accounts.remove_user(credentials, "alice")
    accounts.remove_project(credentials, "one")
    assert credentials.users() == []
    assert credentials.projects() == []
    with pytest.raises(NotFound):
        accounts.remove_user(credentials, "alice")
    with pytest.raises(NotFound):
        accounts.remove_project(credentials, "one")


def test_a_name_is_given_once(credentials: SqliteCredentials) -> None:
    accounts.create_project(credentials, "one")
    make_user(credentials, "alice")
    with pytest.raises(Conflict):
        accounts.create_project(credentials, "one")
    with pytest.raises(Conflict):
        make_user(credentials, "alice")


def test_generated_passwords_are_long_enough_and_differ() -> None:
    passwords = {accounts.generate_password() for _ in range(10)}
    assert len(passwords) == 10
    for password in passwords:
        accounts.check_password(password)
