"""A service on the fake engine, fresh for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openfrs.testing import TestService, make_service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TestService]:
    with make_service(tmp_path / "data") as running:
        yield running
