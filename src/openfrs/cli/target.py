"""What the commands on faces talk to: a service, by its wire, wherever it runs.

A target is an HTTP client that is signed in, and a project. Whether its requests go over a network
or stay in this process (local_target.py) is its client's affair.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2

from openfrs.cli.failures import CommandFailed, NoConnection, NotSignedIn, Refused

Json = dict[str, Any]

PATIENCE = httpx2.Timeout(120, connect=10)
"""Seconds; a picture may have to wait for its turn."""
MOST_TRIES = 20
LONGEST_PAUSE = 60.0


def _nothing_to_do() -> None:
    """A server has its models in memory already."""


@dataclass(frozen=True, slots=True)
class Target:
    """A service and a project of it. Several threads may ask at once.

    ``prepare`` is called before a picture is sent; a service in this process loads its models then.
    """

    client: httpx2.Client
    project_id: str
    prepare: Callable[[], None] = _nothing_to_do

    def ask(self, method: str, path: str, *, version: str = "v2", **content: Any) -> Json:
        """The answer of an operation of the project; ``content`` is that of an httpx2 request.

        Raises Refused, NoConnection, NotSignedIn, OperatorCanMend.
        """
        return request(self.client, method, f"/{version}/{self.project_id}{path}", **content).body

    def send(
        self, path: str, pictures: Mapping[str, bytes], fields: Mapping[str, object] | None = None
    ) -> Json:
        """The answer of an operation that takes pictures, sent as a form. Raises as ``ask``."""
        self.prepare()
        form = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in (fields or {}).items()
        }
        return self.ask("POST", path, data=form, files=dict(pictures))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is no refusal."""

    body: Json
    headers: httpx2.Headers


def request(client: httpx2.Client, method: str, path: str, **content: Any) -> Reply:
    """The answer; one that came too fast is asked for again when the service says so (429).

    Raises Refused, NoConnection, NotSignedIn.
    """
    for tries in range(MOST_TRIES):
        try:
            answer = client.request(method, path, **content)
        except httpx2.TransportError as error:
            raise NoConnection(f"no answer from {client.base_url}: {_reason(error)}") from None
        if answer.status_code != httpx2.codes.TOO_MANY_REQUESTS or tries == MOST_TRIES - 1:
            break
        time.sleep(_pause(answer.headers.get("Retry-After", "")))
    return _understood(answer)


def face_set_path(name: str, rest: str = "") -> str:
    """The path of a face set, below that of the project."""
    return f"/face-sets/{quote(name, safe='')}{rest}"


def _reason(error: httpx2.TransportError) -> str:
    return str(error) or type(error).__name__


def _pause(text: str) -> float:
    """Seconds to wait, as ``Retry-After`` says."""
    return min(float(text), LONGEST_PAUSE) if text.isascii() and text.isdigit() else 1.0


def _understood(answer: httpx2.Response) -> Reply:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if answer.is_success and isinstance(body, dict):
        return Reply(body, answer.headers)
    raise _failure(answer, body)


def _failure(answer: httpx2.Response, body: object) -> CommandFailed:
    position: int | None = None
    match body:
        case {"error_code": str(code), "error_msg": str(message), "position": int(place)}:
            position = place
        case {"error_code": str(code), "error_msg": str(message)}:
            pass
        case {"error": {"message": str(message)}}:
            code = ""
        case _:
            return NoConnection(
                f"what answers at {answer.url.copy_with(path='/', query=None)} is no OpenFRS "
                f"(status {answer.status_code})"
            )
    if answer.status_code == httpx2.codes.UNAUTHORIZED:
        return NotSignedIn(f"{code} {message}".strip())
    return Refused(code, message, position)
