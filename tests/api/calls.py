"""Requests that many tests make, and colours that the fake engine takes for people."""

from base64 import b64encode
from typing import Any

import httpx2

from openfrs.operations.identity import Reference
from openfrs.testing import TestService, picture

RED = (200, 40, 40)
REDDISH = (204, 44, 40)  # the same person as RED
GREEN = (40, 200, 40)
BLUE = (40, 40, 200)

FIELDS = {
    "floor": {"type": "integer"},
    "badge": {"type": "string"},
    "ratio": {"type": "double"},
    "active": {"type": "boolean"},
}


def text(*faces: tuple[int, int, int]) -> str:
    return b64encode(picture(*faces)).decode()


def make_set(service: TestService, name: str = "staff", **body: Any) -> httpx2.Response:
    body = {"face_set_name": name, "external_fields": FIELDS} | body
    return service.client.post(service.path("face-sets"), json=body)


def add(service: TestService, *faces: tuple[int, int, int], **body: Any) -> list[dict[str, Any]]:
    answer = service.client.post(
        service.path("face-sets/staff/faces"), json={"image_base64": text(*faces)} | body
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["faces"]
    return found


def search(service: TestService, **body: Any) -> list[dict[str, Any]]:
    answer = service.client.post(service.path("face-sets/staff/search"), json=body)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["faces"]
    return found


def listed(service: TestService, **query: Any) -> list[dict[str, Any]]:
    answer = service.client.get(service.path("face-sets/staff/faces"), params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["faces"]
    return found


def code_of(answer: httpx2.Response) -> str:
    code: str = answer.json()["error_code"]
    return code


def whole_token(
    service: TestService, name: str | None = None, password: str | None = None
) -> dict[str, str]:
    """The header with a token that is good for all that its user may do; the first user's."""
    token, _ = service.openfrs.services.sign_in.sign_in(
        Reference(name=name or service.established.user),
        password or service.established.password,
    )
    return {"X-Auth-Token": token}
