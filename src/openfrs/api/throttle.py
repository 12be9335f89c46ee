"""A project's rate for an operation, and how clients are told of it (spec 9.3, 10, 18)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from openfrs.domain.errors import FRSError, RateExceeded, ServerBusy
from openfrs.domain.rates import Allowance, Rate, Rates

BUSY_SECONDS = 1


class Buckets(Protocol):
    """Token buckets by name."""

    def draw(self, name: str, rate: Rate) -> Allowance:
        """Takes a token from the bucket of that name, if there is one."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """The rates of all operations; each project has its own buckets."""

    rates: Rates
    buckets: Buckets

    def draw(self, project_id: str, operation: str) -> Allowance | None:
        """What a request is told; None for an operation without limit."""
        rate = self.rates.of(operation)
        return None if rate is None else self.buckets.draw(f"{project_id}/{operation}", rate)


def headers(allowance: Allowance, operation: str) -> Mapping[str, str]:
    """The vendor's header, and the fields that the IETF is about to standardise.

    Of draft-ietf-httpapi-ratelimit-headers: quota ``q`` in window ``w``, what remains ``r``, and
    the seconds ``t`` until the quota is whole again.
    """
    rate = allowance.rate
    return {
        "X-Apig-RateLimit-Api": f"remain:{allowance.remaining},{quota(rate)}",
        "RateLimit-Policy": f'"{operation}";q={rate.burst};w={rate.window}',
        "RateLimit": f'"{operation}";r={allowance.remaining};t={math.ceil(allowance.full_in)}',
    }


def quota(rate: Rate) -> str:
    """The rate in the gateway's words."""
    return f"limit:{rate.burst},time:{rate.window} second"


def retry_after(failure: Exception) -> Mapping[str, str]:
    """The header that says when to come again, for a refusal after which that makes sense."""
    match failure:
        case RateExceeded(wait=wait):
            return {"Retry-After": str(max(1, math.ceil(wait)))}
        case ServerBusy():
            return {"Retry-After": str(BUSY_SECONDS)}
    return {}


def refusal(allowance: Allowance) -> FRSError:
    return RateExceeded(quota(allowance.rate), allowance.wait)
