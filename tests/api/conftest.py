"""A service on the fake engine, fresh for each test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from openfrs.testing import TestService, make_service
from tests.api.conformity import check


@pytest.fixture(autouse=True)
def _every_answer_is_as_the_document_says(monkeypatch: pytest.MonkeyPatch) -> None:
    send = TestClient.send

    def send_and_check(client: TestClient, request: httpx2.Request, **more: Any) -> httpx2.Response:
        answer = send(client, request, **more)
        check(answer)
        return answer

    monkeypatch.setattr(TestClient, "send", send_and_check)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TestService]:
    with make_service(tmp_path / "data") as running:
        yield running
