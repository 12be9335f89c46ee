"""An audited store, and deeds that mean nothing."""

from openfrs.domain.audit import Act, Actor, Deed
from openfrs.storage.audit_log import AuditLog
from openfrs.storage.database import Database
from tests.storage.samples import NOON

KEY = b"k" * 32


def audit_log(key: bytes | None = KEY) -> AuditLog:
    return AuditLog(key, lambda: NOON)


def keep_log(database: Database) -> AuditLog:
    """Makes the database record what it writes."""
    database.audit = audit_log()
    return database.audit


def deed(request_id: str = "", operation: str = "UpdateFace") -> Deed:
    return Deed(Act(operation, Actor.TOKEN, user="ann", request_id=request_id))
