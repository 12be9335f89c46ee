"""The options by which a command on faces finds its target, and what it does without any."""

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from openfrs import credentials_file
from openfrs.cli.failures import NoConnection, NotSignedIn, telling
from openfrs.cli.passwords import read_password
from openfrs.cli.server_target import KeyPair, Password, SignIn, Token, answers, server_target
from openfrs.cli.target import Target
from openfrs.settings import Settings, load_settings

P = ParamSpec("P")

PANEL = "Where, and as whom"


def _option(*names: str, text: str, variable: str | None = None) -> Any:
    return typer.Option(*names, help=text, envvar=variable, rich_help_panel=PANEL)


Server = Annotated[
    str | None,
    _option("--server", text="Address of a running server.", variable="OPENFRS_SERVER"),
]
DataDir = Annotated[
    Path | None,
    _option(
        "--data-dir",
        text="Work on this data directory itself; with --server, sign in with its "
        "credentials.json.",
    ),
]
Project = Annotated[
    str | None,
    _option(
        "--project", text="Name or id; the only or first one if absent.", variable="OPENFRS_PROJECT"
    ),
]
User = Annotated[
    str | None,
    _option(
        "--user",
        text="Sign in with this name; the password is asked for.",
        variable="OPENFRS_USER",
    ),
]
PasswordFile = Annotated[
    Path | None,
    _option(
        "--password-file", text="Read the password from the first line of this file; - for stdin."
    ),
]
TokenText = Annotated[
    str | None, _option("--token", text="A token, from openfrs token.", variable="OPENFRS_TOKEN")
]
AccessKey = Annotated[
    str | None,
    _option("--access-key", text="Sign with this access key.", variable="OPENFRS_ACCESS_KEY"),
]
SecretKey = Annotated[
    str | None,
    _option(
        "--secret-key",
        text="Its secret key; better in the environment.",
        variable="OPENFRS_SECRET_KEY",
    ),
]
SecurityToken = Annotated[
    str | None,
    _option(
        "--security-token",
        text="What a temporary access key comes with.",
        variable="OPENFRS_SECURITY_TOKEN",
    ),
]


@dataclass(frozen=True, slots=True)
class Where:
    """The options as they were given.

    ``directory_first`` where the line names a directory, and only the environment a server.
    """

    server: str | None
    data_dir: Path | None
    project: str | None
    user: str | None
    password_file: Path | None
    token: str | None
    access_key: str | None
    secret_key: str | None
    security_token: str | None
    directory_first: bool = False


def _options(
    *,
    server: Server = None,
    data_dir: DataDir = None,
    project: Project = None,
    user: User = None,
    password_file: PasswordFile = None,
    token: TokenText = None,
    access_key: AccessKey = None,
    secret_key: SecretKey = None,
    security_token: SecurityToken = None,
) -> None:
    """Bears the signature that ``on_target`` adds to a command's own."""


ADDED = inspect.signature(_options).parameters
"""The options, by the names of their parameters."""


def on_target(command: Callable[Concatenate[Target, P], None]) -> Callable[..., None]:
    """The command with these options; it is called with the open target first.

    What it cannot do ends with a sentence and an exit status (failures.py).
    """
    own = list(inspect.signature(command).parameters.values())[1:]
    context = inspect.Parameter(
        "ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
    )

    @functools.wraps(command)
    def run(ctx: typer.Context, *args: P.args, **given: P.kwargs) -> None:
        chosen = {name: given.pop(name) for name in ADDED}
        with telling(), open_target(where(ctx, chosen)) as target:
            command(target, *args, **given)

    parameters = [context, *own, *ADDED.values()]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def where(ctx: typer.Context, chosen: dict[str, Any]) -> Where:
    """The options of a command line that is being run or completed."""
    source = ctx.get_parameter_source("server")
    typed = source is not None and source.name == "COMMANDLINE"
    return Where(
        **chosen, directory_first=bool(chosen["data_dir"] and chosen["server"] and not typed)
    )


@contextmanager
def open_target(options: Where, *, quiet: bool = False) -> Iterator[Target]:
    """What the options name; without any, the server of credentials.json, or its directory.

    Which of these two it is, standard error is told. Raises CommandFailed, OperatorCanMend,
    typer.BadParameter.
    """
    settings = load_settings(options.data_dir)
    known = credentials_file.read(settings.data_dir)
    if options.server is not None and not options.directory_first:
        chosen = _on_server(_address(options.server), options, known)
    elif options.data_dir is not None:
        chosen = _on_directory(settings, options.project)
    else:
        chosen, which = _found(settings, options, known)
        if not quiet:
            typer.echo(which, err=True)
    with chosen as target:
        yield target


def _found(
    settings: Settings, options: Where, known: dict[str, str] | None
) -> tuple[AbstractContextManager[Target], str]:
    """The target where none is named, and a sentence that says which it is. Raises NoConnection."""
    url = known["endpoint"] if known is not None else settings.endpoint
    there = answers(url)
    if there and (known is not None or _names_somebody(options)):
        return _on_server(url, options, known), f"Using the server at {url}."
    if _names_somebody(options):
        raise NoConnection(f"no server answers at {url}; name one with --server")
    if not settings.database.exists():
        raise NoConnection(
            f"no server answers at {url}, and {settings.data_dir} holds no installation: start "
            "openfrs serve, or name a server with --server or a directory with --data-dir"
        )
    why = f"There is no {credentials_file.NAME}" if there else f"No server answers at {url}"
    chosen = _on_directory(settings, options.project)
    return chosen, f"{why}; working on {settings.data_dir} itself."


def _on_server(
    url: str, options: Where, known: dict[str, str] | None
) -> AbstractContextManager[Target]:
    """Signs in as the options say, or with the key of credentials.json, for its project.

    Raises NotSignedIn where there is neither, typer.BadParameter for half a key.
    """
    if options.token is not None:
        sign_in: SignIn = Token(options.token)
    elif options.user is not None:
        sign_in = Password(options.user, read_password(options.password_file))
    elif options.access_key is not None:
        if options.secret_key is None:
            raise typer.BadParameter(
                "needs its secret key, in OPENFRS_SECRET_KEY", param_hint="--access-key"
            )
        token = options.security_token or ""
        sign_in = KeyPair(options.access_key, options.secret_key, token)
    elif known is not None:
        key = KeyPair(known["access_key"], known["secret_key"])
        return server_target(url, key, options.project, known["project_id"])
    else:
        raise NotSignedIn(
            "nothing says who you are: give --user, --token, or an access key in "
            "OPENFRS_ACCESS_KEY and OPENFRS_SECRET_KEY"
        )
    return server_target(url, sign_in, options.project, None)


def _on_directory(settings: Settings, project: str | None) -> AbstractContextManager[Target]:
    """Raises NoConnection where there is no installation."""
    if not settings.database.exists():
        raise NoConnection(
            f"{settings.data_dir} holds no installation: the first start of openfrs serve makes one"
        )
    # It brings the whole service along, which takes a second to load.
    from openfrs.cli.local_target import local_target

    return local_target(settings, project)


def _names_somebody(options: Where) -> bool:
    return any((options.token, options.user, options.access_key))


def _address(text: str) -> str:
    """The server's address with its scheme and without a slash at the end."""
    return (text if "://" in text else f"http://{text}").rstrip("/")
