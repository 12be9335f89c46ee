"""What is said of one operation beside its line in the table of routes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from openfrs.domain.errors import FRSError

Json = dict[str, Any]
Facts = tuple[type[FRSError], ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter of the query string; ``schema`` is JSON Schema."""

    name: str
    text: str
    schema: Json = field(default_factory=lambda: {"type": "string"})
    example: object = None
    header: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """An operation for its readers.

    ``body`` is the shape of its body, which may be a form too where ``form`` is set, and
    ``request`` an example of it. ``schema`` and ``answer`` are the answer of ``status``; both are
    empty where it has no body. ``facts`` are the refusals of its own: those of every operation are
    added by the table of routes. ``headers`` are those that the answer has beside the usual ones.
    """

    group: str
    summary: str
    text: str = ""
    body: type[BaseModel] | None = None
    form: bool = False
    request: Json | None = None
    query: tuple[Query, ...] = ()
    status: int = 200
    schema: Json | None = None
    answer: object = None
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    facts: Facts = ()
