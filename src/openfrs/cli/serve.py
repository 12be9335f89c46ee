"""``openfrs serve``: the service itself, and its first start."""

import contextlib
import logging
import os
import signal
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvicorn
from rich.console import Console
from starlette.types import ASGIApp

from openfrs import credentials_file
from openfrs.app import Engine, OpenFRS, assemble, create_app, first_start
from openfrs.cli import models
from openfrs.cli.workers import CouldNotStart, run_workers
from openfrs.engine.manifest import PackNotInstalled, installed_pack
from openfrs.machine import processes
from openfrs.operations.identity import Established
from openfrs.settings import Settings, load_settings

BACKLOG = 2048

log = structlog.get_logger("openfrs.cli")


def serve(
    data_dir: Annotated[
        Path | None, typer.Option(help="Directory of the database, keys and models.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. [127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on. [8080]")] = None,
    profile: Annotated[
        str | None, typer.Option(help="Limits: open (generous) or cloud (the vendor's). [open]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that serve; 0: one a core. [1]")
    ] = None,
) -> None:
    """Run the service. The first start makes keys and fetches the model pack."""
    chosen = {"host": host, "port": port, "profile": profile, "workers": workers}
    settings = load_settings(data_dir, **chosen)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    _configure_logs(settings)
    with contextlib.closing(_listen(settings, console)) as listener:
        settings = load_settings(data_dir, **chosen | {"port": listener.getsockname()[1]})
        # uvicorn passes the signal on when it is done; the default would end the process there.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        _require_pack(settings, console)
        if processes(settings) > 1:
            _welcome(settings, first_start(settings), console)
            raise typer.Exit(run_workers(partial(work, settings), listener, processes(settings)))
        with contextlib.closing(assemble(settings)) as openfrs:
            _welcome(settings, openfrs.established, console)
            _run(openfrs, listener)


def work(settings: Settings, listener: socket.socket, engine: Engine | None = None) -> None:
    """What one of several processes does: it serves until it is told to end.

    The engine is the installed pack's unless one is given. Raises CouldNotStart.
    """
    _configure_logs(settings)
    try:
        openfrs = assemble(settings, engine)
    except Exception as error:
        raise CouldNotStart(str(error)) from error
    with contextlib.closing(openfrs):
        log.debug("worker serves", pid=os.getpid())
        _run(openfrs, listener)


def _configure_logs(settings: Settings) -> None:
    renderer = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            getattr(logging, settings.log_level.upper())
        ),
        # A line goes out in one write, so that lines of several processes do not mix.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    # It warns of every broken form, which the client is told of anyway.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that clients can connect to. Raises OSError.

    The protocol is named because asyncio sends small answers without delay only on sockets that
    say they are TCP; otherwise a client that keeps its connection waits 40 ms for each answer.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _listen(settings: Settings, console: Console) -> socket.socket:
    """The socket, before anything slow happens: a port in use is known at once."""
    try:
        return listening_socket(settings.host, settings.port)
    except OSError as error:
        console.print(
            f"[red]Error:[/red] cannot listen on {settings.host} port {settings.port}: "
            f"{error.strerror}. Choose another with --port."
        )
        raise typer.Exit(1) from None


def _require_pack(settings: Settings, console: Console) -> None:
    try:
        installed_pack(settings.packs_dir, settings.model_pack)
    except PackNotInstalled:
        console.print(f"Installing the model pack [bold]{settings.model_pack}[/bold] (once).")
        models.pull_with_progress(settings.model_pack, settings)


def _welcome(settings: Settings, made: Established | None, console: Console) -> None:
    """Says where the service is; after the first start also where its keys are, and what next."""
    console.print(f"\nOpenFRS serves at [bold]{settings.endpoint}[/bold]")
    if settings.console == "on":
        console.print(f"Its console is at [bold]{settings.endpoint}/console[/bold]")
    console.print()
    if made is None:
        known = credentials_file.read(settings.data_dir)
        if known is not None and known["endpoint"] != settings.endpoint:
            credentials_file.write(settings.data_dir, known | {"endpoint": settings.endpoint})
        return
    console.print(
        f"""\
The keys of its administrator are in [bold]{settings.data_dir / credentials_file.NAME}[/bold]
Keep that file safe, or move its content to where you keep secrets and delete it.

Try it from another terminal:

  TOKEN=$(openfrs token --data-dir {settings.data_dir})
  curl -H "X-Auth-Token: $TOKEN" {settings.endpoint}/v2/{made.project_id}/face-sets

End it with Ctrl-C.
"""
    )


def _run(openfrs: OpenFRS, listener: socket.socket) -> None:
    """Serves until SIGINT, and returns then, or until SIGTERM, which raises SystemExit."""
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(server_config(create_app(openfrs))).run(sockets=[listener])


def server_config(app: ASGIApp) -> uvicorn.Config:
    """How every server of ours speaks HTTP."""
    return uvicorn.Config(
        app,
        # The pure Python parser is the one that bounds the head of a request.
        http="h11",
        # Tokens and signatures are long; a longer head than this is cut off.
        h11_max_incomplete_event_size=64 * 1024,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=30,
    )
