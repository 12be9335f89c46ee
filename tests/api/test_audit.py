"""What the audit log holds of requests, and what it must never hold."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from openfrs.app import create_app
from openfrs.storage.audit_history import AuditHistory, Entry, Wanted
from openfrs.testing import TestService, make_service
from tests.api.calls import BLUE, GREEN, RED, add, code_of, listed, make_set, search, text


def entries(service: TestService, *, flush: bool = True) -> Sequence[Entry]:
    """What stands in the log, without what the first start wrote."""
    database, trail = service.openfrs.database, service.openfrs.trail
    assert database.audit is not None
    assert trail is not None
    if flush:
        trail.flush()
    history = AuditHistory(database, database.audit)
    assert history.verify()[1] is None
    return [entry for entry in history.entries(Wanted()) if entry["actor"] != "service"]


def faces_of(entry: Entry) -> set[str]:
    faces = entry.get("faces", [])
    assert isinstance(faces, list)
    return set(faces)


def update(service: TestService, face_id: str, **body: Any) -> Any:
    return service.client.put(
        service.path("face-sets/staff/faces"), json={"face_id": face_id} | body
    )


def test_an_update_is_recorded_before_it_is_answered(service: TestService) -> None:
    make_set(service)
    [face] = add(service, RED)
    answer = update(service, face["face_id"], external_fields={"floor": 3})
    entry = dict(entries(service, flush=False)[-1])
    assert str(entry.pop("time")) > "2026"
    made = service.established
    user = service.openfrs.services.credentials.user(name=made.user)
    assert user is not None
    assert entry == {
        "number": 4,
        "actor": "token",
        "user": made.user,
        "user_id": user.user_id,
        "client": "testclient",
        "operation": "UpdateFace",
        "project_id": made.project_id,
        "face_set": "staff",
        "faces": [face["face_id"]],
        "count": 1,
        "status": 200,
        "request_id": answer.headers["X-Request-Id"],
    }


def test_every_kind_of_write_names_what_it_touched(service: TestService) -> None:
    make_set(service)
    faces = add(service, RED, GREEN, BLUE, external_fields={"floor": 1})
    ids = [face["face_id"] for face in faces]
    path = service.path("face-sets/staff/faces")
    service.client.delete(path, params={"face_id": ids[0]})
    service.client.request("DELETE", path + "/batch", json={"filter": "floor:1"})
    service.client.delete(service.path("face-sets/staff"))
    found = [
        (entry["operation"], entry["face_set"], faces_of(entry), entry.get("count"))
        for entry in entries(service, flush=False)
    ]
    assert found == [
        ("CreateFaceSet", "staff", set(), None),
        ("AddFaces", "staff", set(ids), 3),
        ("DeleteFace", "staff", {ids[0]}, 1),
        ("BatchDeleteFaces", "staff", set(ids[1:]), 2),
        ("DeleteFaceSet", "staff", set(), 0),
    ]


def test_a_refused_write_is_recorded_with_its_error(service: TestService) -> None:
    make_set(service)
    update(service, "Zx81mQpL", external_fields={"floor": 3})
    entry = entries(service)[-1]
    assert (entry["operation"], entry["status"], entry["error_code"]) == (
        "UpdateFace",
        400,
        "FRS.0303",
    )
    assert (entry["face_set"], entry["faces"]) == ("staff", ["Zx81mQpL"])


def sign_in(service: TestService, name: str, password: str) -> int:
    user = {"name": name, "password": password, "domain": {"name": service.established.domain}}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
    status: int = service.client.post("/v3/auth/tokens", json=body).status_code
    return status


def test_signing_in_is_recorded_with_the_user_that_there_is(service: TestService) -> None:
    made = service.established
    assert sign_in(service, made.user, made.password) == 201
    assert sign_in(service, made.user, "wrong-password") == 401
    assert sign_in(service, "my-password-in-the-wrong-field", "x") == 401
    found = [
        (entry["operation"], entry["actor"], entry.get("user"), entry["status"])
        for entry in entries(service)
    ]
    assert found == [
        ("CreateToken", "password", made.user, 201),
        ("CreateToken", "password", made.user, 401),
        ("CreateToken", "password", None, 401),
    ]


def test_strangers_and_reads_leave_no_entry_by_default(service: TestService) -> None:
    make_set(service)
    add(service, RED)
    before = len(entries(service))
    listed(service)
    search(service, image_base64=text(RED))
    service.client.post(service.path("face-detect"), json={"image_base64": text(RED)})
    service.client.get("/healthz")
    stranger = service.client.post(
        service.path("face-sets"), json={}, headers={"X-Auth-Token": "stranger"}
    )
    assert stranger.status_code == 401
    assert len(entries(service)) == before


def test_a_caller_in_a_foreign_project_is_recorded(service: TestService) -> None:
    answer = service.client.post(f"/v2/{'0' * 32}/face-sets", json={})
    assert code_of(answer) == "FRS.0028"
    entry = entries(service)[-1]
    assert (entry["operation"], entry["status"], entry["user"]) == (
        "CreateFaceSet",
        403,
        service.established.user,
    )


def test_searches_are_recorded_with_whom_they_found_where_all_is(tmp_path: Path) -> None:
    with make_service(tmp_path, audit="all") as service:
        make_set(service)
        [face] = add(service, RED)
        search(service, image_base64=text(RED))
        search(service, face_id=face["face_id"])
        listed(service)
        service.client.post(service.path("face-detect"), json={"image_base64": text(RED)})
        service.client.get("/healthz")
        found = [
            (entry["operation"], entry.get("faces"), entry.get("count"), entry.get("target"))
            for entry in entries(service)[2:]
        ]
        one = [face["face_id"]]
        assert found == [
            ("SearchFace", one, 1, None),
            ("SearchFace", one, 1, f"face {face['face_id']}"),
            ("ShowFaces", one, 1, None),
            ("DetectFace", None, None, None),
        ]


def test_a_log_that_is_off_stays_empty(tmp_path: Path) -> None:
    with make_service(tmp_path, audit="off") as service:
        make_set(service)
        add(service, RED)
        with service.openfrs.database.read() as connection:
            assert connection.execute("SELECT count(*) FROM audit_entry").fetchone() == (0,)


def test_the_log_holds_neither_client_data_nor_anything_of_a_picture(tmp_path: Path) -> None:
    with make_service(tmp_path, audit="all") as service:
        make_set(service)
        [face] = add(
            service, RED, external_image_id="markerimage", external_fields={"badge": "markerbadge"}
        )
        update(service, face["face_id"], external_fields={"badge": "markertoo"})
        search(service, image_base64=text(RED), filter="badge:markertoo", return_fields=["badge"])
        path = service.path("face-sets/staff/faces")
        service.client.delete(path, params={"external_image_id": "markernobody"})
        service.client.request("DELETE", path + "/batch", json={"filter": "badge:markertoo"})
        sign_in(service, "markername", "markerpassword")
        written = json.dumps(entries(service))
        assert face["face_id"] in written
        assert "marker" not in written
        assert service.token not in written
        assert text(RED)[20:60] not in written


@pytest.mark.parametrize(
    ("trusted", "client"), [(["127.0.0.0/8"], "198.51.100.7"), ([], "127.0.0.1")]
)
def test_the_client_behind_a_trusted_proxy_is_named(
    tmp_path: Path, trusted: list[str], client: str
) -> None:
    with make_service(tmp_path, trusted_proxies=trusted) as service:
        with TestClient(create_app(service.openfrs), client=("127.0.0.1", 5000)) as proxy:
            proxy.headers["X-Auth-Token"] = service.token
            proxy.headers["X-Forwarded-For"] = "1.1.1.1, 198.51.100.7"
            make_set(replace(service, client=proxy))
        assert entries(service)[-1]["client"] == client
