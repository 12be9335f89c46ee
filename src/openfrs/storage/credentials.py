"""Projects, users and access keys in SQLite."""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from openfrs.domain.errors import AccountConflict, AccountNotFound
from openfrs.domain.identity import AccessKey, Domain, Project, User
from openfrs.storage.database import Database

DOMAIN_NAME = "openfrs"

_SELECT_PROJECT = "SELECT project_id, name FROM project"
_SELECT_USER = (
    "SELECT user_id, name, password_hash, administrator, generation,"
    " (SELECT group_concat(project_id, ' ') FROM user_project WHERE user_id = user.user_id)"
    " FROM user"
)
_LAST_ADMINISTRATOR = "the last administrator stays: make another one first"
_AN_ADMINISTRATOR = "SELECT 1 FROM user WHERE administrator"
_SELECT_KEY = (
    "SELECT access_key, user_id, sealed_secret, created, security_token_hash, expires"
    " FROM access_key"
)

UserRow = tuple[str, str, str, int, int, str | None]
KeyRow = tuple[str, str, bytes, str, str | None, str | None]


class SqliteCredentials:
    """The credential store over one SQLite file. Look-ups are by exact text.

    The domain is made with the first store that opens the file.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._domain = self._read_domain() or database.write(_make_domain)

    def domain(self) -> Domain:
        return self._domain

    def projects(self) -> Sequence[Project]:
        """Every project, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(f"{_SELECT_PROJECT} ORDER BY rowid")
            return [Project(*row) for row in rows]

    def project(self, *, project_id: str | None = None, name: str | None = None) -> Project | None:
        """The project of that id, or of that name where no id is given."""
        if not _storable(project_id, name):
            return None
        column = "name" if project_id is None else "project_id"
        query = f"{_SELECT_PROJECT} WHERE {column} = ?"
        with self._database.read() as connection:
            row = connection.execute(
                query, (name if project_id is None else project_id,)
            ).fetchone()
        return None if row is None else Project(*row)

    def add_project(self, name: str) -> Project:
        """The new project. Raises AccountConflict where the name is taken."""
        project = Project(uuid4().hex, name)
        self._database.write(lambda connection: _insert_project(connection, project))
        return project

    def remove_project(self, project_id: str) -> None:
        """Removes an empty project.

        Raises AccountNotFound; AccountConflict where it holds face sets.
        """

        def job(connection: sqlite3.Connection) -> None:
            sets = connection.execute(
                "SELECT count(*) FROM face_set WHERE project_id = ?", (project_id,)
            ).fetchone()[0]
            if sets:
                raise AccountConflict(
                    f"the project still holds face sets ({sets}): delete them first"
                )
            removed = connection.execute("DELETE FROM project WHERE project_id = ?", (project_id,))
            if not removed.rowcount:
                raise AccountNotFound("there is no such project")

        self._database.write(job)

    def users(self) -> Sequence[User]:
        """Every user, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(f"{_SELECT_USER} ORDER BY rowid").fetchall()
        return [_user(row) for row in rows]

    def user(self, *, user_id: str | None = None, name: str | None = None) -> User | None:
        """The user of that id, or of that name where no id is given."""
        if not _storable(user_id, name):
            return None
        column = "name" if user_id is None else "user_id"
        query = f"{_SELECT_USER} WHERE {column} = ?"
        with self._database.read() as connection:
            row = connection.execute(query, (name if user_id is None else user_id,)).fetchone()
        return None if row is None else _user(row)

    def add_user(
        self, name: str, password_hash: str, *, administrator: bool, project_ids: Collection[str]
    ) -> User:
        """The new user.

        Raises AccountConflict where the name is taken; AccountNotFound for a project.
        """
        user = User(uuid4().hex, name, password_hash, administrator, frozenset(project_ids), 0)
        self._database.write(lambda connection: _insert_user(connection, user))
        return user

    def set_password(self, user_id: str, password_hash: str) -> None:
        """Replaces the password and raises the user's generation. Raises AccountNotFound."""

        def job(connection: sqlite3.Connection) -> None:
            changed = connection.execute(
                "UPDATE user SET password_hash = ?, generation = generation + 1 WHERE user_id = ?",
                (password_hash, user_id),
            )
            if not changed.rowcount:
                raise AccountNotFound("there is no such user")

        self._database.write(job)

    def change_user(
        self,
        user_id: str,
        *,
        administrator: bool | None = None,
        project_ids: Collection[str] | None = None,
    ) -> User:
        """The user with what is given replaced, in one transaction.

        Raises AccountNotFound for the user or a project, AccountConflict where no administrator
        would be left.
        """

        def job(connection: sqlite3.Connection) -> User:
            if administrator is not None:
                connection.execute(
                    "UPDATE user SET administrator = ? WHERE user_id = ?",
                    (administrator, user_id),
                )
                if not connection.execute(_AN_ADMINISTRATOR).fetchone():
                    raise AccountConflict(_LAST_ADMINISTRATOR)
            row = connection.execute(f"{_SELECT_USER} WHERE user_id = ?", (user_id,)).fetchone()
            if row is None:
                raise AccountNotFound("there is no such user")
            if project_ids is None:
                return _user(row)
            connection.execute("DELETE FROM user_project WHERE user_id = ?", (user_id,))
            _insert_grants(connection, user_id, project_ids)
            return replace(_user(row), project_ids=frozenset(project_ids))

        return self._database.write(job)

    def remove_user(self, user_id: str) -> None:
        """Removes the user with its access keys.

        Raises AccountNotFound; AccountConflict where no administrator would be left.
        """

        def job(connection: sqlite3.Connection) -> None:
            removed = connection.execute(
                "DELETE FROM user WHERE user_id = ? RETURNING administrator", (user_id,)
            ).fetchall()
            if not removed:
                raise AccountNotFound("there is no such user")
            if removed[0][0] and not connection.execute(_AN_ADMINISTRATOR).fetchone():
                raise AccountConflict(_LAST_ADMINISTRATOR)

        self._database.write(job)

    def access_keys(self) -> Sequence[AccessKey]:
        """Every access key, the oldest first; expired ones too."""
        with self._database.read() as connection:
            rows = connection.execute(f"{_SELECT_KEY} ORDER BY rowid").fetchall()
        return [_access_key(row) for row in rows]

    def access_key(self, access_key: str) -> AccessKey | None:
        if not _storable(access_key):
            return None
        with self._database.read() as connection:
            row = connection.execute(
                f"{_SELECT_KEY} WHERE access_key = ?", (access_key,)
            ).fetchone()
        return None if row is None else _access_key(row)

    def add_access_key(self, key: AccessKey) -> None:
        """Stores the key.

        Raises AccountConflict where it exists, AccountNotFound where its user has gone.
        """
        self._database.write(lambda connection: _insert_key(connection, key))

    def remove_access_key(self, access_key: str) -> bool:
        """True where there was such a key."""

        def job(connection: sqlite3.Connection) -> bool:
            removed = connection.execute(
                "DELETE FROM access_key WHERE access_key = ?", (access_key,)
            )
            return removed.rowcount > 0

        return self._database.write(job)

    def found(self, project: Project, user: User, key: AccessKey) -> Project | None:
        """Stores the first administrator with its key and project, in one transaction.

        None, and nothing stored, where there is an administrator already: only one of several
        processes that start at once founds the installation. Otherwise the project that is now
        there under the name, which an operator may have made before. Raises AccountConflict.
        """

        def job(connection: sqlite3.Connection) -> Project | None:
            if connection.execute(_AN_ADMINISTRATOR).fetchone():
                return None
            row = connection.execute(
                f"{_SELECT_PROJECT} WHERE name = ?", (project.name,)
            ).fetchone()
            if row is None:
                _insert_project(connection, project)
            _insert_user(connection, user)
            _insert_key(connection, key)
            return project if row is None else Project(*row)

        return self._database.write(job)

    def _read_domain(self) -> Domain | None:
        with self._database.read() as connection:
            row = connection.execute("SELECT domain_id, name FROM domain").fetchone()
        return None if row is None else Domain(*row)


