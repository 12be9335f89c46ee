"""``openfrs keys | users | projects``, run on a data directory beside an open server database."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner

from openfrs.auth.passwords import password_fits
from openfrs.auth.sealing import KEY_FILE, Sealer, open_key_file
from openfrs.cli import identity
from openfrs.operations.identity import Established, establish
from openfrs.storage.credentials import SqliteCredentials
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from tests.storage.samples import MODEL

PASSWORD = "a password to set"


class Installation:
    """A data directory after its first start; the database stays open, as in a server."""

    def __init__(self, directory: Path, database: Database) -> None:
        self.directory = directory
        self.database = database
        self.credentials = SqliteCredentials(database)
        self.sealer = Sealer(open_key_file(directory, []))
        made = establish(
            self.credentials,
            hash_password=str,
            seal=self.sealer.seal,
            now=datetime.now(UTC),
            keep=lambda _: None,
        )
        assert made is not None
        self.made: Established = made

    def run(self, app: Typer, *words: str, fails: bool = False, stdin: str | None = None) -> str:
        """What the command prints, on standard error where it fails."""
        result = CliRunner().invoke(app, [*words, "--data-dir", str(self.directory)], input=stdin)
        assert result.exit_code == (1 if fails else 0), result.output
        return result.stderr if fails else result.stdout

    def json(self, app: Typer, *words: str) -> Any:
        return json.loads(self.run(app, *words, "--json"))


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with closing(Database(tmp_path / "openfrs.db")) as database:
        yield Installation(tmp_path, database)


def test_a_key_is_made_listed_and_revoked(installation: Installation) -> None:
    made = installation.json(identity.keys, "create")
    assert set(made) == {"access_key", "secret_key"}
    stored = installation.credentials.access_key(made["access_key"])
    assert stored is not None
    opened = installation.sealer.open(made["access_key"], stored.sealed_secret)
    assert opened == made["secret_key"]
    listing = installation.json(identity.keys, "list")
    assert [row["access_key"] for row in listing] == [
        installation.made.access_key,
        made["access_key"],
    ]
    assert {row["user"] for row in listing} == {"admin"}
    assert made["secret_key"] not in installation.run(identity.keys, "list")
    installation.run(identity.keys, "revoke", made["access_key"])
    assert installation.credentials.access_key(made["access_key"]) is None
    assert "no access key" in installation.run(
        identity.keys, "revoke", made["access_key"], fails=True
    )


def test_a_temporary_key_comes_with_a_token_and_an_end(installation: Installation) -> None:
    made = installation.json(identity.keys, "create", "--temporary", "--hours", "2")
    assert set(made) == {"access_key", "secret_key", "security_token", "expires"}
    [_, row] = installation.json(identity.keys, "list")
    assert row["state"] == "temporary"
    assert row["expires"] == made["expires"]
    assert "hours" in installation.run(
        identity.keys, "create", "--temporary", "--hours", "0", fails=True
    )


def test_a_key_is_made_for_a_user_and_printed_for_people(installation: Installation) -> None:
    installation.run(identity.users, "create", "alice", "--generate-password")
    text = installation.run(identity.keys, "create", "--user", "alice")
    assert "access_key" in text
    assert "secret_key" in text
    assert "no user bob" in installation.run(identity.keys, "create", "--user", "bob", fails=True)


def test_a_user_is_made_with_a_password_from_a_file(installation: Installation) -> None:
    file = installation.directory / "password"
    file.write_text(PASSWORD + "\n")
    project = installation.run(identity.projects, "create", "branch").strip()
    installation.run(
        identity.users, "create", "alice", "--project", "branch", "--password-file", str(file)
    )
    user = installation.credentials.user(name="alice")
    assert user is not None
    assert user.project_ids == {project}
    assert password_fits(user.password_hash, PASSWORD)
    [admin, alice] = installation.json(identity.users, "list")
    assert (admin["administrator"], alice["administrator"]) == (True, False)
    assert alice["projects"] == ["branch"]
    assert "branch" in installation.run(identity.users, "list")


def test_a_password_is_asked_for_twice_and_not_shown(installation: Installation) -> None:
    answers = f"{PASSWORD}\n{PASSWORD}\n"
    text = installation.run(identity.users, "create", "alice", "--administrator", stdin=answers)
    assert PASSWORD not in text
    user = installation.credentials.user(name="alice")
    assert user is not None
    assert user.administrator
    assert password_fits(user.password_hash, PASSWORD)


def test_a_generated_password_is_printed_once_and_fits(installation: Installation) -> None:
    text = installation.run(identity.users, "set-password", "admin", "--generate-password")
    password = text.split()[-1]
    user = installation.credentials.user(name="admin")
    assert user is not None
    assert user.generation == 1
    assert password_fits(user.password_hash, password)


def test_a_password_comes_from_standard_input(installation: Installation) -> None:
    installation.run(
        identity.users, "set-password", "admin", "--password-file", "-", stdin=PASSWORD + "\n"
    )
    user = installation.credentials.user(name="admin")
    assert user is not None
    assert password_fits(user.password_hash, PASSWORD)


def test_refusals_are_one_sentence(installation: Installation) -> None:
    for words in (
        ("create", "a b", "--generate-password"),
        ("create", "admin", "--generate-password"),
        ("create", "alice", "--generate-password", "--project", "nowhere"),
        ("create", "alice", "--password-file", str(installation.directory / "absent")),
        ("set-password", "nobody", "--generate-password"),
        ("remove", "nobody"),
        ("remove", "admin"),
    ):
        text = installation.run(identity.users, *words, fails=True)
        assert text.startswith("Error: ")
        assert len(text.splitlines()) == 1


def test_a_user_is_removed(installation: Installation) -> None:
    installation.run(identity.users, "create", "alice", "--generate-password")
    installation.run(identity.users, "remove", "alice")
    assert installation.credentials.user(name="alice") is None


def test_a_project_is_made_listed_and_removed(installation: Installation) -> None:
    project = installation.run(identity.projects, "create", "branch").strip()
    assert {"name": "branch", "id": project} in installation.json(identity.projects, "list")
    assert project in installation.run(identity.projects, "list")
    installation.run(identity.projects, "remove", "branch")
    assert installation.credentials.project(name="branch") is None


def test_a_project_with_face_sets_is_kept(installation: Installation) -> None:
    store = SqliteStore(installation.database, lambda: datetime.now(UTC))
    store.create_face_set(
        installation.made.project_id, "staff", capacity=10_000, schema={}, model=MODEL, limit=9
    )
    text = installation.run(identity.projects, "remove", "local-1", fails=True)
    assert "face sets" in text


def test_a_directory_without_an_installation_is_left_alone(tmp_path: Path) -> None:
    directory = tmp_path / "elsewhere"
    result = CliRunner().invoke(identity.projects, ["list", "--data-dir", str(directory)])
    assert result.exit_code == 1
    assert "openfrs serve" in result.stderr
    assert not directory.exists()


def test_a_lost_key_file_stops_new_keys_but_not_their_end(installation: Installation) -> None:
    (installation.directory / KEY_FILE).unlink()
    assert "backup" in installation.run(identity.keys, "create", fails=True)
    installation.run(identity.keys, "list")
    installation.run(identity.keys, "revoke", installation.made.access_key)
    installation.run(identity.keys, "create")


def test_hours_make_a_key_temporary(installation: Installation) -> None:
    made = installation.json(identity.keys, "create", "--hours", "2")
    assert "security_token" in made


@pytest.mark.parametrize("hours", ["nan", "inf", "1e300"])
def test_hours_that_no_key_could_have_are_refused(installation: Installation, hours: str) -> None:
    ended = installation.run(identity.keys, "create", "--hours", hours, fails=True)
    assert "hours" in ended
