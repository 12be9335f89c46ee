"""``openfrs audit``: who did what, and whether the log of that is whole."""

import csv
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from openfrs.cli.local_act import audit_log, local_act
from openfrs.domain.audit_chain import Head
from openfrs.settings import load_settings
from openfrs.storage.audit_history import AuditHistory, Finding, Wanted
from openfrs.storage.database import Database

COLUMNS = (
    "number",
    "time",
    "actor",
    "user",
    "user_id",
    "access_key",
    "client",
    "operation",
    "project_id",
    "face_set",
    "faces",
    "count",
    "target",
    "status",
    "error_code",
    "request_id",
)
BROKEN = 1
CANNOT = 2

app = typer.Typer(no_args_is_help=True, help="Read and check the audit log.")


class Format(StrEnum):
    """How entries are exported."""

    JSONL = "jsonl"
    CSV = "csv"


DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Directory of the database, keys and models.")
]
Since = Annotated[
    str | None, typer.Option(help="From this time on, as 2026-11-25 or 2026-11-25T08:00 (UTC).")
]
Until = Annotated[str | None, typer.Option(help="Before this time.")]
User = Annotated[str | None, typer.Option(help="Name or id of a user, or an access key.")]
Operation = Annotated[str | None, typer.Option(help="As AddFaces, or 'keys create'.")]
FaceSet = Annotated[str | None, typer.Option(help="Name of a face set.")]
Face = Annotated[str | None, typer.Option(help="Id of a face.")]


@app.command("show")
def show(
    *,
    since: Since = None,
    until: Until = None,
    user: User = None,
    operation: Operation = None,
    face_set: FaceSet = None,
    face: Face = None,
    limit: Annotated[int, typer.Option(min=1, help="The latest so many entries.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Show who did what, the latest last."""
    wanted = Wanted(_time(since), _time(until), user, operation, face_set, face, limit)
    with _history(data_dir) as history:
        for entry in history.entries(wanted):
            typer.echo(json.dumps(entry) if as_json else _line(entry))


@app.command("export")
def export(
    *,
    form: Annotated[Format, typer.Option("--format", help="jsonl or csv.")] = Format.JSONL,
    since: Since = None,
    until: Until = None,
    user: User = None,
    operation: Operation = None,
    face_set: FaceSet = None,
    face: Face = None,
    data_dir: DataDir = None,
) -> None:
    """Write the entries to standard output, the oldest first."""
    wanted = Wanted(_time(since), _time(until), user, operation, face_set, face)
    with _history(data_dir) as history:
        if form is Format.JSONL:
            for entry in history.entries(wanted):
                typer.echo(json.dumps(entry, sort_keys=True))
            return
        writer = csv.writer(sys.stdout)
        writer.writerow(COLUMNS)
        for entry in history.entries(wanted):
            writer.writerow([_cell(entry.get(column, "")) for column in COLUMNS])


@app.command("verify")
def verify(
    *,
    expect: Annotated[
        str | None,
        typer.Option(help="NUMBER:HASH of an entry, as an earlier run printed them."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Check that no entry was changed, removed or moved. Exit status 1 where one was."""
    known = _expected(expect)
    with _history(data_dir) as history:
        head, finding = history.verify(known)
    if finding is not None:
        where = "the end" if finding.number is None else f"entry {finding.number}"
        typer.echo(f"broken at {where}: {finding.reason}", err=True)
        raise typer.Exit(BROKEN)
    if head.last < head.first:
        typer.echo("whole: no entries")
        return
    typer.echo(f"whole: entries {head.first} to {head.last}")
    typer.echo(f"note elsewhere: {head.last}:{head.hash}")


@app.command("prune")
def prune(
    *,
    before: Annotated[str, typer.Option(help="Remove the entries from before this time (UTC).")],
    data_dir: DataDir = None,
) -> None:
    """Remove old entries. The log stays verifiable and says what was removed, and by whom."""
    moment = _time(before)
    assert moment is not None
    if moment > datetime.now(UTC) + timedelta(minutes=1):
        raise typer.BadParameter("the time lies ahead", param_hint="--before")
    with _history(data_dir) as history:
        _require_whole(*history.verify())
        removed = history.prune(moment, local_act("audit prune"))
    typer.echo(f"removed {removed} entries")


@app.command("accept")
def accept(*, data_dir: DataDir = None) -> None:
    """Go on with a log whose end is not sealed, as after the loss of the key file.

    The log says from then on that it was taken for good as it stood, when, and by whom.
    """
    with _history(data_dir) as history:
        head, finding = history.verify()
        if finding is None:
            typer.echo("nothing to do: the log is whole")
            return
        if finding.number is not None:
            _require_whole(head, finding)
        history.accept(local_act("audit accept"))
    typer.echo(f"sealed as of entry {head.last}")


def _require_whole(_: Head, finding: Finding | None) -> None:
    if finding is not None:
        where = "the end" if finding.number is None else f"entry {finding.number}"
        typer.echo(f"Error: the log is broken at {where}: {finding.reason}", err=True)
        raise typer.Exit(BROKEN)


@contextmanager
def _history(data_dir: Path | None) -> Iterator[AuditHistory]:
    settings = load_settings(data_dir)
    if not settings.database.exists():
        typer.echo(f"Error: {settings.data_dir} holds no installation", err=True)
        raise typer.Exit(CANNOT)
    with closing(Database(settings.database)) as database:
        yield AuditHistory(database, audit_log(settings.data_dir))


def _time(text: str | None) -> datetime | None:
    """The moment; without an offset it is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time such as 2026-11-25T08:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _expected(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    number, _, digest = text.partition(":")
    if not number.isdigit() or len(digest) != 64:
        raise typer.BadParameter("NUMBER:HASH, as verify prints them", param_hint="--expect")
    return int(number), digest


def _line(entry: Mapping[str, object]) -> str:
    who = entry.get("user") or entry.get("access_key") or "-"
    what = [str(entry[name]) for name in ("face_set", "target") if entry.get(name)] + _faces_of(
        entry
    )
    outcome = f"{entry.get('status', '')} {entry.get('error_code', '')}".strip()
    return (
        f"{entry['number']:>6}  {str(entry.get('time', ''))[:19]:<19}  {who!s:<16}"
        f"  {entry.get('client', '') or entry.get('actor', '')!s:<15}"
        f"  {entry.get('operation', '')!s:<16}  {outcome:<14}  {'  '.join(what)}".rstrip()
    )


def _faces_of(entry: Mapping[str, object]) -> list[str]:
    """The faces of an entry in a few words."""
    faces = entry.get("faces")
    count = entry.get("count")
    if isinstance(faces, list) and 0 < len(faces) <= 3:
        return [" ".join(str(face) for face in faces)]
    return [] if count is None else [f"{count} faces" if entry.get("face_set") else str(count)]


def _cell(value: object) -> object:
    """A value for a spreadsheet, which takes a text that begins with = for a formula."""
    if isinstance(value, list):
        return " ".join(str(item) for item in value)
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value
