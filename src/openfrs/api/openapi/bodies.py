"""JSON Schema of what bodies are made of, and of whole bodies from their pydantic shapes."""

from typing import Any

from pydantic import BaseModel

from openfrs.domain.quality_gate import AT_MOST, MOST_PIXELS, PIXELS, TOTAL

Json = dict[str, Any]

_FIELD_NAME = {"pattern": "^[A-Za-z0-9_-]{1,36}$"}

DEFINITIONS: Json = {
    "type": "object",
    "propertyNames": _FIELD_NAME,
    "additionalProperties": {
        "type": "object",
        "properties": {
            "type": {"enum": ["string", "integer", "long", "float", "double", "boolean"]}
        },
        "required": ["type"],
        "additionalProperties": False,
    },
    "maxProperties": 10,
}
VALUES: Json = {
    "type": "object",
    "propertyNames": _FIELD_NAME,
    "additionalProperties": {"type": ["string", "number", "boolean"]},
}
GATE: Json = {
    "type": "object",
    "properties": {
        TOTAL: {"type": "number", "minimum": 0, "maximum": 1},
        **{name: {"type": "number", "minimum": 0, "maximum": 1} for name in AT_MOST},
        PIXELS: {"type": "integer", "minimum": 1, "maximum": MOST_PIXELS},
    },
    "additionalProperties": False,
}
SORT_KEYS: Json = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": {"enum": ["asc", "desc"]},
        "minProperties": 1,
        "maxProperties": 1,
    },
}
NAMES: Json = {"type": "array", "items": {"type": "string"}}

_SOURCES = ("image", "image1", "image2", "video")


def schema_of(shape: type[BaseModel], *, form: bool) -> tuple[Json, Json]:
    """The schema of a body, and those it refers to, by name.

    A form may hold files, JSON may not. Nulls count as not given, and are left out of what is
    described.
    """
    schema = shape.model_json_schema(ref_template="#/components/schemas/{model}")
    parts: Json = schema.pop("$defs", {})
    for part in (schema, *parts.values()):
        _tidy(part, form=form)
    properties = schema["properties"]
    choices = [
        {"oneOf": [{"required": [name]} for name in _ways(prefix, properties)]}
        for prefix in _SOURCES
        if f"{prefix}_url" in properties
    ]
    if choices:
        schema["allOf"] = choices
    return schema, parts


def _ways(prefix: str, properties: Json) -> list[str]:
    """The fields of which exactly one gives the picture or video."""
    names = [f"{prefix}_{kind}" for kind in ("base64", "url", "file")]
    if prefix == "image" and "top_n" in properties:
        names.append("face_id")
    return [name for name in names if name in properties]


def _tidy(schema: Json, *, form: bool) -> None:
    """Leaves what a client has to know: no titles of pydantic's, no docstrings, no nulls."""
    schema.pop("title", None)
    schema.pop("description", None)
    for name, field in list(schema.get("properties", {}).items()):
        field.pop("title", None)
        for choice in field.pop("anyOf", ()):
            if choice != {"type": "null"}:
                field.update(choice)
        if field.get("default", "") in (None, {}, []):
            del field["default"]
        if "description" in field:
            field["description"] = " ".join(field["description"].split())
        if field.get("format") == "binary" and not form:
            del schema["properties"][name]
