"""A service whose metrics can be read on the port of the API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openfrs.testing import FakeLiveness, TestService, make_service
from tests.observation.scrapes import TOKEN


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TestService]:
    with make_service(
        tmp_path / "data", metrics_token=TOKEN, liveness=FakeLiveness(), metrics_face_sets=2
    ) as running:
        yield running
