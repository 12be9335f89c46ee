"""Holds every answer that a test gets against the document that describes it."""

from functools import cache
from typing import Any

import httpx2
import jsonschema_rs

from openfrs.api.openapi.document import build
from openfrs.api.routes import OPERATIONS, match
from openfrs.domain.errors import FRSError


@cache
def document() -> dict[str, Any]:
    return build(OPERATIONS)


@cache
def validator(path: str, method: str, status: int, content_type: str) -> Any:
    """What checks a body of that answer."""
    response = document()["paths"][path][method]["responses"][str(status)]
    schema = response["content"][content_type]["schema"]
    return jsonschema_rs.Draft202012Validator({**schema, "components": document()["components"]})


def check(answer: httpx2.Response) -> None:
    """Fails where status, type or body are not as the document says."""
    request = answer.request
    if request.method == "HEAD":  # as GET, which the document describes, without its body
        return
    try:
        operation = match(
            request.method, request.url.raw_path.partition(b"?")[0].decode()
        ).operation
    except FRSError:
        return
    method = operation.method.lower()
    responses = document()["paths"][operation.path][method]["responses"]
    assert str(answer.status_code) in responses, f"{operation.name}: {answer.status_code}"
    answer.read()
    content = responses[str(answer.status_code)].get("content")
    if content is None:
        assert answer.content == b""
        return
    content_type = answer.headers["Content-Type"].partition(";")[0]
    assert content_type in content
    if content_type == "application/json":
        checker = validator(operation.path, method, answer.status_code, content_type)
        problems = [error.message for error in checker.iter_errors(answer.json())]
        assert not problems, (
            f"{operation.name} {answer.status_code}: {problems} {answer.text[:500]}"
        )