def _make_domain(connection: sqlite3.Connection) -> Domain:
    """The domain; of several processes that start at once, the first one's."""
    connection.execute(
        "INSERT INTO domain (domain_id, name) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM domain)",
        (uuid4().hex, DOMAIN_NAME),
    )
    return Domain(*connection.execute("SELECT domain_id, name FROM domain").fetchone())


def _insert_project(connection: sqlite3.Connection, project: Project) -> None:
    try:
        connection.execute(
            "INSERT INTO project (project_id, name) VALUES (?, ?)",
            (project.project_id, project.name),
        )
    except sqlite3.IntegrityError:
        raise AccountConflict(f"there is a project of the name {project.name}") from None


def _insert_user(connection: sqlite3.Connection, user: User) -> None:
    try:
        connection.execute(
            "INSERT INTO user (user_id, name, password_hash, administrator, generation)"
            " VALUES (?, ?, ?, ?, ?)",
            (user.user_id, user.name, user.password_hash, user.administrator, user.generation),
        )
    except sqlite3.IntegrityError:
        raise AccountConflict(f"there is a user of the name {user.name}") from None
    _insert_grants(connection, user.user_id, user.project_ids)


def _insert_grants(
    connection: sqlite3.Connection, user_id: str, project_ids: Collection[str]
) -> None:
    try:
        connection.executemany(
            "INSERT INTO user_project (user_id, project_id) VALUES (?, ?)",
            [(user_id, project_id) for project_id in sorted(set(project_ids))],
        )
    except sqlite3.IntegrityError:
        raise AccountNotFound("there is no such project") from None


def _insert_key(connection: sqlite3.Connection, key: AccessKey) -> None:
    try:
        connection.execute(
            "INSERT INTO access_key VALUES (?, ?, ?, ?, ?, ?)",
            (
                key.access_key,
                key.user_id,
                key.sealed_secret,
                key.created.isoformat(),
                key.security_token_hash,
                None if key.expires is None else key.expires.isoformat(),
            ),
        )
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorname == "SQLITE_CONSTRAINT_FOREIGNKEY":
            raise AccountNotFound("there is no such user") from None
        raise AccountConflict("there is such an access key") from None


def _user(row: UserRow) -> User:
    user_id, name, password_hash, administrator, generation, project_ids = row
    return User(
        user_id,
        name,
        password_hash,
        bool(administrator),
        frozenset((project_ids or "").split()),
        generation,
    )


def _access_key(row: KeyRow) -> AccessKey:
    access_key, user_id, sealed_secret, created, security_token_hash, expires = row
    return AccessKey(
        access_key,
        user_id,
        sealed_secret,
        datetime.fromisoformat(created),
        security_token_hash,
        None if expires is None else datetime.fromisoformat(expires),
    )


def _storable(*texts: str | None) -> bool:
    """False where a text cannot be in the database: half a surrogate pair, which JSON can spell."""
    try:
        for text in texts:
            (text or "").encode()
    except UnicodeEncodeError:
        return False
    return True
