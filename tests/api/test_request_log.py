"""The log: a line for each request, with who and how long, and nothing of what was asked."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from openfrs.api.routes import OPERATIONS
from openfrs.cli.serve import configure_logs
from openfrs.domain.stages import Step
from openfrs.testing import FakeLiveness, TestService, make_service
from tests.api.calls import RED, add, make_set, search, text
from tests.observation.load import contents, load

FIELDS = {
    *("event", "level", "timestamp", "request_id", "operation", "method", "status", "error_code"),
    *("ms", "stages", "client", "project_id", "user_id"),
}


class Log:
    """What a service with ``log_format = "json"`` has written so far."""

    def __init__(self) -> None:
        self.file = io.StringIO()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.getvalue().splitlines()]

    def requests(self) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"] == "request"]


@pytest.fixture
def log() -> Iterator[Log]:
    written = Log()
    before = structlog.get_config()
    yield written
    structlog.configure(**before)


@pytest.fixture
def service(tmp_path: Path, log: Log) -> Iterator[TestService]:
    with make_service(
        tmp_path / "data", liveness=FakeLiveness(), log_format="json", log_level="debug"
    ) as running:
        configure_logs(running.openfrs.settings, log.file)
        yield running


def test_a_request_is_one_line_that_says_who_and_how_long(service: TestService, log: Log) -> None:
    make_set(service)
    add(service, RED)
    search(service, image_base64=text(RED), filter="floor:[1 TO 9]")
    service.client.get(service.path("face-sets/none"))
    created, _, searched, refused = log.requests()
    assert set(created) == set(refused) == FIELDS
    assert searched["operation"] == "SearchFace"
    assert (searched["status"], searched["error_code"]) == (200, "")
    assert (refused["status"], refused["error_code"]) == (400, "FRS.0302")
    for line in (searched, refused):
        assert line["client"] == "testclient"
        assert line["project_id"] == service.established.project_id
        assert line["user_id"] == created["user_id"] != ""
        assert 0 < sum(line["stages"].values()) <= line["ms"]
    assert list(searched["stages"]) == [
        *(Step.READ_BODY, Step.QUEUE, Step.AUTHENTICATE, Step.DECODE, Step.DETECT),
        *(Step.TEMPLATE, Step.CATCH_UP, Step.FILTER, Step.SCAN, Step.ANSWER),
    ]


def test_strangers_name_no_project_and_no_user(service: TestService, log: Log) -> None:
    del service.client.headers["X-Auth-Token"]
    service.client.get("/v2/whatever-i-like/face-sets")
    [line] = log.requests()
    assert (line["project_id"], line["user_id"], line["status"]) == ("", "", 401)
    assert "whatever" not in log.file.getvalue()


def test_a_user_of_another_project_is_named_and_that_project_is_not(
    service: TestService, log: Log
) -> None:
    service.client.get(service.path("face-sets"), headers={"X-Project-Id": "other"})
    [line] = log.requests()
    assert line["error_code"] == "FRS.0028"
    assert line["project_id"] == ""
    assert line["user_id"]


@pytest.mark.parametrize("given", ["0123456789abcdef", "a-b_C-1234567890" * 4])
def test_a_well_formed_request_id_of_the_callers_is_kept(
    service: TestService, log: Log, given: str
) -> None:
    answer = service.client.get(service.path("face-sets"), headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] == given
    assert log.requests()[0]["request_id"] == given


@pytest.mark.parametrize(
    "given",
    ["", "short", "a" * 65, "0123456789abcdef ", "0123456789abcdef\u00e9", '{"a": "bcdefgh"}'],
)
def test_any_other_request_id_gives_way_to_ours(service: TestService, log: Log, given: str) -> None:
    answer = service.client.get(
        service.path("face-sets"), headers={b"X-Request-Id": given.encode("latin-1")}
    )
    ours = answer.headers["X-Request-Id"]
    assert ours != given
    assert len(ours) == 32
    assert log.requests()[0]["request_id"] == ours


def test_nothing_of_what_requests_hold_is_logged(service: TestService, log: Log) -> None:
    load(service)
    written = log.file.getvalue()
    assert [content for content in contents(service) if content in written] == []
    driven = {line["operation"] for line in log.requests()}
    assert driven >= {o.name for o in OPERATIONS if o.path.startswith(("/{version}", "/v3/auth"))}


def test_no_route_logs_the_body_path_or_query_that_it_is_given(
    service: TestService, log: Log
) -> None:
    """Whatever routes there are: each gets contents wherever a client could put them."""
    marks = ("mark-of-the-path", "mark-of-the-query", "mark-of-the-body", "mark-of-a-header")
    for operation in OPERATIONS:
        path = operation.path.replace("{version}", "v2")
        path = path.replace("{project_id}", service.established.project_id)
        segments = [marks[0] if part.startswith("{") else part for part in path.split("/")]
        names = ("filter", "image_base64", "external_image_id", "face_id", "sort", "user")
        answer = service.client.request(
            operation.method,
            "/".join(segments),
            params={"external_image_id": marks[1], "face_id": marks[1], "q": marks[1]},
            json=dict.fromkeys(names, marks[2]),
            headers={"X-Subject-Token": marks[3], "Authorization": marks[3], "Cookie": marks[3]},
        )
        assert answer.headers["X-Request-Id"] in log.file.getvalue()
    assert [mark for mark in marks if mark in log.file.getvalue()] == []
