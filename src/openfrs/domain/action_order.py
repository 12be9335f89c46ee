"""Whether a video shows the actions asked for, in their order (spec 8.1)."""

from collections.abc import Sequence
from dataclasses import dataclass

from openfrs.domain.actions import SHOWN, Action, ActionEvent

MAX_ACTIONS = 10

_Best = tuple[int, float, tuple[float, ...]]
"""Actions shown, sum of confidences, each confidence."""

TimeRange = tuple[float, float]
"""Start and end in seconds from the start of the video."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An action asked for, and when it has to be shown; None for at any time."""

    action: Action
    within: TimeRange | None = None

    def fits(self, event: ActionEvent) -> bool:
        if event.action is not self.action:
            return False
        return self.within is None or self.within[0] <= event.time <= self.within[1]


def confidences(wanted: Sequence[Wanted], events: Sequence[ActionEvent]) -> Sequence[float]:
    """How surely the video shows each action asked for, after the one before: 0..1 each.

    ``events`` are in the order of their times. Of all ways to give each action an event that is
    later than those of the actions before it, the one with the most actions shown counts, and
    among these the one with the greatest sum of confidences. Other actions may lie in between.
    """
    # best[n]: the best that the actions so far can have where the last event used is before n.
    best: list[_Best] = [(0, 0.0, ())] * (len(events) + 1)
    for one in wanted:
        following: list[_Best] = []
        for n in range(len(events) + 1):
            shown, total, found = best[n]
            choices = [(shown, total, (*found, 0.0))]
            if n:
                choices.append(following[n - 1])
                event = events[n - 1]
                if one.fits(event):
                    shown, total, found = best[_before(events, n - 1)]
                    confidence = event.confidence
                    choices.append(
                        (shown + (confidence >= SHOWN), total + confidence, (*found, confidence))
                    )
            following.append(max(choices))
        best = following
    return best[-1][2]


def _before(events: Sequence[ActionEvent], number: int) -> int:
    """How many events may come before that one: of its own kind, only those that have ended."""
    event = events[number]
    for n in range(number, 0, -1):
        earlier = events[n - 1]
        own = earlier.action is event.action
        if (earlier.end <= event.start) if own else (earlier.time < event.time):
            return n
    return 0
