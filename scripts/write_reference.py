"""Writes the pages of docs/reference that follow from tables in the code.

``python scripts/write_reference.py`` writes them; tests/docs checks that they are current.
"""

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

import typer.main

from openfrs.api.error_codes import ANY, ERROR_CODES, INTERNAL_ERROR, ErrorCode
from openfrs.api.openapi.document import build
from openfrs.api.routes import OPERATIONS
from openfrs.api.routes import PAGES as BROWSER_PAGES
from openfrs.cli.commands import application
from openfrs.cli.target_options import PANEL
from openfrs.domain.limits import PROFILES, Limits
from openfrs.domain.stages import MEANINGS
from openfrs.observation.metrics import METRICS, Metric
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
own](own-api.md), those of `iam` the vendor's [IAM's](identity.md). `Metrics` asks for a token of
its own and is there only where the operator has set one: see [monitor the
service](../how-to/monitor.md).

{table(("Operation", "Method", "Path", "Callers", "Errors"), rows)}

## Not there yet

Attribute codes that no model pack measures (see [attributes](attributes.md)), and the vendor's old
helpers under `/v1/{{project_id}}/face/quality`, whose answers no source describes in full. Paths
that are not in the table answer `404 APIG.0101`.
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
    root = typer.main.get_command(application())
    parts: list[str] = []
    options: dict[str, Any] = {}
    _describe(root, "openfrs", parts, options)
    body = "\n".join(parts)
    return f"""{NOTICE}
# Commands

Every command explains itself with `--help`. The commands on faces are shown at work, with their
exit statuses, in [use the command line](../how-to/use-the-command-line.md).

## Where, and as whom

`openfrs face-sets`, `faces`, `search`, `compare` and `detect` work on a running server or on a data
directory. They all take these options too:

{_option_table(options.values())}

{body}"""


def _describe(command: Any, path: str, parts: list[str], of_targets: dict[str, Any]) -> None:
    """Adds the command's section; the options that find a target are gathered instead."""
    if hasattr(command, "commands"):
        for name, child in command.commands.items():
            _describe(child, f"{path} {name}", parts, of_targets)
        return
    own = [parameter for parameter in command.params if parameter.name != "help"]
    where = [one for one in own if getattr(one, "rich_help_panel", None) == PANEL]
    of_targets |= {parameter.name: parameter for parameter in where}
    text = (command.help or "").replace("\n\n", "\n").strip()
    if where:
        text += "\n\nAnd the options of [where, and as whom](#where-and-as-whom)."
    parts.append(f"## {path}\n\n{text}\n")
    if rest := [parameter for parameter in own if parameter not in where]:
        parts.append(_option_table(rest) + "\n")


def _option_table(parameters: Iterable[Any]) -> str:
    rows: list[tuple[str, ...]] = []
    for parameter in parameters:
        name = ", ".join(f"`{option}`" for option in parameter.opts)
        if parameter.param_type_name == "argument":
            name = f"`{(parameter.name or '').upper()}`"
        text = getattr(parameter, "help", "") or ""
        if variable := getattr(parameter, "envvar", None):
            text += f" Environment: `{variable}`."
        rows.append((name, text))
    return table(("Option", "Meaning"), rows)


def metrics() -> str:
    rows: list[tuple[str, ...]] = [
        (
            f"`{metric.name}`",
            metric.kind.value,
            ", ".join(f"`{label}`" for label in metric.labels),
            metric.text + _buckets(metric),
        )
        for metric in METRICS
    ]
    steps: list[tuple[str, ...]] = [(f"`{step}`", text) for step, text in MEANINGS.items()]
    return f"""{NOTICE}
# Metrics

What `/metrics` shows, in the text format of Prometheus or, where the scraper asks for it, that of
OpenMetrics. [Monitor the service](../how-to/monitor.md) says how to switch it on. Of several
processes one scrape shows the sum, wherever `worker` is not a label.

{table(("Metric", "Kind", "Labels", "Meaning"), rows)}

## Steps of a request

The values of `stage`, which are also the keys of `stages` in the log and the names of a trace's
spans. Steps do not contain each other; what is between them is in none.

{table(("Step", "What takes the time"), steps)}
"""


def _buckets(metric: Metric) -> str:
    if not metric.buckets:
        return ""
    return f" Buckets up to {', '.join(f'{bound:g}' for bound in metric.buckets)}."


def document() -> str:
    return json.dumps(build(OPERATIONS), indent=1, ensure_ascii=False) + "\n"


PAGES = {
    "openapi.json": document,
    "operations.md": operations,
    "errors.md": errors,
    "settings.md": settings,
    "commands.md": commands,
    "metrics.md": metrics,
}

if __name__ == "__main__":
    for name, render in PAGES.items():
        (DIRECTORY / name).write_text(render(), encoding="utf-8")
