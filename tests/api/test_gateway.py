"""What holds for every route: the order of checks, who may call, and the shape of answers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from openfrs.api.operation import Operation
from openfrs.api.routes import OPERATIONS, match
from openfrs.app import create_app
from openfrs.domain.faces import DetectedFace, Image
from openfrs.operations.readiness import TRY_ENGINE_EVERY, Readiness
from openfrs.testing import FakeEngine, TestService, make_service
from tests.api.calls import BLUE, GREEN, RED, add, code_of, make_set, search, text

CLOSED = [operation for operation in OPERATIONS if not operation.public]


def path_of(operation: Operation, service: TestService, version: str = "v2") -> str:
    known = {
        "version": version,
        "project_id": service.established.project_id,
        "face_set_name": "staff",
    }
    return operation.path.format_map(defaultdict(lambda: "any", known))


def test_only_these_routes_are_public() -> None:
    public = {operation.name for operation in OPERATIONS if operation.public}
    assert public == {
        *("CreateToken", "ShowToken", "Health", "Readiness"),
        *("ShowDocument", "ShowPage", "Metrics"),
    }


@pytest.mark.parametrize("operation", CLOSED, ids=lambda operation: operation.name)
def test_a_closed_route_refuses_strangers(service: TestService, operation: Operation) -> None:
    del service.client.headers["X-Auth-Token"]
    answer = service.client.request(operation.method, path_of(operation, service))
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "operation", [o for o in CLOSED if "{version}" in o.path], ids=lambda operation: operation.name
)
def test_v1_leads_to_the_same_operation(service: TestService, operation: Operation) -> None:
    answers = [
        service.client.request(
            operation.method,
            path_of(operation, service, version),
            headers={"Content-Type": "application/json"},
        )
        for version in ("v1", "v2")
    ]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("path", ["/", "/v2", "/v3/{p}/face-sets", "/v2/{p}/face-sets/a/b", "/x"])
def test_an_unknown_path_is_not_published(service: TestService, path: str) -> None:
    answer = service.client.get(path.replace("{p}", service.established.project_id))
    assert (answer.status_code, code_of(answer)) == (404, "APIG.0101")


def test_the_absolute_form_of_a_path_is_the_path() -> None:
    assert match("GET", "http://any.example/healthz").operation.name == "Health"


def test_an_unknown_path_is_refused_before_the_token_is_read(service: TestService) -> None:
    answer = service.client.get("/v2/x/none", headers={"X-Auth-Token": "x"})
    assert code_of(answer) == "APIG.0101"


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "PUT"])
def test_an_unknown_method_is_not_published(service: TestService, method: str) -> None:
    answer = service.client.request(method, service.path("face-sets"))
    assert (answer.status_code, code_of(answer)) == (404, "APIG.0101")


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/healthz"])
def test_what_is_public_may_be_asked_for_without_its_body(service: TestService, path: str) -> None:
    whole, head = service.client.get(path), service.client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Type", "Content-Length"):
        assert head.headers[name] == whole.headers[name]


def test_what_needs_credentials_is_asked_for_by_its_own_method_alone(
    service: TestService,
) -> None:
    assert service.client.head(service.path("face-sets")).status_code == 404


def test_a_client_without_project_id_is_told_so(service: TestService) -> None:
    answer = service.client.get("/v2/%7Bproject_id%7D/face-sets")
    assert (answer.status_code, code_of(answer)) == (404, "APIG.0101")
    assert "project id" in answer.json()["error_msg"]


def test_the_project_header_must_name_the_project_of_the_path(service: TestService) -> None:
    path = service.path("face-sets")
    own = {"X-Project-Id": service.established.project_id}
    assert service.client.get(path, headers=own).status_code == 200
    answer = service.client.get(path, headers={"X-Project-Id": "0" * 32})
    assert (answer.status_code, code_of(answer)) == (403, "FRS.0028")


@pytest.mark.parametrize("value", ["ep-1", "", "%%%"])
def test_an_enterprise_project_never_matters(service: TestService, value: str) -> None:
    answer = service.client.get(service.path("face-sets"), headers={"Enterprise-Project-Id": value})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "content_type", ["application/json;charset=utf8", "Application/JSON; charset=UTF-8"]
)
def test_json_is_known_with_parameters_and_in_any_case(
    service: TestService, content_type: str
) -> None:
    answer = service.client.post(
        service.path("face-sets"),
        content=b'{"face_set_name": "staff"}',
        headers={"Content-Type": content_type},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FRS.0014"),
        (b"[]", "FRS.0014"),
        (b'{"face_set_name": NaN}', "FRS.0014"),
        (b'{"face_set_name": "\xff"}', "FRS.0014"),
        (b'{"face_set_name": "\\ud800"}', "FRS.0014"),
        (b"[" * 100_000, "FRS.0014"),
        (b'{"face_set_capacity": ' + b"9" * 5000 + b"}", "FRS.0014"),
    ],
)
def test_broken_json_is_refused(service: TestService, content: bytes, code: str) -> None:
    answer = service.client.post(
        service.path("face-sets"), content=content, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, code_of(answer)) == (400, code)


@pytest.mark.parametrize(
    ("content_type", "content", "code"),
    [
        ("text/plain", b"x", "FRS.0012"),
        ("application/x-www-form-urlencoded", b"face_set_name=a", "FRS.0012"),
        ("multipart/form-data", b"x", "FRS.0014"),
        ("multipart/form-data; boundary=b", b"", "FRS.0014"),
        ("multipart/form-data; boundary=b", b"garbage", "FRS.0014"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n--b--\r\n", "FRS.0014"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="face_set_name"\r\n\r\nstaff',
            "FRS.0014",
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="face_set_name"\r\n\r\n\xff\r\n--b--\r\n',
            "FRS.0012",
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="face_set_name"\r\n\r\na\r\n' * 2
            + b"--b--\r\n",
            "FRS.0012",
        ),
    ],
)
def test_broken_forms_are_refused(
    service: TestService, content_type: str, content: bytes, code: str
) -> None:
    answer = service.client.post(
        service.path("face-sets"), content=content, headers={"Content-Type": content_type}
    )
    assert (answer.status_code, code_of(answer)) == (400, code)


def test_a_form_of_many_parts_is_refused(service: TestService) -> None:
    parts = {f"p{number}": (None, "x") for number in range(65)}
    answer = service.client.post(service.path("face-sets"), files=parts)
    assert code_of(answer) == "FRS.0014"


def test_health_and_readiness_need_no_credentials(service: TestService) -> None:
    del service.client.headers["X-Auth-Token"]
    assert service.client.get("/healthz").status_code == 200
    assert service.client.get("/readyz").json() == {"status": "ready", "model": "fake@1"}


def test_an_unusable_store_is_not_ready_but_alive(service: TestService) -> None:
    service.openfrs.close()
    assert service.client.get("/readyz").status_code == 503
    assert service.client.get("/healthz").status_code == 200


def test_models_that_fail_are_not_ready_until_they_work_again(tmp_path: Path) -> None:
    class Failing(FakeEngine):
        broken = True

        def detect(self, image: Image) -> Sequence[DetectedFace]:
            if self.broken:
                raise RuntimeError("the device is lost")
            return super().detect(image)

    engine, moment = Failing(), 0.0
    with make_service(tmp_path / "data", engine=engine) as service:
        services = service.openfrs.services
        readiness = Readiness(
            services.credentials, engine, lambda: 1, least_free=0, clock=lambda: moment
        )
        app = create_app(replace(service.openfrs, services=replace(services, readiness=readiness)))
        with TestClient(app) as client:
            answer = client.get("/readyz")
            assert (answer.status_code, answer.json()) == (503, {"status": "the models fail"})
            engine.broken = False
            assert client.get("/readyz").status_code == 503  # what was found a moment ago
            moment = TRY_ENGINE_EVERY
            assert client.get("/readyz").status_code == 200


def test_a_disk_with_less_room_than_the_operator_wants_is_not_ready(tmp_path: Path) -> None:
    with make_service(tmp_path / "data", least_free_bytes=2**50) as service:
        answer = service.client.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "the disk is nearly full"})


def test_old_clients_can_evaluate_every_answer(service: TestService) -> None:
    """The vendor's old Python SDK replaces true and false and evaluates the body (spec 2.3)."""
    make_set(service)
    faces = add(service, RED, GREEN, external_fields={"active": True, "floor": 3})
    search(service, image_base64=text(RED), return_fields=["active"])
    client, path = service.client, service.path
    answers = [
        client.get(path("face-sets")),
        client.get(path("face-sets/staff")),
        client.get(path("face-sets/staff/faces")),
        client.post(path("face-sets/staff/search"), json={"face_id": faces[0]["face_id"]}),
        client.post(path("face-detect"), json={"image_base64": text(BLUE), "attributes": "1,2,4"}),
        client.post(
            path("face-compare"), json={"image1_base64": text(RED), "image2_base64": text(RED)}
        ),
        client.put(path("face-sets/staff/faces"), json={"face_id": "none"}),
        client.delete(path("face-sets/staff")),
    ]
    for answer in answers:
        text_of_answer = answer.text.replace("true", "True").replace("false", "False")
        evaluated: Any = eval(text_of_answer, {"__builtins__": {}})  # noqa: S307  # as that SDK does
        assert evaluated == answer.json()
