"""Several processes behind one listening socket: started, watched, replaced, ended together.

Nothing is shared but the socket and the data directory. A connection waits in the socket's queue
until some process takes it, so that none is lost with a process that dies before that.
"""

import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess

import structlog

COULD_NOT_START = 3
RESTART_SECONDS = 1.0  # at least between two starts in the same place
END_SECONDS = 40.0  # more than a worker gives its requests to end
SIGNALS = (signal.SIGINT, signal.SIGTERM)

Work = Callable[[socket.socket, int], None]

log = structlog.get_logger("openfrs.cli")
spawn = multiprocessing.get_context("spawn")


class CouldNotStart(Exception):
    """A worker found something that it cannot serve without; the message says what."""


@dataclass(frozen=True, slots=True)
class _Worker:
    process: SpawnProcess
    number: int
    started: float
    first: bool

    @property
    def refused(self) -> bool:
        """True where the service has never been able to start, and will not by trying again."""
        return self.first and self.process.exitcode == COULD_NOT_START


def run_workers(work: Work, listener: socket.socket, number: int) -> int:
    """The exit status of the whole, once a SIGTERM or SIGINT or a failed start has ended it.

    ``work`` is pickled, run in every process with the worker's number, from 0, and returns after
    SIGTERM. A worker that dies is replaced by a new one of the same number.
    """
    with _signals() as signalled:
        workers = [_start(work, listener, each, first=True) for each in range(number)]
        try:
            while signalled not in wait([signalled, *(w.process.sentinel for w in workers)]):
                ended = [w for w in workers if w.process.exitcode is not None]
                if any(worker.refused for worker in ended):
                    return 1
                for worker in ended:
                    log.warning(
                        "worker ended, another takes its place",
                        pid=worker.process.pid,
                        status=worker.process.exitcode,
                    )
                    workers.remove(worker)
                    pause = worker.started + RESTART_SECONDS - time.monotonic()
                    if wait([signalled], max(0.0, pause)):
                        return 0
                    workers.append(_start(work, listener, worker.number, first=False))
            return 0
        finally:
            _end(workers)


def _start(work: Work, listener: socket.socket, number: int, *, first: bool) -> _Worker:
    process = spawn.Process(target=_run, args=(work, listener, number))
    process.start()
    return _Worker(process, number, time.monotonic(), first)


def _end(workers: list[_Worker]) -> None:
    """Asks every worker to end, and ends those that do not."""
    for worker in workers:
        worker.process.terminate()
    give_up = time.monotonic() + END_SECONDS
    for worker in workers:
        worker.process.join(max(0.0, give_up - time.monotonic()))
        if worker.process.exitcode is None:
            worker.process.kill()
            worker.process.join()


@contextmanager
def _signals() -> Iterator[int]:
    """A descriptor that can be read from once this process is told to end."""
    reader, writer = os.pipe()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, lambda *_: os.write(writer, b"."))
    try:
        yield reader
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def _run(work: Work, listener: socket.socket, worker: int) -> None:
    """A worker's life."""
    for number in SIGNALS:  # until the server takes them, and again when it has ended
        signal.signal(number, lambda *_: sys.exit(0))
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    try:
        work(listener, worker)
    except CouldNotStart as error:
        log.error("worker could not start", reason=str(error))
        sys.exit(COULD_NOT_START)


def _end_with_parent() -> None:
    """Ends this process when its parent is gone: nobody would replace it, or ever end it."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
