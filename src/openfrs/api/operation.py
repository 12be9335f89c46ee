"""What an operation is; the table of them is routes.py."""

from collections.abc import Callable
from dataclasses import dataclass

from openfrs.api.call import Answer, Call

VERSIONS = ("v1", "v2")


@dataclass(frozen=True, slots=True)
class Operation:
    """Where an operation is found and what answers it.

    ``family`` chooses the error codes. ``pictures`` marks work that runs models, of which only a
    few are done at the same time. ``reads`` marks a POST that changes nothing.
    """

    name: str
    method: str
    path: str
    handler: Callable[[Call], Answer]
    family: str
    public: bool = False
    pictures: bool = False
    reads: bool = False

    def answers(self, method: str) -> bool:
        """Whether it is called by that method. What is public may be asked for by HEAD as well."""
        return method == self.method or (self.public and (method, self.method) == ("HEAD", "GET"))

    @property
    def changes(self) -> bool:
        """True for what changes something that is kept, or lets somebody in."""
        return self.method != "GET" and not self.reads
