"""The refusals of an operation, by status: from the table of error codes (spec 9)."""

from collections.abc import Iterable, Sequence
from typing import Any

from openfrs.api.error_codes import (
    ANY,
    ERROR_CODES,
    IAM_TITLES,
    INTERNAL_ERROR,
    ErrorCode,
    Shape,
    error_code,
)
from openfrs.api.openapi import facts
from openfrs.api.openapi.description import Facts
from openfrs.api.openapi.schemas import TEXT, WHOLE, record, ref, said
from openfrs.api.operation import Operation
from openfrs.domain.errors import FRSError

Json = dict[str, Any]

_CODE = said(TEXT, "What clients should key on.")
_MESSAGE = said(TEXT, "For people; may change.")

SCHEMAS: dict[str, Json] = {
    "Refusal": record("A refusal of the service.", error_code=_CODE, error_msg=_MESSAGE),
    "OwnRefusal": record(
        "A refusal of an operation of our own.",
        optional=("position",),
        error_code=_CODE,
        error_msg=_MESSAGE,
        position=said(WHOLE, "Where the fault lies in a filter, counted from 0."),
    ),
    "GatewayRefusal": record(
        "A refusal before the service proper.",
        error_code=_CODE,
        error_msg=_MESSAGE,
        request_id=said(TEXT, "The same as in X-Request-Id."),
    ),
    "IamRefusal": record(
        "A refusal of the identity service.",
        error=record("What is wrong.", code=WHOLE, message=_MESSAGE, title=TEXT),
    ),
}

_INTERNAL = "InternalError"
_FORESEEN = "Anything that nobody foresaw; logged with the request id."
_TITLES = {400: "Wrong request", 401: "Not signed in", 403: "Not allowed", 404: "Not there"}
_TITLES |= {409: "In conflict", 413: "Too large", 414: "Address too long", 500: "Our own fault"}

Row = tuple[str, ErrorCode]
"""The name of a fact and how it looks."""


def examples() -> Json:
    """Every row of the table of error codes as an example."""
    rows = [
        (fact.__name__, (fact.__doc__ or "").split("\n")[0].replace("``", "`"), row)
        for fact, families in ERROR_CODES.items()
        for row in families.values()
    ]
    rows += [(_INTERNAL, _FORESEEN, row) for row in INTERNAL_ERROR.values()]
    return {
        _example_name(name, row): {"summary": text, "value": _example(row)}
        for name, text, row in rows
    }


def refusals(operation: Operation, own: Facts) -> Json:
    """The responses of every status that a refusal may have."""
    rows: list[Row] = [
        (fact.__name__, error_code(fact(), operation.family))
        for fact in dict.fromkeys((*_of_every(operation), *own))
    ]
    internal = INTERNAL_ERROR.get(operation.family) or INTERNAL_ERROR[ANY]
    rows.append((_INTERNAL, internal))
    statuses = sorted({row.status for _, row in rows})
    return {
        str(status): _response(operation, status, [row for row in rows if row[1].status == status])
        for status in statuses
    }


def _of_every(operation: Operation) -> Iterable[type[FRSError]]:
    yield from facts.EVERYWHERE
    if not operation.public:
        yield from facts.SIGNED
    if "{project_id}" in operation.path:
        yield from facts.IN_PROJECT


def _response(operation: Operation, status: int, rows: Sequence[Row]) -> Json:
    shapes = list(dict.fromkeys(row.shape for _, row in rows))
    schemas = [
        _schema(shape, operation, status, [row for _, row in rows if row.shape is shape])
        for shape in shapes
    ]
    return {
        "description": _TITLES.get(status, "Refused"),
        "content": {
            "application/json": {
                "schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas},
                "examples": {
                    name: {"$ref": f"#/components/examples/{_example_name(name, row)}"}
                    for name, row in rows
                },
            }
        },
    }


def _schema(shape: Shape, operation: Operation, status: int, rows: Sequence[ErrorCode]) -> Json:
    """The shape with the codes that it may have here."""
    codes = sorted({row.code for row in rows})
    narrowed: Json
    if shape is Shape.IAM:
        narrowed = {"error": {"properties": {"code": {"const": status}}}}
    else:
        narrowed = {"error_code": {"enum": codes}}
    return {"allOf": [ref(_name(shape, operation)), {"properties": narrowed}]}


def _name(shape: Shape, operation: Operation) -> str:
    if shape is Shape.FRS:
        return "OwnRefusal" if operation.family == "openfrs" else "Refusal"
    return "IamRefusal" if shape is Shape.IAM else "GatewayRefusal"


def _example(row: ErrorCode) -> Json:
    text = row.message.replace("%s", "...")
    if row.shape is Shape.IAM:
        return {"error": {"code": row.status, "message": text, "title": IAM_TITLES[row.status]}}
    body: Json = {"error_code": row.code, "error_msg": text}
    if row.shape is Shape.GATEWAY:
        body["request_id"] = "4d01dadbcae5463f9e4f86c0cb98443d"
    return body


def _example_name(name: str, row: ErrorCode) -> str:
    """Component names have letters, digits and dots; one fact may look different ways."""
    return f"{name}.{row.code or f'IAM.{row.status}'}"
