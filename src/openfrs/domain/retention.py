"""How long the faces of a set are kept: so many days from their enrolment, or without an end."""

from datetime import datetime, timedelta

from openfrs.domain.errors import MalformedParameter

MOST_DAYS = 36_500


def check_days(days: int | None) -> int | None:
    """The days, if faces can be kept so long; None is for good. Raises MalformedParameter."""
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise MalformedParameter(f"retention_days: 1 to {MOST_DAYS}")
    return days


def oldest_kept(now: datetime, days: int) -> datetime:
    """Faces enrolled before this moment have had their time."""
    return now - timedelta(days=days)
