"""Two hosts and a bucket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image_urls.hosting import PICTURE, Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def other() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    root = tmp_path / "bucket"
    (root / "a").mkdir(parents=True)
    (root / "a" / "face.jpg").write_bytes(PICTURE)
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    return root
