"""Which requests the audit log hears of, and what it is told of them."""

from dataclasses import dataclass
from typing import Protocol

from openfrs.api.exchange import Course
from openfrs.domain.audit import Act, Actor, Deed, Outcome, Record

NAME_LENGTH = 128


class Trail(Protocol):
    """What takes records that no write has taken along."""

    def record(self, record: Record) -> None:
        """Takes the record; it stands in the log soon."""


@dataclass(frozen=True, slots=True)
class Auditing:
    """What is recorded: whatever changes something, signing in, and with ``reads`` the rest too.

    Requests of callers that are not known are left to the request log, but for those that try a
    password: strangers shall not fill the disk with entries that are kept.
    """

    trail: Trail
    reads: bool

    def begun(self, this: Course) -> Deed | None:
        """The deed of a request whose caller is known by now; None where nobody keeps account."""
        operation, principal = this.operation, this.principal
        if operation is None or not (operation.changes or (self.reads and principal)):
            return None
        actor = Actor.PASSWORD
        if principal is not None:
            actor = Actor.ACCESS_KEY if principal.access_key else Actor.TOKEN
        return Deed(
            Act(
                operation.name,
                actor,
                user=principal.user_name if principal else "",
                user_id=principal.user_id if principal else "",
                access_key=principal.access_key if principal else "",
                client=this.client,
                project_id=this.project_id,
                face_set=this.path.get("face_set_name", "")[:NAME_LENGTH],
                request_id=this.request_id,
            )
        )

    def ended(self, this: Course, status: int, error_code: str) -> None:
        """Records a deed that no write has recorded, or that failed after it had."""
        deed = this.deed
        if deed is not None and (not deed.recorded or status >= 400):
            self.trail.record(Record(deed.act, deed.touched, Outcome(status, error_code)))
