"""How many requests a second: a token bucket as one number, the time at which it is full again."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

_OVERRIDE = re.compile(r"\s*(\w+)\s*=\s*([0-9]+(?:\.[0-9]+)?)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rate:
    """``per_second`` requests in the long run, more than 0, and ``burst`` of them at once."""

    per_second: float
    burst: int

    @property
    def window(self) -> int:
        """The seconds, rounded up, in which an empty bucket fills."""
        return math.ceil(self.burst / self.per_second)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a bucket said to one request.

    ``remaining`` requests may follow at once, ``full_in`` seconds bring the whole burst back, and
    after ``wait`` seconds one request is granted again: 0 for a request that was granted.
    """

    rate: Rate
    remaining: int
    full_in: float
    wait: float

    @property
    def granted(self) -> bool:
        return self.wait == 0


def draw(rate: Rate, full_at: float, now: float) -> tuple[float, Allowance]:
    """When the bucket is full next, and what it says (generic cell rate algorithm, ITU-T I.371).

    Times are seconds of one clock. A bucket that claims to be emptier than it can be, as after the
    clock has begun anew, counts as full.
    """
    step = 1 / rate.per_second
    whole = rate.burst * step
    full_at = max(full_at, now) if full_at - now <= whole else now
    after = full_at + step
    if after - now <= whole * (1 + 1e-9):
        remaining = math.floor((whole - (after - now)) / step + 1e-6)
        return after, Allowance(rate, remaining, after - now, 0.0)
    return full_at, Allowance(rate, 0, full_at - now, after - now - whole)


@dataclass(frozen=True, slots=True)
class Rates:
    """What each operation may be asked for; ``every`` is None where only ``single`` ones count."""

    every: Rate | None
    single: Mapping[str, Rate | None]

    def of(self, operation: str) -> Rate | None:
        """The rate of an operation; None for no limit."""
        return self.single.get(operation, self.every)

    def __bool__(self) -> bool:
        return self.every is not None or any(self.single.values())


def rates(
    per_second: float, burst: int, overrides: Sequence[str], operations: Collection[str]
) -> Rates:
    """The rates of an operator's words. 0 a second is no limit; 0 of burst is a second's worth.

    An override reads ``Operation=number``. Raises ValueError, saying which makes no sense.
    """
    single: dict[str, Rate | None] = {}
    for text in overrides:
        found = _OVERRIDE.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not of the form Operation=number")
        if found[1] not in operations:
            raise ValueError(f"there is no operation {found[1]} that has a rate")
        single[found[1]] = _rate(float(found[2]), burst)
    return Rates(_rate(per_second, burst), single)


def _rate(per_second: float, burst: int) -> Rate | None:
    if not per_second:
        return None
    return Rate(per_second, burst or max(1, math.floor(per_second)))
