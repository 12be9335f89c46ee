"""Wherever a first start is cut off, the administrator's keys are either good and known, or not."""

import contextlib
import json
from pathlib import Path

import pytest

from openfrs import credentials_file
from openfrs.app import assemble, first_start
from openfrs.credentials_file import CredentialsFileInvalid
from openfrs.settings import load_settings
from openfrs.storage.credentials import SqliteCredentials
from openfrs.storage.database import Database
from openfrs.testing import FakeEngine


def test_the_first_start_writes_the_file_for_its_owner_alone(tmp_path: Path) -> None:
    made = first_start(load_settings(tmp_path))
    assert made is not None
    path = tmp_path / credentials_file.NAME
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["secret_key"] == made.secret_key
    assert first_start(load_settings(tmp_path)) is None


def test_the_password_is_hashed_at_full_cost(tmp_path: Path) -> None:
    with contextlib.closing(assemble(load_settings(tmp_path / "one"), FakeEngine())) as openfrs:
        [user] = openfrs.services.credentials.users()
        another = openfrs.services.secrets.hash_password("another one")
    assert first_start(load_settings(tmp_path / "two")) is not None
    with contextlib.closing(Database(tmp_path / "two" / "openfrs.db")) as database:
        [by_itself] = SqliteCredentials(database).users()
    for stored in (user.password_hash, another, by_itself.password_hash):
        assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_start_that_was_cut_off_before_the_keys_were_good_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        assemble(load_settings(tmp_path), engine=_Unfinished())
    content = dict.fromkeys(credentials_file.KEYS, "x")
    credentials_file.draft(tmp_path, content)  # of a process that died before its commit
    assert first_start(load_settings(tmp_path)) is None
    assert credentials_file.read(tmp_path) != content
    assert list(tmp_path.glob(f".{credentials_file.NAME}.*")) == []


def test_a_start_that_was_cut_off_afterwards_is_made_good_by_the_next(tmp_path: Path) -> None:
    made = first_start(load_settings(tmp_path))
    assert made is not None
    path = tmp_path / credentials_file.NAME
    path.rename(tmp_path / f".{credentials_file.NAME}.4711")
    assert first_start(load_settings(tmp_path)) is None
    found = credentials_file.read(tmp_path)
    assert found is not None
    assert found["access_key"] == made.access_key


def test_what_fails_later_in_the_first_start_does_not_lose_the_keys(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        assemble(load_settings(tmp_path), engine=_Unfinished())
    assert credentials_file.read(tmp_path) is not None


@pytest.mark.parametrize("text", ["{", "{}", "[]", '{"endpoint": 5}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / credentials_file.NAME).write_text(text)
    with pytest.raises(CredentialsFileInvalid, match=credentials_file.NAME):
        credentials_file.read(tmp_path)


class _Unfinished(FakeEngine):
    """Fails when the mirror asks it, after the identity is there."""

    @property
    def dimension(self) -> int:  # type: ignore[override]
        raise ZeroDivisionError
