"""What an operation is; the table of them is routes.py."""

from collections.abc import Callable
from dataclasses import dataclass

from openfrs.api.call import Answer, Call

VERSIONS = ("v1", "v2")


@dataclass(frozen=True, slots=True)
class Operation:
    """Where an operation is found and what answers it.

    ``family`` chooses the error codes. ``pictures`` marks work that runs models, of which only a
    few are done at the same time.
    """

    name: str
    method: str
    path: str
    handler: Callable[[Call], Answer]
    family: str
    public: bool = False
    pictures: bool = False
