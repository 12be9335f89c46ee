"""Writes the pages of docs/reference that follow from tables in the code.

``python scripts/write_reference.py`` writes them; tests/docs checks that they are current.
"""

import dataclasses
import json
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

import typer.main

from openfrs.api.error_codes import ANY, ERROR_CODES, INTERNAL_ERROR, ErrorCode
from openfrs.api.openapi.document import build
from openfrs.api.routes import OPERATIONS
from openfrs.api.routes import PAGES as BROWSER_PAGES
from openfrs.cli.commands import app
from openfrs.domain.limits import PROFILES, Limits
from openfrs.settings import ENVIRONMENT_PREFIX, Settings

DIRECTORY = Path(__file__).parent.parent / "docs" / "reference"

NOTICE = "<!-- Written by scripts/write_reference.py; edit the table in the code instead. -->"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def operations() -> str:
    rows: list[tuple[str, ...]] = [
        (
            operation.name,
            f"`{operation.method}`",
            f"`{operation.path}`",
            "nobody need sign in" if operation.public else "token or AK/SK",
            operation.family,
        )
        for operation in OPERATIONS + BROWSER_PAGES
    ]
    return f"""{NOTICE}
# Operations

`{{version}}` is `v1` or `v2`: both lead to the same operation. Requests and answers have the
shapes of Huawei Cloud FRS v2, described field by field at `/docs` of every server and in
[openapi.json](openapi.json), which a server has at `/openapi.json`. Bodies may be JSON or
`multipart/form-data` where a picture is sent. The last column chooses the [error
codes](errors.md). Every answer carries `X-Request-Id`. Those of the family `openfrs` are [our
own](own-api.md), those of `iam` the vendor's [IAM's](identity.md).

{table(("Operation", "Method", "Path", "Callers", "Errors"), rows)}

## Not there yet

Attribute codes that no model pack measures (see [attributes](attributes.md)). Paths that are not
in the table answer `404 APIG.0101`.
"""


def errors() -> str:
    rows = [
        row
        for fact, families in ERROR_CODES.items()
        for row in _error_rows((fact.__doc__ or "").split("\n")[0], families)
    ]
    rows += _error_rows("Anything that nobody foresaw; logged with the request id.", INTERNAL_ERROR)
    rows.sort(key=lambda row: (row[1] or "~", row[0]))
    return f"""{NOTICE}
# Errors

Clients should key on `error_code`. A `%s` stands for a detail; other messages may be followed by
a colon and a detail. Three shapes exist: FRS's own (`error_code`, `error_msg`), the gateway's
(the same and `request_id`), and that of the identity operations (`error` with `code`, `message`,
`title`).

{table(("Status", "Code", "Where", "Message", "What happened", "Shape"), rows)}
"""


def _error_rows(fact: str, families: dict[str, ErrorCode]) -> list[tuple[str, ...]]:
    return [
        (
            str(row.status),
            row.code,
            "everywhere" if family == ANY else family,
            row.message,
            fact,
            str(row.shape),
        )
        for family, row in families.items()
    ]


def settings() -> str:
    types = get_type_hints(Settings)
    limits = {field.name for field in dataclasses.fields(Limits)}
    parts = []
    for field in dataclasses.fields(Settings):
        if field.name in limits:
            default = ", ".join(f"{name}: {getattr(p, field.name)}" for name, p in PROFILES.items())
        elif field.default is dataclasses.MISSING:
            default = "`openfrs` in the user's data home"
        else:
            default = f"`{field.default}`" if field.default not in (None, "", ()) else "none"
        parts.append(
            f"## {field.name}\n\n{field.metadata['help']}\n\n"
            f"Type: {_type_name(types[field.name])}. Default: {default}. "
            f"Environment: `{ENVIRONMENT_PREFIX}{field.name.upper()}`.\n"
        )
    body = "\n".join(parts)
    return f"""{NOTICE}
# Settings

A value is looked for on the command line, then in the environment, then in `openfrs.toml` in the
data directory, then here. Lists are separated by commas in the environment and are arrays in the
file. Limits whose default depends on the profile show both profiles.

{body}"""


def _type_name(kind: object) -> str:
    if isinstance(kind, UnionType):
        kind = next(choice for choice in get_args(kind) if choice is not type(None))
    names: dict[object, str] = {int: "integer", float: "number", str: "text", Path: "path"}
    return names.get(kind, "list of texts")


def commands() -> str:
    root = typer.main.get_command(app)
    parts: list[str] = []
    _describe(root, "openfrs", parts)
    body = "\n".join(parts)
    return f"""{NOTICE}
# Commands

Every command explains itself with `--help`.

{body}"""


def _describe(command: Any, path: str, parts: list[str]) -> None:
    if hasattr(command, "commands"):
        for name, child in command.commands.items():
            _describe(child, f"{path} {name}", parts)
        return
    rows: list[tuple[str, ...]] = []
    for parameter in command.params:
        if parameter.name == "help":
            continue
        name = ", ".join(f"`{option}`" for option in parameter.opts)
        if parameter.param_type_name == "argument":
            name = f"`{(parameter.name or '').upper()}`"
        rows.append((name, getattr(parameter, "help", "") or ""))
    text = (command.help or "").replace("\n\n", "\n").strip()
    parts.append(f"## {path}\n\n{text}\n")
    if rows:
        parts.append(table(("Option", "Meaning"), rows) + "\n")


def document() -> str:
    return json.dumps(build(OPERATIONS), indent=1, ensure_ascii=False) + "\n"


PAGES = {
    "openapi.json": document,
    "operations.md": operations,
    "errors.md": errors,
    "settings.md": settings,
    "commands.md": commands,
}

if __name__ == "__main__":
    for name, render in PAGES.items():
        (DIRECTORY / name).write_text(render(), encoding="utf-8")
