"""The commands on faces from the first to the last, on real photographs with the default pack."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image as Pillow

from tests.cli.served import PATIENCE, run

pytestmark = [pytest.mark.models, pytest.mark.shared]


@pytest.fixture(scope="module")
def running(
    models_dir: Path, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The data directory of a server that is up; ``people`` beside it leads to the photographs."""
    directory = tmp_path_factory.mktemp("installation")
    (directory / "people").symlink_to(shared_data / "people")
    data = directory / "data"
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "openfrs", "serve", "--port", "0", "--data-dir", str(data)],
            env=os.environ | {"OPENFRS_MODELS_DIR": str(models_dir)},
            stdout=log,
            stderr=log,
        )
    try:
        give_up = time.monotonic() + 2 * PATIENCE
        while not _ready(data):
            assert process.poll() is None, (directory / "log").read_text()
            assert time.monotonic() < give_up
            time.sleep(0.1)
        yield data
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def _ready(data: Path) -> bool:
    try:
        endpoint = json.loads((data / "credentials.json").read_text())["endpoint"]
        return httpx2.get(f"{endpoint}/readyz").is_success
    except (FileNotFoundError, ValueError, httpx2.TransportError):
        return False


@pytest.mark.parametrize("way", ["server", "directory"])
def test_people_are_enrolled_found_changed_and_removed(
    running: Path, models_dir: Path, tmp_path: Path, way: str
) -> None:
    people = running.parent / "people"
    face_set = f"staff-{way}"
    there = ["--data-dir", str(running)]
    if way == "server":
        there += ["--server", json.loads((running / "credentials.json").read_text())["endpoint"]]

    def answer(*words: str, status: int = 0) -> Any:
        result = run(*words, "--json", *there, OPENFRS_MODELS_DIR=str(models_dir))
        assert result.exit_code == status, result.output
        return json.loads(result.stdout)

    answer("face-sets", "create", face_set, "--field", "floor=integer")
    (tmp_path / "people.csv").write_text(
        f"file,external_image_id,floor\n{people}/obama.jpg,obama,3\n{people}/biden.jpg,biden,1\n"
    )
    added = answer("faces", "add", face_set, "--csv", str(tmp_path / "people.csv"))
    assert (added["added"], added["faces"]) == (2, 2)

    found = answer("search", face_set, str(people / "obama2.jpg"), "--threshold", "0.93")["faces"]
    assert [face["external_image_id"] for face in found] == ["obama"]
    assert found[0]["external_fields"] == {"floor": 3}
    compared = answer("compare", str(people / "obama.jpg"), str(people / "biden.jpg"))
    assert compared["passes"] is False

    marked = tmp_path / "marked.jpg"
    [face] = answer(
        *("detect", str(people / "biden.jpg"), "--attributes", "age,landmark"),
        *("--draw", str(marked)),
    )["faces"]
    assert 50 < face["attributes"]["age"] < 90
    with Pillow.open(marked) as drawn, Pillow.open(people / "biden.jpg") as original:
        assert drawn.size == original.size

    answer("faces", "update", face_set, found[0]["face_id"], "--field", "floor=4")
    assert answer("faces", "list", face_set, "--filter", "floor:4")["total"] == 1
    answer("faces", "delete", face_set, "--filter", "floor:[2 TO *]", "--yes")
    left = answer("faces", "list", face_set, "--all")["faces"]
    assert [face["external_image_id"] for face in left] == ["biden"]
    answer("face-sets", "delete", face_set, "--yes")
