"""The OpenAPI document and the page of it; every other test holds the answers against it."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from openfrs.api.error_codes import ERROR_CODES, INTERNAL_ERROR
from openfrs.api.openapi.document import DESCRIPTIONS
from openfrs.api.operation import Operation
from openfrs.api.routes import OPERATIONS
from openfrs.testing import TestService
from tests.api.conformity import document


def described(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = document()["paths"][operation.path][operation.method.lower()]
    return found


def parts(value: object) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from parts(inner)


def errors_of(schema: dict[str, Any], value: object) -> list[str]:
    whole = {**schema, "components": document()["components"]}
    return [e.message for e in jsonschema_rs.Draft202012Validator(whole).iter_errors(value)]


def test_the_server_has_the_document_for_everybody(service: TestService) -> None:
    service.client.headers.pop("X-Auth-Token")
    answer = service.client.get("/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == document()
    assert answer.json()["openapi"] == "3.1.0"


def test_every_operation_is_described_and_nothing_else() -> None:
    assert {operation.name for operation in OPERATIONS} == set(DESCRIPTIONS)
    names = [o["operationId"] for methods in document()["paths"].values() for o in methods.values()]
    assert sorted(names) == sorted(DESCRIPTIONS)
    groups = {tag["name"] for tag in document()["tags"]}
    assert {description.group for description in DESCRIPTIONS.values()} == groups


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_the_examples_are_as_their_schemas_say(operation: Operation) -> None:
    made = described(operation)
    bodies = made.get("requestBody", {}).get("content", {})
    contents = [*bodies.values()]
    for response in made["responses"].values():
        contents += response.get("content", {}).values()
    assert ("requestBody" in made) == ("example" in bodies.get("application/json", {}))
    for content in contents:
        examples = [content["example"]] if "example" in content else []
        for reference in content.get("examples", {}).values():
            name = reference["$ref"].rsplit("/", 1)[1]
            examples.append(document()["components"]["examples"][name]["value"])
        for example in examples:
            assert errors_of(content["schema"], example) == []


def test_an_answer_that_is_not_as_described_would_be_seen() -> None:
    [listing] = [operation for operation in OPERATIONS if operation.name == "ShowFaces"]
    content = described(listing)["responses"]["200"]["content"]["application/json"]
    wrong = json.loads(json.dumps(content["example"]))
    wrong["faces"][0]["vector"] = [1]
    assert errors_of(content["schema"], wrong)
    del wrong["faces"][0]["vector"], wrong["faces"][0]["face_id"]
    assert errors_of(content["schema"], wrong)


def test_every_reference_leads_somewhere() -> None:
    references = {part["$ref"] for part in parts(document()) if "$ref" in part}
    assert references
    for reference in references:
        where: Any = document()
        for step in reference.removeprefix("#/").split("/"):
            where = where[step]
    used = {reference.split("/")[2:4][1] for reference in references}
    assert used >= set(document()["components"]["schemas"])


def test_every_row_of_the_table_of_codes_is_a_refusal_of_some_operation() -> None:
    named = set(document()["components"]["examples"])
    rows = {
        f"{fact.__name__}.{row.code or f'IAM.{row.status}'}"
        for fact, families in ERROR_CODES.items()
        for row in families.values()
    }
    rows |= {f"InternalError.{row.code or 'IAM.500'}" for row in INTERNAL_ERROR.values()}
    assert named == rows
    used = {
        part["$ref"].rsplit("/", 1)[1]
        for part in parts(document()["paths"])
        if "/examples/" in part.get("$ref", "")
    }
    assert used == named


def test_forms_take_files_and_json_does_not() -> None:
    [adding] = [operation for operation in OPERATIONS if operation.name == "AddFaces"]
    content = described(adding)["requestBody"]["content"]
    assert "image_file" in content["multipart/form-data"]["schema"]["properties"]
    assert "image_file" not in content["application/json"]["schema"]["properties"]


def test_who_may_call_is_said_of_every_operation() -> None:
    for operation in OPERATIONS:
        schemes = [set(way) for way in described(operation)["security"]]
        signed = [{"Token"}, {"Signature", "SignatureDate"}]
        assert schemes == ([] if operation.public else signed)


def page(service: TestService) -> str:
    service.client.headers.pop("X-Auth-Token", None)
    answer = service.client.get("/docs")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"
    return answer.text


def test_the_page_shows_every_operation_with_its_fields_and_refusals(
    service: TestService,
) -> None:
    text = page(service)
    for operation in OPERATIONS:
        start = text.index(f'<article id="{operation.name}">')
        article = text[start : text.index("</article>", start)]
        assert f'href="#{operation.name}"' in text[:start]
        assert operation.path in article
        assert "curl " in article
        made = described(operation)
        for parameter in made["parameters"]:
            assert f"<code>{parameter['name']}</code>" in article
        content = made.get("requestBody", {}).get("content", {})
        schema = content.get("multipart/form-data", content.get("application/json", {}))
        for name in schema.get("schema", {}).get("properties", {}):
            assert f"<code>{name}" in article
        for status in made["responses"]:
            assert status in article


def test_the_page_needs_no_script_and_nothing_from_elsewhere(service: TestService) -> None:
    text = page(service)
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|\son\w+=|style=", text)
    assert set(re.findall(r'href="([^#"][^"]*)"', text)) == {"/openapi.json"}
    assert re.findall(r'src="', text) == []


def test_the_page_allows_its_own_style_alone(service: TestService) -> None:
    policy = service.client.get("/docs").headers["Content-Security-Policy"]
    [style] = re.findall(r"<style>(.*?)</style>", page(service), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
