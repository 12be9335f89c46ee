"""Schemathesis asks a live server for what the OpenAPI document allows, and for what it forbids.

No answer may be an internal error, and each must be as the document says. The requests are the
same in every run (tests/conftest.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from openfrs.operations import accounts
from openfrs.testing import FakeLiveness, TestService, make_service, picture
from tests.api.calls import GREEN, RED, add, listed, make_set, text, whole_token
from tests.api.conformity import document
from tests.serving import listening

REQUESTS = 12
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
OPERATIONS = {
    operation["operationId"]: (path, method)
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
}
MOSTLY = st.sampled_from([True, True, True, True, False])
FACES: dict[str, Any] = {
    **{f"{name}_base64": text(RED, GREEN) for name in ("image", "image1", "image2")},
    **{f"{name}_file": picture(RED, GREEN) for name in ("image", "image1", "image2")},
}


def put(known: dict[str, Any], fields: dict[str, Any]) -> None:
    """Gives the fields that are there the values that are known."""
    fields.update({name: value for name, value in known.items() if name in fields})


def can_be_wrong(operation: dict[str, Any]) -> bool:
    """Is there something in a request that could be wrong? Any text can stand for an id."""
    return "requestBody" in operation or any(
        parameter["in"] != "path" or "enum" in parameter["schema"]
        for parameter in operation["parameters"]
    )


@dataclass(frozen=True)
class Live:
    """A server that listens, and what stands in the paths of requests that lead somewhere."""

    service: TestService
    endpoint: str
    headers: dict[str, str]
    known: dict[str, str]
    schema: Any


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    directory = tmp_path_factory.mktemp("live")
    with (
        make_service(directory, liveness=FakeLiveness()) as service,
        listening(service.openfrs) as endpoint,
    ):
        services = service.openfrs.services
        victim = accounts.create_user(
            services.credentials,
            "victim",
            "a long password",
            hash_password=services.secrets.hash_password,
            administrator=False,
        )
        known = {
            "project_id": service.established.project_id,
            "face_set_name": "staff",
            "user_id": victim.user_id,
            "version": "v2",
        }
        schema = schemathesis.openapi.from_url(f"{endpoint}/openapi.json")
        yield Live(service, endpoint, whole_token(service), known, schema)


CASES = [
    pytest.param(name, mode, id=f"{name}-{mode.value}")
    for name, (path, method) in OPERATIONS.items()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or can_be_wrong(document()["paths"][path][method])
]


@pytest.mark.parametrize(("name", "mode"), CASES)
def test_every_answer_is_as_documented(live: Live, name: str, mode: GenerationMode) -> None:
    path, method = OPERATIONS[name]
    operation = live.schema[path][method]
    if make_set(live.service).status_code == 200:
        add(live.service, RED, external_fields={"floor": 1})
    enrolled = [face["face_id"] for face in listed(live.service)]

    @settings(
        max_examples=REQUESTS,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode), MOSTLY, MOSTLY)
    def ask(case: Any, leads_somewhere: bool, shows_a_face: bool) -> None:  # noqa: FBT001
        if leads_somewhere:
            put(live.known, case.path_parameters)
        if shows_a_face and isinstance(case.body, dict):
            put({**FACES, "face_id": enrolled[0] if enrolled else "none"}, case.body)
        answer = case.call(base_url=live.endpoint, headers=live.headers)
        case.validate_response(answer, checks=CHECKS)

    ask()
