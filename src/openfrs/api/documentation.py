"""The interface, described for programs and for people: ``/openapi.json`` and ``/docs``.

Both are public: they say what this page of the documentation says, and nothing of an installation.
"""

import json
from collections.abc import Sequence
from functools import cache

from openfrs.api.call import Answer
from openfrs.api.openapi.document import build
from openfrs.api.openapi.page import CONTENT_SECURITY_POLICY, render
from openfrs.api.operation import Operation


def document(operations: Sequence[Operation]) -> Answer:
    """The OpenAPI document."""
    return Answer(_written(tuple(operations))[0], headers={"Content-Type": "application/json"})


def page(operations: Sequence[Operation]) -> Answer:
    """The same as a page of HTML."""
    headers = {
        "Content-Type": "text/html; charset=UTF-8",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return Answer(_written(tuple(operations))[1], headers=headers)


@cache
def _written(operations: tuple[Operation, ...]) -> tuple[bytes, bytes]:
    """Document and page, made when they are first asked for."""
    made = build(operations)
    return json.dumps(made, ensure_ascii=False).encode(), render(made).encode()
