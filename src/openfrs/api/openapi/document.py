"""The OpenAPI 3.1 document: from the table of routes, the shapes of bodies and the descriptions."""

import re
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

from openfrs.api.openapi import face_sets, identity, own, recognition, refusals, schemas
from openfrs.api.openapi.bodies import schema_of
from openfrs.api.openapi.description import Description, Query
from openfrs.api.operation import VERSIONS, Operation

Json = dict[str, Any]

DESCRIPTIONS: Mapping[str, Description] = {
    **face_sets.DESCRIPTIONS,
    **recognition.DESCRIPTIONS,
    **own.DESCRIPTIONS,
    **identity.DESCRIPTIONS,
}
"""By the name of the operation; every line of the table of routes has one."""

_INTRODUCTION = """OpenFRS is a face recognition service that speaks Huawei Cloud FRS v2.

Every operation that is not public takes a token in `X-Auth-Token`, or a signature in
`Authorization` beside the date in `X-Sdk-Date`. Bodies are JSON, or forms where a picture or video
is sent. In a form, numbers are written as text, and objects and arrays as JSON text. A null and an
empty text count as not given, and fields that are not described here are passed over. Every answer
carries `X-Request-Id`."""

_GROUPS = {
    face_sets.SETS: "Named collections of faces.",
    face_sets.FACES: "Enrol, list, change and delete the faces of a face set.",
    recognition.RECOGNITION: "Search, compare, detect.",
    recognition.LIVENESS: "Is there a living person before the camera?",
    own.OWN: "Operations that FRS does not have.",
    identity.TOKENS: "As in the vendor's IAM.",
    identity.MANAGING: "As in the vendor's IAM. A token of one project manages nothing.",
    own.SERVER: "For operators and for readers; nobody need sign in.",
}

_PATH: Mapping[str, tuple[str, Json, str]] = {
    "version": ("Both lead to the same operation.", {"enum": list(VERSIONS)}, "v2"),
    "project_id": (
        "Id of the project, one that the caller may use.",
        {"type": "string"},
        "6d1c2f0e5b8a4c0f9a7e3d2b1c0f9e8d",
    ),
    "face_set_name": ("Name of the face set.", {"type": "string"}, "staff"),
    "id": ("Id of the project.", {"type": "string"}, "6d1c2f0e5b8a4c0f9a7e3d2b1c0f9e8d"),
    "user_id": ("Id of the user.", {"type": "string"}, "a3f1c2d4e5b64788990a1b2c3d4e5f60"),
    "access_key": ("The access key (AK).", {"type": "string"}, "3Q9XKZ7T2M4N8P6R1S5V"),
}

_SECURITY_SCHEMES: Json = {
    "Token": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Auth-Token",
        "description": "A token of POST /v3/auth/tokens.",
    },
    "Signature": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=HEX, "
        "as the vendor's SDKs make it.",
    },
    "SignatureDate": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Sdk-Date",
        "description": "When the request was signed, as 20260102T030405Z; at most 15 minutes ago.",
    },
}


def build(operations: Sequence[Operation]) -> Json:
    """The document. Raises KeyError where an operation or a part of a path is not described."""
    parts: Json = {
        **schemas.FACES,
        **schemas.ATTRIBUTES,
        **schemas.LIVENESS,
        **own.SCHEMAS,
        **identity.SCHEMAS,
        **refusals.SCHEMAS,
    }
    paths: Json = {}
    for operation in operations:
        described = _operation(operation, DESCRIPTIONS[operation.name], parts)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OpenFRS",
            "version": metadata.version("openfrs"),
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _GROUPS.items()],
        "paths": paths,
        "components": {
            "schemas": parts,
            "examples": refusals.examples(),
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


def _operation(operation: Operation, described: Description, parts: Json) -> Json:
    names = re.findall(r"\{(\w+)\}", operation.path)
    made: Json = {
        "operationId": operation.name,
        "tags": [described.group],
        "summary": described.summary,
        "description": described.text,
        "parameters": [_in_path(name) for name in names] + [_asked(q) for q in described.query],
        "security": []
        if operation.public
        else [{"Token": []}, {"Signature": [], "SignatureDate": []}],
        "responses": {
            str(described.status): _answer(described),
            **refusals.refusals(operation, described.facts),
        },
    }
    if operation.name == "Readiness":
        made["responses"]["503"] = {**_answer(described), "description": "The store cannot be read"}
    if described.body is not None:
        made["requestBody"] = _body(described, parts)
    return made


def _in_path(name: str) -> Json:
    text, schema, example = _PATH[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": text,
        "schema": schema,
        "example": example,
    }


def _asked(query: Query) -> Json:
    made: Json = {
        "name": query.name,
        "in": "header" if query.header else "query",
        "required": query.header,
        "description": query.text,
        "schema": query.schema,
    }
    return made if query.example is None else {**made, "example": query.example}


def _body(described: Description, parts: Json) -> Json:
    assert described.body is not None
    schema, more = schema_of(described.body, form=False)
    parts.update(more)
    content: Json = {"application/json": {"schema": schema, "example": described.request}}
    if described.form:
        schema, _ = schema_of(described.body, form=True)
        texts = [
            name for name, field in schema["properties"].items() if field.get("type") == "array"
        ]
        content["multipart/form-data"] = {"schema": schema}
        if texts:  # an array is one part of JSON, and not a part for each of its items
            content["multipart/form-data"]["encoding"] = {
                name: {"contentType": "application/json"} for name in texts
            }
    return {"required": True, "content": content}


def _answer(described: Description) -> Json:
    made: Json = {"description": "Done", "headers": _headers(described.headers)}
    if described.schema is not None:
        made["content"] = {
            described.content_type: {"schema": described.schema, "example": described.answer}
        }
    return made


def _headers(more: Mapping[str, str]) -> Json:
    known = {"X-Request-Id": "Names the request in the log.", **more}
    return {
        name: {"description": text, "schema": {"type": "string"}} for name, text in known.items()
    }
