"""Users, projects and keys in SQLite."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from openfrs.domain.errors import Conflict, NotFound
from openfrs.domain.identity import AccessKey, Project, User
from openfrs.storage.credentials import SqliteCredentials
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from tests.storage.samples import make_face_set

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)


@pytest.fixture
def credentials(tmp_path: Path) -> Iterator[SqliteCredentials]:
    with closing(Database(tmp_path / "empty.db")) as database:
        yield SqliteCredentials(database)


def add_admin(credentials: SqliteCredentials) -> User:
    return credentials.add_user("admin", "hash", administrator=True, project_ids=())


def add_key(credentials: SqliteCredentials, name: str, user: User) -> AccessKey:
    key = AccessKey(name, user.user_id, b"\x01sealed", NOW, "00ff", NOW + timedelta(hours=1))
    credentials.add_access_key(key)
    return key


def test_the_domain_stays_the_same_for_every_store_on_the_file(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "one.db")) as first:
        domain = SqliteCredentials(first).domain()
        assert domain.name == "openfrs"
        assert SqliteCredentials(first).domain() == domain
    with closing(Database(tmp_path / "one.db")) as second:
        assert SqliteCredentials(second).domain() == domain


def test_what_is_added_is_found_by_id_and_by_name(credentials: SqliteCredentials) -> None:
    project = credentials.add_project("local-1")
    assert len(project.project_id) == 32
    assert set(project.project_id) <= set("0123456789abcdef")
    assert credentials.project(project_id=project.project_id) == project
    assert credentials.project(name="local-1") == project
    user = credentials.add_user(
        "alice", "hash", administrator=False, project_ids=[project.project_id]
    )
    assert user.project_ids == {project.project_id}
    assert credentials.user(user_id=user.user_id) == user
    assert credentials.user(name="alice") == user
    key = add_key(credentials, "AK1", user)
    assert credentials.access_key("AK1") == key
    assert credentials.projects() == [project]
    assert credentials.users() == [user]
    assert credentials.access_keys() == [key]


def test_what_is_not_there_is_none(credentials: SqliteCredentials) -> None:
    admin = add_admin(credentials)
    project = credentials.add_project("local-1")
    assert credentials.project() is None
    assert credentials.user() is None
    assert credentials.user(user_id="", name="admin") is None
    assert credentials.user(user_id="", name=admin.user_id) is None
    assert credentials.project(project_id="", name="local-1") is None
    assert credentials.project(project_id="", name=project.project_id) is None
    assert credentials.user(name="ADMIN") is None
    assert credentials.access_key("AK1") is None


def test_half_a_surrogate_pair_names_nothing(credentials: SqliteCredentials) -> None:
    assert credentials.user(name="\ud800") is None
    assert credentials.project(project_id="\ud800") is None
    assert credentials.access_key("\ud800") is None


def test_names_and_keys_are_taken_once(credentials: SqliteCredentials) -> None:
    admin = add_admin(credentials)
    credentials.add_project("local-1")
    add_key(credentials, "AK1", admin)
    with pytest.raises(Conflict, match="local-1"):
        credentials.add_project("local-1")
    with pytest.raises(Conflict, match="admin"):
        add_admin(credentials)
    with pytest.raises(Conflict):
        add_key(credentials, "AK1", admin)


def test_a_user_of_an_unknown_project_is_not_added(credentials: SqliteCredentials) -> None:
    with pytest.raises(NotFound):
        credentials.add_user("alice", "hash", administrator=False, project_ids=["nowhere"])
    assert credentials.users() == []


def test_a_key_of_an_unknown_user_is_not_added(credentials: SqliteCredentials) -> None:
    with pytest.raises(NotFound):
        credentials.add_access_key(AccessKey("AK1", "nobody", b"", NOW))


def test_a_new_password_raises_the_generation(credentials: SqliteCredentials) -> None:
    user = add_admin(credentials)
    credentials.set_password(user.user_id, "new")
    changed = credentials.user(name="admin")
    assert changed is not None
    assert (changed.password_hash, changed.generation) == ("new", user.generation + 1)
    with pytest.raises(NotFound):
        credentials.set_password("nobody", "new")


def test_a_removed_user_takes_its_keys_along(credentials: SqliteCredentials) -> None:
    admin = add_admin(credentials)
    project = credentials.add_project("local-1").project_id
    user = credentials.add_user("alice", "hash", administrator=False, project_ids=[project])
    add_key(credentials, "AK1", user)
    kept = add_key(credentials, "AK2", admin)
    credentials.remove_user(user.user_id)
    assert credentials.users() == [admin]
    assert credentials.access_keys() == [kept]
    with pytest.raises(NotFound):
        credentials.remove_user(user.user_id)


def test_the_last_administrator_stays(credentials: SqliteCredentials) -> None:
    admin = add_admin(credentials)
    add_key(credentials, "AK1", admin)
    with pytest.raises(Conflict, match="last administrator"):
        credentials.remove_user(admin.user_id)
    assert credentials.users() == [admin]
    assert credentials.access_key("AK1") is not None


def test_a_changed_user_keeps_what_is_not_given(credentials: SqliteCredentials) -> None:
    credentials.add_user("admin", "hash", administrator=True, project_ids=())
    projects = [credentials.add_project(name).project_id for name in ("one", "two")]
    user = credentials.add_user("alice", "hash", administrator=False, project_ids=projects[:1])
    changed = credentials.change_user(user.user_id, project_ids=projects[1:])
    assert changed == replace(user, project_ids=frozenset(projects[1:]))
    assert credentials.user(name="alice") == changed
    changed = credentials.change_user(user.user_id, administrator=True)
    assert changed == replace(user, project_ids=frozenset(projects[1:]), administrator=True)
    assert credentials.user(name="alice") == changed
    assert credentials.change_user(user.user_id) == changed
    assert credentials.change_user(user.user_id, project_ids=[]).project_ids == frozenset()


def test_a_change_that_cannot_be_changes_nothing(credentials: SqliteCredentials) -> None:
    admin = credentials.add_user("admin", "hash", administrator=True, project_ids=())
    project = credentials.add_project("one").project_id
    user = credentials.add_user("alice", "hash", administrator=False, project_ids=[project])
    with pytest.raises(NotFound, match="no such user"):
        credentials.change_user("nobody", administrator=True)
    with pytest.raises(NotFound, match="no such project"):
        credentials.change_user(user.user_id, administrator=True, project_ids=[project, "none"])
    with pytest.raises(Conflict, match="last administrator"):
        credentials.change_user(admin.user_id, administrator=False, project_ids=[project])
    assert credentials.users() == [admin, user]


def test_a_key_is_removed_once(credentials: SqliteCredentials) -> None:
    add_key(credentials, "AK1", add_admin(credentials))
    assert credentials.remove_access_key("AK1")
    assert not credentials.remove_access_key("AK1")


def test_an_empty_project_can_be_removed(credentials: SqliteCredentials) -> None:
    project = credentials.add_project("local-1").project_id
    user = credentials.add_user("alice", "hash", administrator=False, project_ids=[project])
    credentials.remove_project(project)
    left = credentials.user(user_id=user.user_id)
    assert left is not None
    assert left.project_ids == frozenset()
    with pytest.raises(NotFound):
        credentials.remove_project(project)


def test_a_project_with_face_sets_stays(database: Database, store: SqliteStore) -> None:
    credentials = SqliteCredentials(database)
    face_set = make_face_set(store)
    with pytest.raises(Conflict, match="holds face sets"):
        credentials.remove_project(face_set.project_id)
    store.delete_face_set(face_set)
    credentials.remove_project(face_set.project_id)


def founders(name: str = "admin") -> tuple[Project, User, AccessKey]:
    user = User(
        f"id-{name}", name, "hash", administrator=True, project_ids=frozenset(), generation=0
    )
    return Project(f"p-{name}", "local-1"), user, AccessKey(f"AK{name}", user.user_id, b"x", NOW)


def test_an_installation_is_founded_once(credentials: SqliteCredentials) -> None:
    project, user, key = founders()
    assert credentials.found(project, user, key) == project
    assert credentials.found(*founders("second")) is None
    assert credentials.projects() == [project]
    assert credentials.users() == [user]
    assert credentials.access_keys() == [key]


def test_founding_uses_a_project_that_is_there(credentials: SqliteCredentials) -> None:
    there = credentials.add_project("local-1")
    assert credentials.found(*founders()) == there
    assert credentials.projects() == [there]


def test_founding_is_all_or_nothing(credentials: SqliteCredentials) -> None:
    credentials.add_user("admin", "hash", administrator=False, project_ids=())
    with pytest.raises(Conflict):
        credentials.found(*founders())
    assert credentials.projects() == []
    assert credentials.access_keys() == []


def test_of_many_founders_one_succeeds(tmp_path: Path) -> None:
    """Each with a database object of its own, as processes have."""
    results: list[Project | None] = []
    gate = threading.Barrier(4)

    def start(number: int) -> None:
        with closing(Database(tmp_path / "one.db")) as database:
            credentials = SqliteCredentials(database)
            gate.wait()
            results.append(credentials.found(*founders(f"admin-{number}")))

    threads = [threading.Thread(target=start, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert sum(result is not None for result in results) == 1


NAMES = st.sampled_from(["a", "b", "c"])


class CredentialMachine(RuleBasedStateMachine):
    """The store against dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = TemporaryDirectory()
        self.database = Database(Path(self.directory.name) / "openfrs.db")
        self.credentials = SqliteCredentials(self.database)
        self.users: dict[str, User] = {}
        self.keys: dict[str, str] = {}

    def teardown(self) -> None:
        self.database.close()
        self.directory.cleanup()

    @rule(name=NAMES, administrator=st.booleans())
    def add_user(self, name: str, *, administrator: bool) -> None:
        if name in self.users:
            with pytest.raises(Conflict):
                self.credentials.add_user(name, "h", administrator=administrator, project_ids=())
        else:
            self.users[name] = self.credentials.add_user(
                name, "h", administrator=administrator, project_ids=()
            )

    @rule(name=NAMES)
    def remove_user(self, name: str) -> None:
        user = self.users.get(name)
        if user is None:
            return
        others = [other for other in self.users.values() if other != user]
        if user.administrator and not any(other.administrator for other in others):
            with pytest.raises(Conflict):
                self.credentials.remove_user(user.user_id)
        else:
            self.credentials.remove_user(user.user_id)
            del self.users[name]
            self.keys = {key: owner for key, owner in self.keys.items() if owner != user.user_id}

    @rule(name=NAMES, key=st.sampled_from(["AK1", "AK2"]))
    def add_key(self, name: str, key: str) -> None:
        user = self.users.get(name)
        if user is None or key in self.keys:
            return
        self.credentials.add_access_key(AccessKey(key, user.user_id, b"x", NOW))
        self.keys[key] = user.user_id

    @rule(key=st.sampled_from(["AK1", "AK2"]))
    def remove_key(self, key: str) -> None:
        assert self.credentials.remove_access_key(key) == (self.keys.pop(key, None) is not None)

    @invariant()
    def agrees(self) -> None:
        assert {user.name: user for user in self.credentials.users()} == self.users
        stored = {key.access_key: key.user_id for key in self.credentials.access_keys()}
        assert stored == self.keys


TestCredentialMachine = CredentialMachine.TestCase
TestCredentialMachine.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
