"""A service on the fake engine behind a real socket, and the command line run against it."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from typer.testing import CliRunner, Result

from openfrs.app import create_app
from openfrs.cli.commands import application
from openfrs.cli.quiet_logs import quiet_logs
from openfrs.cli.serve import listening_socket, server_config
from openfrs.testing import FakeEngine, TestService, make_service, picture

PATIENCE = 30.0
APP = application()
RED, REDDISH, GREEN, BLUE = (200, 40, 40), (204, 44, 40), (40, 200, 40), (40, 40, 200)


def run(*words: str, stdin: str | bytes | None = None, **environment: str | None) -> Result:
    """What the command line does, with no setting but those given."""
    foreign = {name: None for name in os.environ if name.startswith("OPENFRS_")}
    return CliRunner().invoke(APP, words, input=stdin, env={**foreign, **environment})


@dataclass(frozen=True)
class Served:
    """A running service. Commands sign in with its administrator's access key."""

    url: str
    directory: Path
    service: TestService

    @property
    def environment(self) -> Mapping[str, str]:
        made = self.service.established
        return {
            "OPENFRS_SERVER": self.url,
            "OPENFRS_ACCESS_KEY": made.access_key,
            "OPENFRS_SECRET_KEY": made.secret_key,
            "OPENFRS_DATA_DIR": str(self.directory / "no-data"),
        }

    def run(self, *words: str, status: int = 0, stdin: str | bytes | None = None) -> Result:
        result = run(*words, stdin=stdin, **self.environment)
        assert result.exit_code == status, result.output
        return result

    def json(self, *words: str, status: int = 0, stdin: str | bytes | None = None) -> Any:
        return json.loads(self.run(*words, "--json", status=status, stdin=stdin).stdout)

    def start(self, *words: str, **streams: Any) -> "subprocess.Popen[bytes]":
        """The command line in a process of its own."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("OPENFRS_")}
        return subprocess.Popen(
            [sys.executable, "-m", "openfrs", *words], env={**kept, **self.environment}, **streams
        )

    def image_ids(self, face_set: str = "staff") -> list[str]:
        faces = self.json("faces", "list", face_set, "--all")["faces"]
        return sorted(face["external_image_id"] for face in faces)


@contextmanager
def served(
    directory: Path,
    engine: FakeEngine | None = None,
    wrap: Callable[[ASGIApp], ASGIApp] = lambda app: app,
) -> Iterator[Served]:
    """The service in a thread; ``wrap`` puts something in front of it."""
    with (
        quiet_logs(),  # the commands print where the service would log
        make_service(directory / "service", engine=engine) as service,
        listening_socket("127.0.0.1", 0) as listener,
    ):
        server = uvicorn.Server(server_config(wrap(create_app(service.openfrs))))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            until(lambda: server.started)
            port = listener.getsockname()[1]
            yield Served(f"http://127.0.0.1:{port}", directory, service)
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


def until(happened: Callable[[], object]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def draw(path: Path, *faces: tuple[int, int, int]) -> Path:
    """A picture file with those faces."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture(*faces))
    return path
