"""What a refusal says of a field that does not fit, in the words of the request."""

from typing import Any

import pytest

from openfrs.testing import TestService
from tests.api.calls import RED, make_set, text


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("image_base64", 5, "must be a string"),
        ("image_file", "aGVsbG8=", "must be a file, which only a form can carry"),
        ("external_image_id", 5, "must be a string"),
        ("external_fields", [], "must be an object"),
        ("external_fields", "{floor: 3}", "must be JSON"),
        ("single", "perhaps", "must be true or false"),
        ("single", [], "must be true or false"),
    ],
)
def test_an_add_says_what_a_field_must_be(
    service: TestService, field: str, value: object, reason: str
) -> None:
    make_set(service)
    body = {"image_base64": text(RED), field: value}
    if field == "image_file":
        del body["image_base64"]
    assert refusal(service, "face-sets/staff/faces", body) == f"{field}: {reason}"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("top_n", 2.5, "must be a whole number"),
        ("top_n", "ten", "must be a whole number"),
        ("top_n", [], "must be a whole number"),
        ("top_n", True, "must be a number"),
        ("top_n", "9" * 5000, "must be a whole number of fewer digits"),
        ("threshold", "high", "must be a number"),
        ("threshold", "inf", "must be a finite number"),
        ("sort", {"floor": "asc"}, "must be an array"),
        ("return_fields", "floor", "must be JSON"),
        ("filter", 5, "must be a string"),
    ],
)
def test_a_search_says_what_a_field_must_be(
    service: TestService, field: str, value: object, reason: str
) -> None:
    make_set(service)
    body = {"face_id": "aB3dE5gH", field: value}
    assert refusal(service, "face-sets/staff/search", body) == f"{field}: {reason}"


@pytest.mark.parametrize(
    ("auth", "reason"),
    [
        (None, "auth: must be an object"),
        ({"identity": {"methods": "password"}}, "auth.identity.methods: must be an array"),
        ({}, "auth.identity: is missing"),
    ],
)
def test_identity_says_so_too(service: TestService, auth: object, reason: str) -> None:
    answer = service.client.post("/v3/auth/tokens", json={"auth": auth})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].endswith(f": {reason}")


def test_a_search_without_a_probe_names_all_four(service: TestService) -> None:
    make_set(service)
    answer = service.client.post(service.path("face-sets/staff/search"), json={})
    assert answer.json()["error_code"] == "FRS.0011"
    assert "image_base64, image_url, image_file or face_id" in answer.json()["error_msg"]


def test_a_bad_field_name_is_named(service: TestService) -> None:
    body = {"face_set_name": "staff", "external_fields": {"a b": {"type": "string"}}}
    assert "not 'a b'" in refusal(service, "face-sets", body)


def refusal(service: TestService, path: str, body: dict[str, Any]) -> str:
    """The reason that follows FRS.0012's own words."""
    answer = service.client.post(service.path(path), json=body).json()
    assert answer["error_code"] == "FRS.0012", answer
    message: str = answer["error_msg"]
    return message.removeprefix("The request param has wrong format, ")
