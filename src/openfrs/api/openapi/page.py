"""The OpenAPI document as one page of HTML: no script, no outside assets, readable in print."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from html import escape
from importlib import resources
from typing import Any

from openfrs.api.openapi.curl import curl

Json = dict[str, Any]

_STYLE = resources.files("openfrs.api.openapi").joinpath("page.css").read_text(encoding="utf-8")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; "
    f"style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Allows the page's own style by its hash and nothing else."""


def render(document: Json) -> str:
    """The page, whole."""
    info = document["info"]
    return "\n".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(info['title'])}: operations</title><style>{_STYLE}</style></head>",
            "<body>",
            '<a class="skip" href="#operations">Skip to the operations</a>',
            _navigation(document),
            f'<main id="operations"><h1>{escape(info["title"])}</h1>',
            f'<p class="soft">Version {escape(info["version"])}. '
            '<a href="/openapi.json">OpenAPI document</a></p>',
            *(f"<p>{_inline(part)}</p>" for part in info["description"].split("\n\n")),
            *_groups(document),
            "</main></body></html>",
        )
    )


def _of_group(document: Json, group: str) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if group in operation["tags"]:
                yield path, method, operation


def _navigation(document: Json) -> str:
    parts = ['<nav aria-label="Operations"><strong>OpenFRS</strong>']
    for tag in document["tags"]:
        links = (
            f'<li><a href="#{operation["operationId"]}">{escape(operation["summary"])}</a></li>'
            for _, _, operation in _of_group(document, tag["name"])
        )
        parts.append(f"<h2>{escape(tag['name'])}</h2><ul>{''.join(links)}</ul>")
    return "".join((*parts, "</nav>"))


def _groups(document: Json) -> Iterator[str]:
    for tag in document["tags"]:
        yield f'<section><h2>{escape(tag["name"])}</h2><p class="soft">'
        yield f"{escape(tag['description'])}</p>"
        for path, method, operation in _of_group(document, tag["name"]):
            yield from _operation(document, path, method, operation)
        yield "</section>"


def _operation(document: Json, path: str, method: str, operation: Json) -> Iterator[str]:
    name = operation["operationId"]
    yield f'<article id="{name}"><h3><a href="#{name}">{escape(operation["summary"])}</a></h3>'
    yield f'<p class="soft">{name}{"" if operation["security"] else ", for everybody"}</p>'
    yield f'<p class="address"><span class="method {method}">{method.upper()}</span>'
    yield f"<code>{escape(path)}</code></p>"
    if operation["description"]:
        yield f"<p>{_inline(operation['description'])}</p>"
    if operation["parameters"]:
        yield "<h4>Parameters</h4>"
        rows = [
            (_named(p["name"], must=p["required"]), p["in"], _kind(document, p["schema"]), p)
            for p in operation["parameters"]
        ]
        yield _table(
            ("Name", "Where", "Type", "Meaning"),
            [(name, where, kind, _inline(p["description"])) for name, where, kind, p in rows],
        )
    yield from _body(document, operation)
    yield f"<h4>Request</h4>{_code(curl(path, method, operation))}"
    yield from _answers(document, operation)
    yield from _refusals(document, operation)
    yield "</article>"


def _body(document: Json, operation: Json) -> Iterator[str]:
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return
    kinds = " or ".join(f"<code>{kind}</code>" for kind in content)
    yield f"<h4>Body: {kinds}</h4>"
    schema = list(content.values())[-1]["schema"]
    rows = [
        (_named(name, must=must), _kind(document, field), _meaning(document, field))
        for name, must, field in _fields(document, schema)
    ]
    yield _table(("Field", "Type", "Meaning"), rows)


def _fields(document: Json, schema: Json, before: str = "") -> Iterator[tuple[str, bool, Json]]:
    """Every field, those of inner objects with the names of what they lie in."""
    schema = _resolved(document, schema)
    for name, field in schema.get("properties", {}).items():
        whole = field.get("type") != "array"
        inner = _resolved(document, field if whole else field.get("items", {}))
        if "properties" in inner:
            below = f"{before}{name}." if whole else f"{before}{name}[]."
            yield from _fields(document, inner, below)
        else:
            yield before + name, name in schema.get("required", ()), field


def _answers(document: Json, operation: Json) -> Iterator[str]:
    for status, response in operation["responses"].items():
        for kind, content in response.get("content", {}).items():
            if "example" in content:
                yield f"<h4>Answer: {status} <code>{kind}</code></h4>"
                yield _code(_json(content["example"]))
                rows = [
                    (_named(name), _kind(document, field), _meaning(document, field))
                    for name, _, field in _fields(document, content["schema"])
                ]
                if rows:
                    yield _table(("Field", "Type", "Meaning"), rows)
        if status.startswith("2") and "content" not in response:
            yield f"<h4>Answer: {status}</h4><p>Without a body.</p>"


def _refusals(document: Json, operation: Json) -> Iterator[str]:
    rows = []
    for status, response in operation["responses"].items():
        for content in response.get("content", {}).values():
            for reference in content.get("examples", {}).values():
                example = _resolved(document, reference)
                value = example["value"]
                said = value.get("error", {}).get("message") or value["error_msg"]
                code = escape(value.get("error_code", "IAM"))
                rows.append(
                    (status, f"<code>{code}</code>", _inline(example["summary"]), escape(said))
                )
    yield f"<details><summary>{len(rows)} refusals</summary>"
    yield _table(("Status", "Code", "What happened", "Message"), rows)
    yield "</details>"


def _resolved(document: Json, schema: Json) -> Json:
    if "$ref" not in schema:
        return schema
    _, _, kind, name = schema["$ref"].split("/")
    found: Json = document["components"][kind][name]
    return found


def _kind(document: Json, schema: Json) -> str:
    """The type of a value in few words."""
    if "$ref" in schema:
        return escape(schema["$ref"].rsplit("/", 1)[-1])
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("format") == "binary":
        return "file"
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {_kind(document, schema['items'])}"
    kind = schema.get("type", "")
    return escape(" or ".join(kind) if isinstance(kind, list) else kind)


def _meaning(document: Json, field: Json) -> str:
    text = _inline(field.get("description") or _resolved(document, field).get("description", ""))
    if field.get("default") not in (None, "", False):
        text += f" <span class='soft'>Default: {escape(json.dumps(field['default']))}.</span>"
    return text


def _named(name: str, *, must: bool = False) -> str:
    return f"<code>{escape(name)}</code>" + (' <span class="must">required</span>' if must else "")


def _inline(text: str) -> str:
    """The text with what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _code(text: str) -> str:
    return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Cells are HTML."""
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    names = "".join(f'<th scope="col">{name}</th>' for name in head)
    table = f"<table><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table>"
    return f'<div class="wide">{table}</div>'
