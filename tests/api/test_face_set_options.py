"""What a face set keeps: an operation of our own."""

from typing import Any

import httpx2

from openfrs.testing import TestService
from tests.api.calls import code_of, make_set


def options(service: TestService, name: str = "staff") -> httpx2.Response:
    return service.client.get(f"/openfrs/v1/{service.established.project_id}/face-sets/{name}")


def test_a_set_without_options_keeps_faces_and_no_pictures(service: TestService) -> None:
    info: dict[str, Any] = make_set(service).json()["face_set_info"]
    assert options(service).json() == {
        "face_set_id": info["face_set_id"],
        "face_set_name": "staff",
        "model": service.openfrs.services.engine.model,
        "quality_gate": {},
        "thumbnails": False,
    }


def test_a_set_shows_what_it_was_told(service: TestService) -> None:
    make_set(service, retention_days=30, thumbnails=True, quality_gate={"blur": 0.5})
    shown = options(service).json()
    assert shown["retention_days"] == 30
    assert shown["thumbnails"] is True
    assert shown["quality_gate"] == {"blur": 0.5}


def test_an_unknown_set_has_none(service: TestService) -> None:
    assert code_of(options(service, "nobody")) == "FRS.0302"


def test_a_set_is_not_shown_to_strangers(service: TestService) -> None:
    make_set(service)
    service.client.headers.pop("X-Auth-Token")
    assert options(service).status_code == 401
