"""Users, projects and access keys over the wire, as the vendor's IAM has them."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from openfrs.testing import TestService, make_service
from tests.api.calls import make_set, whole_token

KEYS = "/v3.0/OS-CREDENTIAL/credentials"
PASSWORD = "a long password"


@pytest.fixture
def admin(service: TestService) -> TestService:
    """The service, asked by an administrator whose token is not limited to a project."""
    service.client.headers.update(whole_token(service))
    return service


def create_user(admin: TestService, name: str = "alice", **more: Any) -> dict[str, Any]:
    body = {"user": {"name": name, "password": PASSWORD, **more}}
    answer = admin.client.post("/v3/users", json=body)
    assert answer.status_code == 201, answer.text
    user: dict[str, Any] = answer.json()["user"]
    return user


def become(service: TestService, name: str, password: str = PASSWORD) -> None:
    service.client.headers.update(whole_token(service, name, password))


def message(answer: httpx2.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["code"] == status
    text: str = error["message"]
    return text


def own_id(service: TestService) -> str:
    user = service.openfrs.services.credentials.user(name=service.established.user)
    assert user is not None
    return user.user_id


def test_an_administrator_makes_shows_and_lists_users(admin: TestService) -> None:
    made = create_user(admin, project_ids=[admin.established.project_id])
    assert made == {
        "id": made["id"],
        "name": "alice",
        "domain_id": made["domain_id"],
        "enabled": True,
        "description": "",
        "pwd_status": True,
        "links": {"self": f"http://testserver/v3/users/{made['id']}"},
        "administrator": False,
        "project_ids": [admin.established.project_id],
    }
    assert admin.client.get(f"/v3/users/{made['id']}").json() == {"user": made}
    listed = admin.client.get("/v3/users").json()
    assert [user["name"] for user in listed["users"]] == ["admin", "alice"]
    assert listed["links"]["self"] == "http://testserver/v3/users"
    named = admin.client.get("/v3/users", params={"name": "alice"}).json()
    assert named["users"] == [made]
    assert PASSWORD not in str(listed)


def test_new_rights_count_from_the_next_request_on(admin: TestService) -> None:
    user = create_user(admin)
    project = admin.client.post("/v3/projects", json={"project": {"name": "second"}})
    assert project.status_code == 201
    project_id = project.json()["project"]["id"]
    path = f"/v2/{project_id}/face-sets"
    token = whole_token(admin, "alice", PASSWORD)
    assert admin.client.get(path, headers=token).status_code == 403

    def change(**fields: Any) -> dict[str, Any]:
        answer = admin.client.patch(f"/v3/users/{user['id']}", json={"user": fields})
        assert answer.status_code == 200, answer.text
        changed: dict[str, Any] = answer.json()["user"]
        return changed

    assert change(project_ids=[project_id])["project_ids"] == [project_id]
    assert admin.client.get(path, headers=token).status_code == 200
    assert change()["project_ids"] == [project_id]
    assert change(project_ids=[])["project_ids"] == []
    assert admin.client.get(path, headers=token).status_code == 403
    assert change(administrator=True)["administrator"] is True
    assert admin.client.get(path, headers=token).status_code == 200
    assert admin.client.get("/v3/users", headers=token).status_code == 200
    change(password="another long one")
    assert admin.client.get(path, headers=token).status_code == 401
    become(admin, "alice", "another long one")


def test_a_removed_users_tokens_and_keys_end(admin: TestService) -> None:
    user = create_user(admin)
    token = whole_token(admin, "alice", PASSWORD)
    admin.client.post(KEYS, json={"credential": {"user_id": user["id"]}})
    removed = admin.client.delete(f"/v3/users/{user['id']}")
    assert (removed.status_code, removed.content) == (204, b"")
    assert "Content-Length" not in removed.headers
    assert admin.client.get("/v3/projects", headers=token).status_code == 401
    assert [k.user_id for k in admin.openfrs.services.credentials.access_keys()] == [own_id(admin)]
    assert "no such user" in message(admin.client.delete(f"/v3/users/{user['id']}"), 404)


def test_the_last_administrator_stays_one(admin: TestService) -> None:
    path = f"/v3/users/{own_id(admin)}"
    assert "last administrator" in message(admin.client.delete(path), 409)
    demoted = admin.client.patch(path, json={"user": {"administrator": False}})
    assert "last administrator" in message(demoted, 409)
    create_user(admin, "second", administrator=True)
    assert admin.client.patch(path, json={"user": {"administrator": False}}).status_code == 200
    assert message(admin.client.get("/v3/users"), 403)


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ({"name": "bob"}, "user.password: is missing"),
        ({"name": "bob", "password": "short"}, "password: 8 to 1024 characters"),
        ({"name": "b b", "password": PASSWORD}, "name: 1 to 64"),
        ({"name": "bob", "password": PASSWORD, "enabled": False}, "user.enabled: "),
        ({"name": "bob", "password": PASSWORD, "administrator": "yes"}, "user.administrator: "),
        ({"name": "bob", "password": PASSWORD, "project_ids": "all"}, "user.project_ids: "),
    ],
)
def test_a_user_that_cannot_be_is_refused_with_the_reason(
    admin: TestService, user: dict[str, Any], says: str
) -> None:
    said = message(admin.client.post("/v3/users", json={"user": user}), 400)
    assert said.startswith(f"The request body is invalid: {says}")
    assert PASSWORD not in said
    assert len(admin.client.get("/v3/users").json()["users"]) == 1


def test_a_name_is_taken_once_and_an_unknown_project_makes_no_user(admin: TestService) -> None:
    create_user(admin)
    body: dict[str, Any] = {"user": {"name": "alice", "password": PASSWORD}}
    assert "alice" in message(admin.client.post("/v3/users", json=body), 409)
    body = {"user": {"name": "bob", "password": PASSWORD, "project_ids": ["0" * 32]}}
    assert "no such project" in message(admin.client.post("/v3/users", json=body), 404)
    user_id = own_id(admin)
    unknown = {"user": {"project_ids": ["0" * 32], "administrator": True}}
    assert "no such project" in message(
        admin.client.patch(f"/v3/users/{user_id}", json=unknown), 404
    )
    assert len(admin.client.get("/v3/users").json()["users"]) == 2


ADMINISTRATION = [
    ("GET", "/v3/users", None),
    ("POST", "/v3/users", {"user": {"name": "eve", "password": PASSWORD}}),
    ("GET", "/v3/users/{other}", None),
    ("PATCH", "/v3/users/{other}", {"user": {"password": PASSWORD}}),
    ("PATCH", "/v3/users/{own}", {"user": {"administrator": True}}),
    ("DELETE", "/v3/users/{other}", None),
    ("DELETE", "/v3/users/{own}", None),
    (
        "POST",
        "/v3/users/{other}/password",
        {"user": {"password": PASSWORD, "original_password": PASSWORD}},
    ),
    ("POST", "/v3/projects", {"project": {"name": "mine"}}),
    ("DELETE", "/v3/projects/{project}", None),
    ("GET", KEYS + "?user_id={other}", None),
    ("POST", KEYS, {"credential": {"user_id": "{other}"}}),
]


@pytest.mark.parametrize(("method", "path", "body"), ADMINISTRATION)
def test_only_administrators_do_what_is_theirs(
    admin: TestService, method: str, path: str, body: dict[str, Any] | None
) -> None:
    alice = create_user(admin, project_ids=[admin.established.project_id])
    ids = {"own": alice["id"], "other": own_id(admin), "project": admin.established.project_id}
    credentials = admin.openfrs.services.credentials
    before = (credentials.users(), credentials.projects(), credentials.access_keys())
    if body and "credential" in body:
        body = {"credential": {"user_id": ids["other"]}}
    become(admin, "alice")
    answer = admin.client.request(method, path.format(**ids), json=body)
    assert "administrator" in message(answer, 403)
    assert (credentials.users(), credentials.projects(), credentials.access_keys()) == before


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v3/users"), ("POST", "/v3/projects"), ("GET", KEYS), ("POST", KEYS)],
)
def test_a_token_of_one_project_cannot_make_what_is_good_for_more(
    service: TestService, method: str, path: str
) -> None:
    body = {"credential": {"user_id": own_id(service)}, "project": {"name": "x"}}
    json = body if method == "POST" else None
    answer = service.client.request(method, path, json=json)
    assert "without a project scope" in message(answer, 403)
    assert len(service.openfrs.services.credentials.access_keys()) == 1


def test_everybody_manages_their_own_keys(admin: TestService) -> None:
    alice = create_user(admin)
    become(admin, "alice")
    made = admin.client.post(KEYS, json={"credential": {"user_id": alice["id"]}})
    assert made.status_code == 201
    key = made.json()["credential"]
    assert set(key) == {"user_id", "access", "secret", "status", "create_time", "description"}
    assert (len(key["access"]), len(key["secret"]), key["status"]) == (20, 40, "active")
    shown = {name: value for name, value in key.items() if name != "secret"}
    assert admin.client.get(KEYS).json() == {"credentials": [shown]}
    assert admin.client.get(f"{KEYS}/{key['access']}").json() == {"credential": shown}
    assert admin.client.delete(f"{KEYS}/{key['access']}").status_code == 204
    assert admin.client.get(KEYS).json() == {"credentials": []}


def test_somebody_elses_key_looks_like_none(admin: TestService) -> None:
    create_user(admin)
    become(admin, "alice")
    theirs = admin.established.access_key
    for access_key in (theirs, "A" * 20):
        for method in ("GET", "DELETE"):
            answer = admin.client.request(method, f"{KEYS}/{access_key}")
            assert "no such access key" in message(answer, 404)
    assert admin.openfrs.services.credentials.access_key(theirs) is not None


def test_an_administrator_manages_everybodys_keys(admin: TestService) -> None:
    alice = create_user(admin)
    body = {"credential": {"user_id": alice["id"], "description": "a camera"}}
    key = admin.client.post(KEYS, json=body).json()["credential"]
    [listed] = admin.client.get(KEYS, params={"user_id": alice["id"]}).json()["credentials"]
    assert listed["access"] == key["access"]
    assert admin.client.delete(f"{KEYS}/{key['access']}").status_code == 204
    assert "no such user" in message(admin.client.get(KEYS, params={"user_id": "x"}), 404)
    body = {"credential": {"user_id": "x"}}
    assert "no such user" in message(admin.client.post(KEYS, json=body), 404)


def test_a_new_password_needs_the_old_one_and_ends_tokens(admin: TestService) -> None:
    alice = create_user(admin)
    become(admin, "alice")
    path = f"/v3/users/{alice['id']}/password"

    def change(original: str, new: str) -> httpx2.Response:
        body = {"user": {"original_password": original, "password": new}}
        return admin.client.post(path, json=body)

    assert message(change("wrong password", "a newer password"), 401)
    assert "8 to 1024" in message(change(PASSWORD, "short"), 400)
    assert change(PASSWORD, "a newer password").status_code == 204
    assert admin.client.get("/v3/projects").status_code == 401
    become(admin, "alice", "a newer password")
    for _ in range(5):
        assert change("wrong password", PASSWORD).status_code == 401
    assert "locked" in message(change("a newer password", PASSWORD), 401)


def test_projects_come_and_go(admin: TestService) -> None:
    made = admin.client.post("/v3/projects", json={"project": {"name": "second"}})
    project = made.json()["project"]
    assert made.status_code == 201
    assert admin.client.get(f"/v3/projects/{project['id']}").json() == {"project": project}
    assert project in admin.client.get("/v3/projects").json()["projects"]
    assert admin.client.delete(f"/v3/projects/{project['id']}").status_code == 204
    assert "no such project" in message(admin.client.delete(f"/v3/projects/{project['id']}"), 404)
    make_set(admin)
    own = f"/v3/projects/{admin.established.project_id}"
    assert "face sets" in message(admin.client.delete(own), 409)


def test_a_project_of_others_looks_like_none(admin: TestService) -> None:
    create_user(admin)
    become(admin, "alice")
    answer = admin.client.get(f"/v3/projects/{admin.established.project_id}")
    assert "no such project" in message(answer, 404)


def test_what_one_server_process_changes_the_other_knows(
    admin: TestService, tmp_path: Path
) -> None:
    directory = admin.openfrs.settings.data_dir
    with make_service(directory, established=admin.established) as other:
        other.client.headers.update(whole_token(admin))
        user = create_user(other)
        become(admin, "alice")
        body = {"user": {"administrator": True}}
        assert other.client.patch(f"/v3/users/{user['id']}", json=body).status_code == 200
        assert admin.client.get("/v3/users").status_code == 200
