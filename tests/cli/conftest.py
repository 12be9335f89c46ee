"""What the tests of commands on faces share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.served import BLUE, GREEN, RED, Served, draw, served


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as running:
        yield running


@pytest.fixture
def staff(server: Served) -> Served:
    """The server with an empty face set ``staff``."""
    fields = ["floor=integer", "badge=string", "ratio=double", "active=boolean", "since=long"]
    options = [word for field in fields for word in ("--field", field)]
    server.run("face-sets", "create", "staff", *options)
    return server


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a picture each of alice, bob and, in a folder below, carol."""
    folder = tmp_path / "photos"
    draw(folder / "alice.png", RED)
    draw(folder / "bob.png", GREEN)
    draw(folder / "more" / "carol.PNG", BLUE)
    (folder / "notes.txt").write_text("no picture")
    draw(folder / ".hidden" / "dave.png", (200, 200, 40))
    return folder
