"""A service of several processes on the fake engine: ``worker_service DATA_DIR WORKERS [HOW]``.

Prints its port and that of its metrics once it listens. ``broken`` workers cannot start.
"""

import socket
import sys
from functools import partial
from pathlib import Path

from openfrs.app import first_start
from openfrs.cli.serve import Shared, listening_socket, work
from openfrs.cli.workers import CouldNotStart, run_workers
from openfrs.machine import processes
from openfrs.observation.board import Board
from openfrs.settings import load_settings
from openfrs.testing import FakeEngine


def broken(_listener: socket.socket, _worker: int) -> None:
    raise CouldNotStart("no model")


def main(data_dir: str, workers: str, how: str = "") -> int:
    listener = listening_socket("127.0.0.1", 0)
    port = listener.getsockname()[1]
    scrapes = listening_socket("127.0.0.1", 0)
    settings = load_settings(
        Path(data_dir), port=port, workers=workers, log_level="debug", metrics_port=0
    )
    first_start(settings)
    sys.stdout.write(f"{port} {scrapes.getsockname()[1]}\n")
    sys.stdout.flush()
    shared = Shared(Board(processes(settings)), scrapes)
    serve = partial(work, settings, engine=FakeEngine(), shared=shared)
    with listener, scrapes:
        return run_workers(broken if how == "broken" else serve, listener, processes(settings))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
