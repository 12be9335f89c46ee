"""The ``openfrs`` command: one line a subcommand."""

import sys

import typer
from rich.console import Console
from rich.markup import escape

from openfrs.auth.sealing import KeyFileRefused
from openfrs.cli import (
    audit,
    backup,
    bench,
    erase,
    evaluate,
    identity,
    models,
    retention,
    serve,
    thumbnails,
    token,
)
from openfrs.credentials_file import CredentialsFileInvalid
from openfrs.engine.manifest import PackError
from openfrs.engine.session import ProviderMissing
from openfrs.settings import SettingInvalid
from openfrs.storage.database import DatabaseUnreadable
from openfrs.storage.migrate import DatabaseTooNew

REFUSALS = (
    SettingInvalid,
    PackError,
    ProviderMissing,
    KeyFileRefused,
    CredentialsFileInvalid,
    DatabaseTooNew,
    DatabaseUnreadable,
)
"""What the operator can mend; each says how."""

app = typer.Typer(
    name="openfrs",
    help="A self-hosted face recognition service that speaks Huawei Cloud FRS v2.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.command("token")(token.token)
app.command("endpoint")(token.endpoint)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("check")(backup.check)
app.command("erase")(erase.erase)
app.add_typer(retention.app, name="retention")
app.add_typer(models.app, name="models")
app.add_typer(identity.keys, name="keys")
app.add_typer(identity.users, name="users")
app.add_typer(identity.projects, name="projects")
app.add_typer(audit.app, name="audit")
app.add_typer(thumbnails.app, name="thumbnails")
app.add_typer(evaluate.app, name="eval")
app.add_typer(bench.app, name="bench")


def run() -> None:
    """Runs the command line; a mistake of the operator's ends with a sentence, not a trace."""
    try:
        app()
    except REFUSALS as error:
        Console(stderr=True, highlight=False).print("[red]Error:[/red]", escape(str(error)))
        sys.exit(1)
