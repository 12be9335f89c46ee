"""Requests a second of a project for an operation, and what clients are told of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from openfrs.setting_values import SettingInvalid
from openfrs.testing import TestService, make_service
from tests.api.calls import GREEN, RED, code_of, make_set, text

HEADERS = {"X-Apig-RateLimit-Api", "RateLimit-Policy", "RateLimit"}


@contextmanager
def limited(data_dir: Path, **settings: Any) -> Iterator[TestService]:
    """A service whose buckets do not fill while a test runs."""
    with make_service(data_dir, **{"rate_limit": 0.001, "rate_burst": 3} | settings) as service:
        yield service


def test_past_the_rate_a_project_is_refused_for_that_operation(tmp_path: Path) -> None:
    with limited(tmp_path) as service:
        answers = [service.client.get(service.path("face-sets")) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        refused = answers[3]
        assert code_of(refused) == "APIG.0308"
        assert "limit:3,time:3000 second" in refused.json()["error_msg"]
        assert refused.json()["request_id"] == refused.headers["X-Request-Id"]
        assert 990 <= int(refused.headers["Retry-After"]) <= 1000
        assert make_set(service).status_code == 200  # another operation
        other = service.openfrs.services.credentials.add_project("other")
        assert service.client.get(f"/v2/{other.project_id}/face-sets").status_code == 403
        token = _token_of(service, other.project_id)
        answer = service.client.get(
            f"/v2/{other.project_id}/face-sets", headers={"X-Auth-Token": token}
        )
        assert answer.status_code == 200


def _token_of(service: TestService, project_id: str) -> str:
    made = service.established
    body = {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {
                        "name": made.user,
                        "password": made.password,
                        "domain": {"name": made.domain},
                    }
                },
            },
            "scope": {"project": {"id": project_id}},
        }
    }
    return service.client.post("/v3/auth/tokens", json=body).headers["X-Subject-Token"]


def test_every_answer_says_what_is_left(tmp_path: Path) -> None:
    with limited(tmp_path) as service:
        make_set(service)
        path = service.path("face-sets/staff/faces")
        added = service.client.post(path, json={"image_base64": text(RED)})
        assert added.headers["X-Apig-RateLimit-Api"] == "remain:2,limit:3,time:3000 second"
        assert added.headers["RateLimit-Policy"] == '"AddFaces";q=3;w=3000'
        assert added.headers["RateLimit"] == '"AddFaces";r=2;t=1000'
        refused = service.client.post(path, json={"image_base64": text()})
        assert code_of(refused) == "FRS.0404"
        assert refused.headers["X-Apig-RateLimit-Api"].startswith("remain:1,")


def test_without_a_rate_nothing_is_said_of_one(tmp_path: Path) -> None:
    with make_service(tmp_path) as service:
        answer = service.client.get(service.path("face-sets"))
        assert not HEADERS & set(answer.headers)
        assert not (tmp_path / "rates").exists()


def test_strangers_use_nothing_up(tmp_path: Path) -> None:
    with limited(tmp_path) as service:
        for _ in range(5):
            answer = service.client.get(
                service.path("face-sets"), headers={"X-Auth-Token": "stranger"}
            )
            assert (answer.status_code, code_of(answer)) == (401, "APIG.0301")
            assert not HEADERS & set(answer.headers)
        assert service.client.get(service.path("face-sets")).status_code == 200


def test_signing_in_and_health_have_no_rate(tmp_path: Path) -> None:
    with limited(tmp_path) as service:
        for _ in range(5):
            assert service.client.get("/healthz").status_code == 200
            assert service.client.get("/v3/projects").status_code == 200
            assert _token_of(service, service.established.project_id)


def test_an_operation_may_have_a_rate_of_its_own(tmp_path: Path) -> None:
    with make_service(tmp_path, rate_limits=["DetectFace=0.001"]) as service:
        body = {"image_base64": text(GREEN)}
        answers = [service.client.post(service.path("face-detect"), json=body) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert not HEADERS & set(service.client.get(service.path("face-sets")).headers)


def test_the_cloud_profile_has_the_vendors_figures(tmp_path: Path) -> None:
    with make_service(tmp_path, profile="cloud") as service:
        answer = service.client.get(service.path("face-sets"))
        assert answer.headers["X-Apig-RateLimit-Api"] == "remain:9,limit:10,time:1 second"
        answer = service.client.post(service.path("live-detect"), json={})
        assert answer.headers["X-Apig-RateLimit-Api"] == "remain:0,limit:1,time:1 second"


@pytest.mark.parametrize(
    "settings", [{"rate_limits": ["None=1"]}, {"rate_limits": ["x"]}, {"rate_limit": -1}]
)
def test_rates_that_make_no_sense_are_refused(tmp_path: Path, settings: dict[str, Any]) -> None:
    with pytest.raises(SettingInvalid, match="rate_limit"), make_service(tmp_path, **settings):
        pass
