"""Who may read the metrics, and what they get."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """The metrics as text, and the ``Content-Type`` that says in which format."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class MetricsAccess:
    """``page`` makes the page for an ``Accept`` header. Without a ``token`` it is for anybody."""

    page: Callable[[str], Page]
    token: str

    def allows(self, authorization: str) -> bool:
        """True for an ``Authorization`` header of ``Bearer`` and the token (RFC 6750)."""
        scheme, _, given = authorization.partition(" ")
        return not self.token or (
            scheme.lower() == "bearer"
            and hmac.compare_digest(given.strip().encode(), self.token.encode())
        )
