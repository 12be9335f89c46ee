"""Commands on a data directory as the audit log sees them: somebody local, by the system's name."""

import getpass
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from openfrs.auth import sealing
from openfrs.domain.audit import Act, Actor, Deed, Touched, on_behalf_of
from openfrs.settings import Settings
from openfrs.storage.audit_log import AuditLog
from openfrs.storage.database import Database


def local_act(operation: str) -> Act:
    """Something that whoever runs this command does."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        user = str(os.getuid())
    return Act(operation, Actor.LOCAL, user=user)


def audit_log(data_dir: Path) -> AuditLog:
    """What adds to the log of that installation.

    Without its key file the log cannot be sealed, and says so when it is verified.
    """
    try:
        key = sealing.derive(
            sealing.load_key(data_dir / sealing.KEY_FILE, create=False), sealing.AUDIT_LOG
        )
    except sealing.KeyFileRefused:
        key = None
    return AuditLog(key, lambda: datetime.now(UTC))


@contextmanager
def recorded(database: Database, settings: Settings, operation: str) -> Iterator[None]:
    """Records what is written to the database meanwhile, unless the operator keeps no log."""
    if settings.audit == "off":
        yield
        return
    database.audit = audit_log(settings.data_dir)
    with on_behalf_of(Deed(local_act(operation))):
        yield


def note(settings: Settings, operation: str, target: str) -> None:
    """Records something that writes nothing else to the database, such as a copy of it."""
    with (
        closing(Database(settings.database)) as database,
        recorded(database, settings, operation),
    ):
        database.write(lambda _connection: None, lambda _: Touched(target=target))
