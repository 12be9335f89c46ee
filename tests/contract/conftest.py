"""Each contract test runs once for every implementation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.stores import STORES, Store


@pytest.fixture(params=STORES, ids=[make.__name__ for make in STORES])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with request.param(tmp_path) as store:
        yield store
