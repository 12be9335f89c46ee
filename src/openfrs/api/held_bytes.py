"""The memory that request bodies take, all together."""

from collections.abc import Iterator
from contextlib import contextmanager

from openfrs.domain.errors import ServerBusy


class HeldBytes:
    """Bytes of all request bodies in memory at this moment, at most ``limit``.

    They count as they come and not as they are announced: who only announces takes no room.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.held = 0

    def check(self, more: int) -> None:
        """Raises ServerBusy where so many more would not fit now."""
        if self.held + more > self._limit:
            raise ServerBusy

    @contextmanager
    def account(self) -> Iterator["Account"]:
        """What one request holds; given back at the end."""
        account = Account(self)
        try:
            yield account
        finally:
            account.drop()


class Account:
    """The bytes that one request holds."""

    def __init__(self, whole: HeldBytes) -> None:
        self.whole = whole
        self._held = 0

    def take(self, more: int) -> None:
        """Holds so many more. Raises ServerBusy."""
        self.whole.check(more)
        self.whole.held += more
        self._held += more

    def drop(self) -> None:
        """Holds nothing any more."""
        self.whole.held -= self._held
        self._held = 0
