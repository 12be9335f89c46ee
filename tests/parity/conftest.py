"""A real server in a process of its own, on a real socket."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from openfrs import images
from openfrs.domain.limits import OPEN
from openfrs.engine.face_tracker import MeshTracker
from openfrs.engine.installed_pack import installed_pack
from openfrs.engine.pipeline import OnnxEngine
from tests.parity.server import Server
from tests.videos.clips import video
from tests.videos.scenes import Head, Motion, portrait
from tests.videos.takes import RATE, of_head

READY_WITHIN_SECONDS = 60


@pytest.fixture(scope="session")
def clips(models_dir: Path, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with left.mp4, a drawn video of a portrait that turns to its own left."""
    engine = OnnxEngine(installed_pack(models_dir, "default"), threads=2)
    tracker = engine.face_tracker
    assert isinstance(tracker, MeshTracker)
    picture = images.decode((shared_data / "people" / "biden.jpg").read_bytes(), OPEN)
    head = Head(portrait(picture, tracker.detect), tracker.detect, tracker.mesher)
    directory = tmp_path_factory.mktemp("clips")
    (directory / "left.mp4").write_bytes(video(of_head(head, Motion(yaw=25)), rate=RATE))
    return directory


@pytest.fixture(scope="session")
def server(
    models_dir: Path, shared_data: Path, clips: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server with the default pack alone."""
    buckets = {"people": shared_data / "people", "clips": clips}
    with _running(models_dir, buckets, tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def liveness_server(
    liveness_models_dir: Path, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server with the liveness pack as well."""
    directory = tmp_path_factory.mktemp("liveness-server")
    buckets = {"people": shared_data / "people"}
    with _running(liveness_models_dir, buckets, directory) as running:
        yield running


@contextmanager
def _running(models_dir: Path, buckets: Mapping[str, Path], directory: Path) -> Iterator[Server]:
    environment = os.environ | {
        "OPENFRS_MODELS_DIR": str(models_dir),
        "OPENFRS_IMAGE_URL_BUCKETS": ",".join(f"{name}={path}" for name, path in buckets.items()),
        # The SDK writes a file into its user's home directory.
        "HOME": str(directory),
    }
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "openfrs", "serve", "--port", "0", "--data-dir", str(directory)],
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        yield _ready(process, directory)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _ready(process: subprocess.Popen[bytes], directory: Path) -> Server:
    give_up = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        try:
            server = Server(**json.loads((directory / "credentials.json").read_text()))
            if httpx2.get(f"{server.endpoint}/readyz").status_code == httpx2.codes.OK:
                return server
        except (FileNotFoundError, ValueError, httpx2.TransportError):
            pass
        time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{(directory / 'log').read_text()}")
