"""How a command ends that could not do its work: a sentence on standard error, and a status."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer

from openfrs.domain.operator import OperatorCanMend


class Status(IntEnum):
    """The exit statuses, beside 0."""

    REFUSED = 1
    USAGE = 2
    NO_CONNECTION = 3
    NOT_SIGNED_IN = 4
    INTERRUPTED = 130


class CommandFailed(Exception):
    """A command cannot do its work; the message says why."""

    status = Status.REFUSED


class Refused(CommandFailed):
    """The service said no.

    ``code`` is its error code, empty where IAM refused; ``position`` the place in a filter.
    """

    def __init__(self, code: str, message: str, position: int | None = None) -> None:
        super().__init__(f"{code} {message}".strip())
        self.code = code
        self.message = message
        self.position = position


class NoConnection(CommandFailed):
    """Nothing answers there, or something else than the service."""

    status = Status.NO_CONNECTION


class NotSignedIn(CommandFailed):
    """The service does not know who is calling, or there is nothing to tell it."""

    status = Status.NOT_SIGNED_IN


@contextmanager
def telling(*also: type[Exception]) -> Iterator[None]:
    """Ends the command where it fails, where the operator can mend it, and for what ``also`` names.

    The message is one sentence on standard error.
    """
    mendable: tuple[type[Exception], ...] = (OperatorCanMend, *also)
    try:
        yield
    except CommandFailed as failure:
        typer.echo(f"Error: {failure}", err=True)
        raise typer.Exit(failure.status) from None
    except mendable as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(Status.REFUSED) from None
