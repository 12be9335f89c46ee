"""Tokens and projects (spec 12.1, 12.2)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from openfrs.operations import accounts
from openfrs.testing import TestService, make_service
from tests.api.calls import make_set


def body(service: TestService, **scope: Any) -> dict[str, Any]:
    user = {
        "domain": {"name": service.established.domain},
        "name": service.established.user,
        "password": service.established.password,
    }
    auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": user}}}
    if scope:
        auth["scope"] = scope
    return {"auth": auth}


def sign_in(service: TestService, **scope: Any) -> Any:
    return service.client.post("/v3/auth/tokens?nocatalog=true", json=body(service, **scope))


@pytest.mark.parametrize("by", ["id", "name"])
def test_a_password_gives_a_token_for_a_project(service: TestService, by: str) -> None:
    value = service.established.project_id if by == "id" else "local-1"
    answer = sign_in(service, project={by: value})
    assert answer.status_code == 201
    assert answer.headers["X-IAM-Trace-Id"]
    token = answer.json()["token"]
    assert token["project"]["id"] == service.established.project_id
    assert token["project"]["domain"]["name"] == service.established.domain
    assert token["user"]["name"] == service.established.user
    assert (token["methods"], token["catalog"]) == (["password"], [])
    issued, expires = (
        datetime.strptime(token[key], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        for key in ("issued_at", "expires_at")
    )
    assert expires - issued == timedelta(hours=24)
    service.client.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]
    assert service.client.get(service.path("face-sets")).status_code == 200


@pytest.mark.parametrize("scope", [{}, {"domain": {"name": "openfrs"}}])
def test_without_a_project_the_scope_is_the_domain(
    service: TestService, scope: dict[str, Any]
) -> None:
    token = sign_in(service, **scope).json()["token"]
    assert "project" not in token
    assert token["domain"]["name"] == service.established.domain


def test_a_project_scope_wins_over_a_domain_scope(service: TestService) -> None:
    token = sign_in(service, project={"name": "local-1"}, domain={"name": "openfrs"}).json()
    assert token["token"]["project"]["name"] == "local-1"


def test_a_user_may_be_named_by_id(service: TestService) -> None:
    user_id = sign_in(service).json()["token"]["user"]["id"]
    request = body(service)
    request["auth"]["identity"]["password"]["user"] = {
        "id": user_id,
        "password": service.established.password,
    }
    assert service.client.post("/v3/auth/tokens", json=request).status_code == 201


def test_a_token_says_what_it_is(service: TestService) -> None:
    made = sign_in(service, project={"name": "local-1"})
    token = made.headers["X-Subject-Token"]
    shown = service.client.get("/v3/auth/tokens", headers={"X-Subject-Token": token})
    assert (shown.status_code, shown.json()) == (200, made.json())


def test_tokens_survive_a_restart(tmp_path: Path) -> None:
    with make_service(tmp_path) as first:
        make_set(first)
        token = first.token
    with make_service(tmp_path, established=first.established) as second:
        second.client.headers["X-Auth-Token"] = token
        answer = second.client.get(second.path("face-sets/staff"))
        assert answer.json()["face_set_info"]["face_set_name"] == "staff"


@pytest.mark.parametrize(
    "change",
    [{"password": "wrong"}, {"name": "nobody"}, {"domain": {"name": "elsewhere"}}],
)
def test_everything_wrong_looks_the_same(service: TestService, change: dict[str, Any]) -> None:
    request = body(service)
    request["auth"]["identity"]["password"]["user"].update(change)
    answer = service.client.post("/v3/auth/tokens", json=request)
    assert answer.status_code == 401
    assert answer.json() == {
        "error": {
            "code": 401,
            "message": "The username or password is wrong.",
            "title": "Unauthorized",
        }
    }


@pytest.mark.parametrize(
    "broken", [{}, {"auth": 5}, {"auth": {"identity": {"methods": ["token"]}}}, []]
)
def test_a_broken_body_is_a_bad_request(service: TestService, broken: object) -> None:
    answer = service.client.post("/v3/auth/tokens", json=broken)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("The request body is invalid: ")


@pytest.mark.parametrize(("query", "count"), [("", 1), ("?name=local-1", 1), ("?name=x", 0)])
def test_projects_are_found_by_name(service: TestService, query: str, count: int) -> None:
    answer = service.client.get(f"/v3/projects{query}").json()
    assert set(answer) == {"projects", "links"}
    assert len(answer["projects"]) == count
    for project in answer["projects"]:
        assert project["id"] == service.established.project_id
        assert (project["enabled"], project["is_domain"]) == (True, False)


def test_a_user_sees_and_uses_only_granted_projects(service: TestService) -> None:
    credentials = service.openfrs.services.credentials
    other = accounts.create_project(credentials, "other")
    from openfrs.auth.passwords import hash_password

    accounts.create_user(
        credentials,
        "alice",
        "a long password",
        hash_password=hash_password,
        administrator=False,
        project_names=["other"],
    )
    request = body(service)
    request["auth"]["identity"]["password"]["user"] = {
        "name": "alice",
        "domain": {"name": "openfrs"},
        "password": "a long password",
    }
    answer = service.client.post("/v3/auth/tokens", json=request)
    service.client.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]
    names = [p["name"] for p in service.client.get("/v3/projects").json()["projects"]]
    assert names == ["other"]
    assert service.client.get(f"/v2/{other.project_id}/face-sets").status_code == 200
    refused = service.client.get(service.path("face-sets"))
    assert (refused.status_code, refused.json()["error_code"]) == (403, "FRS.0028")
