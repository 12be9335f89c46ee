"""Each contract test runs once for every implementation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openfrs.domain.ports import ObjectStore
from tests.contract.object_stores import OBJECT_STORES
from tests.contract.stores import STORES, Store


@pytest.fixture(params=STORES, ids=[make.__name__ for make in STORES])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with request.param(tmp_path) as store:
        yield store


@pytest.fixture(params=OBJECT_STORES, ids=[make.__name__ for make in OBJECT_STORES])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    store: ObjectStore = request.param(request, tmp_path)
    return store
