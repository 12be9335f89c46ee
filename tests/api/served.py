"""A service whose engine is held, at a real socket."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from openfrs.api.admission import Admission
from openfrs.api.gateway import Gateway
from openfrs.cli.serve import listening_socket, server_config
from openfrs.domain.faces import DetectedFace, Image
from openfrs.testing import FakeEngine, TestService, make_service
from tests.api.calls import RED, text

PATIENCE = 120.0
SLOTS = 2
QUEUE = 3


def until(found: Callable[[], Any]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < give_up
        time.sleep(0.01)


class HeldEngine(FakeEngine):
    """Detects nothing before it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.asked = 0

    def detect(self, image: Image) -> Sequence[DetectedFace]:
        self.asked += 1
        assert self.go.wait(PATIENCE)
        return super().detect(image)


@dataclass
class Served:
    """A service at a socket, whose engine is held."""

    service: TestService
    engine: HeldEngine
    address: tuple[str, int]
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(16))

    @property
    def admission(self) -> Admission:
        gateway = self.service.client.app
        assert isinstance(gateway, Gateway)
        return gateway.admission

    @property
    def url(self) -> str:
        return f"http://{self.address[0]}:{self.address[1]}"

    def request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"X-Auth-Token": self.service.token}
        return httpx2.request(method, self.url + path, headers=headers, timeout=PATIENCE, **options)

    def detect(self) -> httpx2.Response:
        return self.request(
            "POST", self.service.path("face-detect"), json={"image_base64": text(RED)}
        )

    def fill(self) -> list["Future[httpx2.Response]"]:
        """Requests at every slot and every place of the queue."""
        asked = [self.pool.submit(self.detect) for _ in range(SLOTS + QUEUE)]
        until(lambda: self.admission.pictures.waiting == QUEUE)
        assert self.admission.pictures.working == SLOTS
        return asked

    def open_request(self, path: str, length: int, *lines: str) -> socket.socket:
        """A connection on which the head of a request has been sent and its body has not."""
        connection = socket.create_connection(self.address, PATIENCE)
        head = [
            f"POST {path} HTTP/1.1",
            f"Host: {self.address[0]}",
            f"X-Auth-Token: {self.service.token}",
            "Content-Type: application/json",
            f"Content-Length: {length}",
            *lines,
        ]
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        return connection


@contextmanager
def serving(data_dir: Path, **settings: Any) -> Iterator[Served]:
    engine = HeldEngine()
    chosen = {"picture_slots": SLOTS, "picture_queue": QUEUE} | settings
    with make_service(data_dir, engine=engine, **chosen) as service:
        listener = listening_socket("127.0.0.1", 0)
        server = uvicorn.Server(server_config(service.client.app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        served = Served(service, engine, listener.getsockname())
        try:
            until(lambda: server.started)
            yield served
        finally:
            engine.go.set()
            served.pool.shutdown()
            server.should_exit = True
            thread.join()
            listener.close()
