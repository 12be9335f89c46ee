"""Who does what to which face or key: what the audit log is told, and how it comes to be told.

Whoever answers a request says ``with on_behalf_of(deed)``, in the thread that does the work. What
is below may tell more with ``about(...)``. A store that writes puts the entry into the transaction
of its write, so that neither is there without the other.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Actor(StrEnum):
    """How somebody showed who they are."""

    TOKEN = "token"  # noqa: S105  # the word, and no token
    ACCESS_KEY = "access_key"
    PASSWORD = "password"  # noqa: S105
    LOCAL = "local"
    """Somebody with access to the data directory, by a command."""
    SERVICE = "service"
    """The service itself: its first start, or what it does by a rule."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who does what, from where. What is empty is not known, or there is none."""

    operation: str
    actor: Actor
    user: str = ""
    user_id: str = ""
    access_key: str = ""
    client: str = ""
    project_id: str = ""
    face_set: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Touched:
    """What was done it to: faces of a face set, by their ids or their number, or something else.

    ``target`` names a user, access key or project. Nothing here is biometric or the client's data.
    """

    face_set: str = ""
    faces: Sequence[str] = ()
    count: int | None = None
    target: str = ""


@dataclass(slots=True)
class Deed:
    """An act under way: what it touched so far, and whether a store has recorded it."""

    act: Act
    touched: Touched = field(default_factory=Touched)
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended, as a request does: 200 also for commands that did what they were to do."""

    status: int = 200
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Something that was done or refused, before it has its place in the log."""

    act: Act
    touched: Touched
    outcome: Outcome = Outcome()


NAMED = 100
"""Of more faces than these, that were only read, the log holds the first and their number."""

_deed: ContextVar[Deed | None] = ContextVar("openfrs_deed", default=None)


@contextmanager
def on_behalf_of(deed: Deed | None) -> Iterator[None]:
    """Makes everything in this context part of the deed until the block ends."""
    token = _deed.set(deed)
    try:
        yield
    finally:
        _deed.reset(token)


def current_deed() -> Deed | None:
    """What is under way in this context; None where nobody keeps account."""
    return _deed.get()


def about(
    face_set: str = "", faces: Sequence[str] = (), count: int | None = None, target: str = ""
) -> None:
    """Tells what the deed under way is about, if there is one; what is not given stays."""
    deed = _deed.get()
    if deed is not None:
        before = deed.touched
        deed.touched = Touched(
            face_set or before.face_set,
            faces[:NAMED] or before.faces,
            before.count if count is None else count,
            target or before.target,
        )


def known_as(user: str, user_id: str) -> None:
    """Tells who the actor of the deed under way says to be, and is known to be there."""
    deed = _deed.get()
    if deed is not None:
        deed.act = replace(deed.act, user=user, user_id=user_id)
