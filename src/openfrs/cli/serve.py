"""``openfrs serve``: the service itself, and its first start."""

import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, TextIO

import structlog
import typer
import uvicorn
from rich.console import Console
from starlette.types import ASGIApp

from openfrs import credentials_file
from openfrs.app import OpenFRS, assemble, create_app, first_start
from openfrs.cli import models
from openfrs.cli.bounded_connections import AT_ONCE, QUEUE, BoundedConnection, BoundedServer
from openfrs.cli.workers import CouldNotStart, run_workers
from openfrs.engine.installed_pack import installed_pack
from openfrs.engine.manifest import PackNotInstalled
from openfrs.installed_models import Engine
from openfrs.machine import processes
from openfrs.observation import scrape_server
from openfrs.observation.board import Board
from openfrs.operations.identity import Established
from openfrs.settings import Settings, load_settings
from openfrs.upkeep.retention_worker import RetentionWorker

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
    configure_logs(settings)
    with contextlib.closing(_listen(settings, console)) as listener:
        settings = load_settings(data_dir, **chosen | {"port": listener.getsockname()[1]})
        # uvicorn passes the signal on when it is done; the default would end the process there.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        with _listen_for_scrapes(settings, console) as scrapes:
            _require_pack(settings, console)
            if processes(settings) > 1:
                _welcome(settings, first_start(settings), console)
                shared = Shared(Board(processes(settings)), scrapes)
                task = partial(work, settings, shared=shared)
                raise typer.Exit(run_workers(task, listener, processes(settings)))
            with contextlib.closing(assemble(settings)) as openfrs:
                _welcome(settings, openfrs.established, console)
                _run(openfrs, listener, scrapes)


@dataclass(frozen=True, slots=True)
class Shared:
    """What all serving processes have in common, beside the socket that they serve.

    ``scrapes`` is the socket on which metrics are asked for, where there is one.
    """

    board: Board = field(default_factory=Board)
    scrapes: socket.socket | None = None


def work(
    settings: Settings,
    listener: socket.socket,
    worker: int = 0,
    *,
    engine: Engine | None = None,
    shared: Shared | None = None,
) -> None:
    """What one of several processes does: it serves until it is told to end.

    The engine is the installed pack's unless one is given. Raises CouldNotStart.
    """
    shared = shared or Shared()
    configure_logs(settings)
    try:
        openfrs = assemble(settings, engine, board=shared.board, worker=worker)
    except Exception as error:
        raise CouldNotStart(str(error)) from error
    with contextlib.closing(openfrs):
        log.debug("worker serves", pid=os.getpid())
        _run(openfrs, listener, shared.scrapes)


def configure_logs(settings: Settings, file: TextIO | None = None) -> None:
    """Log lines as the operator wants them, to the file or else to stderr."""
    file = file or sys.stderr
    renderer = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=file.isatty())
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
        logger_factory=structlog.WriteLoggerFactory(file),
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
        listener.listen(QUEUE)
    except OSError:
        listener.close()
        raise
    return listener


def _listen(settings: Settings, console: Console) -> socket.socket:
    """The socket, before anything slow happens: a port in use is known at once."""
    return _listen_on(settings.host, settings.port, "--port", console)


@contextlib.contextmanager
def _listen_for_scrapes(settings: Settings, console: Console) -> Iterator[socket.socket | None]:
    """The socket of the metrics' own port, where the operator wants one."""
    if settings.metrics_port is None:
        yield None
        return
    host = settings.metrics_host
    with contextlib.closing(
        _listen_on(host, settings.metrics_port, "the setting metrics_port", console)
    ) as listener:
        port = listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        console.print(f"Metrics are at http://{shown}:{port}{scrape_server.PATH}", markup=False)
        yield listener


def _listen_on(host: str, port: int, choice: str, console: Console) -> socket.socket:
    try:
        return listening_socket(host, port)
    except OSError as error:
        console.print(
            f"[red]Error:[/red] cannot listen on {host} port {port}: "
            f"{error.strerror}. Choose another with {choice}."
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


def _run(openfrs: OpenFRS, listener: socket.socket, scrapes: socket.socket | None) -> None:
    """Serves until SIGINT, and returns then, or until SIGTERM, which raises SystemExit."""
    app = create_app(openfrs)
    retention = RetentionWorker(openfrs.store, openfrs.settings.data_dir, lambda: datetime.now(UTC))
    with (
        contextlib.suppress(KeyboardInterrupt),
        contextlib.closing(retention),
        _scrapes_answered(openfrs, scrapes),
    ):
        BoundedServer(server_config(app)).run(sockets=[listener])


@contextlib.contextmanager
def _scrapes_answered(openfrs: OpenFRS, listener: socket.socket | None) -> Iterator[None]:
    metrics = openfrs.services.metrics
    if listener is None or metrics is None:
        yield
        return
    with contextlib.closing(scrape_server.ScrapeServer(listener, metrics)):
        yield


def server_config(app: ASGIApp) -> uvicorn.Config:
    """How every server of ours speaks HTTP."""
    return uvicorn.Config(
        app,
        # The pure Python parser is the one that bounds the head of a request.
        http=BoundedConnection,
        backlog=AT_ONCE,
        # Tokens and signatures are long; a longer head than this is cut off.
        h11_max_incomplete_event_size=64 * 1024,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        # Which proxies count is a setting of ours, and none is the default.
        proxy_headers=False,
        timeout_graceful_shutdown=30,
    )
