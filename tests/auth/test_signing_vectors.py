"""The signatures of the specification, and those recorded from the vendor's Node.js core."""

import base64
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from openfrs.auth.signing import SignedRequest, read_signature

NODE = json.loads((Path(__file__).parent / "data" / "node_requests.json").read_text())

EXTERNAL_ID = "external_image_id=emp%208%2Fx"
SIGNED = "content-type;host;user-agent;x-project-id;x-sdk-date"
SIGNED_MULTIPART = "content-type;host;user-agent;x-project-id;x-sdk-content-sha256;x-sdk-date"

# Spec 12.3: method, path, query, content type, body, plain signature, derived signature
VECTORS = [
    (
        "PUT",
        "/v2/p1/face-sets/staff/faces",
        "",
        "application/json",
        b'{"face_id": "Zx81mQpL"}',
        "38ac723755892d895f324ed646eeb595c6ea8b6bb246fc48b5274e516a6862ee",
        "6a81dbf87cf320729f0f7dbd184a78bca743724b628b30a1080642961fc74ea0",
    ),
    (
        "DELETE",
        "/v2/p1/face-sets/staff/faces",
        EXTERNAL_ID,
        "application/json",
        b"",
        "bcc027fa5bd0b439ba615cb3487a8a612c25e902592d230ec65603956b4bab9b",
        "679bd9ab5eae811317da02c4ecaac2bacbe86fc8e0e621772fd143da895488db",
    ),
    (
        "POST",
        "/v2/p1/face-detect",
        "",
        "multipart/form-data; boundary=b",
        b"whatever",
        "274dc4a9eda46186eff8b0c0593d31eb7f9d89431c4ce39e02a8dc25a1081d14",
        "8305fd4feaab68593587455a0f2bb488e3b565f28935e7344acb513d48fd2b5b",
    ),
]


@pytest.mark.parametrize(
    "credential",
    ["SDK-HMAC-SHA256 Access=AKTEST", "V11-HMAC-SHA256 Credential=AKTEST/20260102/local-1/frs"],
)
@pytest.mark.parametrize(
    ("method", "path", "query", "content_type", "body", "plain", "v11"), VECTORS
)
def test_the_vectors_of_the_specification_fit(
    method: str,
    path: str,
    query: str,
    content_type: str,
    body: bytes,
    plain: str,
    v11: str,
    credential: str,
) -> None:
    multipart = content_type.startswith("multipart")
    signed = SIGNED_MULTIPART if multipart else SIGNED
    signature_text = v11 if credential.startswith("V11") else plain
    headers = [
        ("Content-Type", content_type),
        ("X-Project-Id", "p1"),
        ("User-Agent", "t/1"),
        ("Host", "127.0.0.1:8080"),
        ("X-Sdk-Date", "20260102T030405Z"),
        ("Authorization", f"{credential}, SignedHeaders={signed}, Signature={signature_text}"),
    ]
    if multipart:
        headers.append(("X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD"))
    request = SignedRequest(method, path, query, headers, body)
    signature = read_signature(request, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert signature.access_key == "AKTEST"
    assert signature.fits("SKTEST")
    assert not signature.fits("SKOTHER")


def test_the_worked_example_of_the_specification_fits() -> None:
    """Recording 06, whose body is known by its hash alone: an open canonical request shows it."""
    path = "/v2/5f1c0de0aa114f0b9d3e7c0a11223344/face-sets/staff/faces"
    headers = [
        ("content-type", "application/json"),
        ("host", "127.0.0.1:18777"),
        (
            "user-agent",
            "huaweicloud-usdk-python/3.0; os/Linux##1_SMP_PREEMPT_DYNAMIC_@0#x86_64"
            " python/3.11.7 impl/CPython; app/99da3f65-8ef6-4da3-992c-51c01724638f",
        ),
        ("x-project-id", "5f1c0de0aa114f0b9d3e7c0a11223344"),
        ("x-sdk-date", "20261123T141955Z"),
    ]
    signature_text = "4e1a7207accde01996e362b370488f7cc20ac3850317e9a9b2ed1c0656389b4d"
    authorization = (
        f"SDK-HMAC-SHA256 Access=AKLOCAL, SignedHeaders={SIGNED}, Signature={signature_text}"
    )
    request = SignedRequest("PUT", path, "", [*headers, ("authorization", authorization)], b"")
    signature = read_signature(request, datetime(2026, 11, 23, 14, 20, tzinfo=UTC))
    [canonical] = signature.canonical_requests
    body_hash = b"400fc1350cab88fa48ddac2d1ed503d70615dfa6912f972ebbd5cf8ce649ff26"
    whole = canonical.replace(sha256(b"").hexdigest().encode(), body_hash)
    assert sha256(whole).hexdigest() == (
        "7de107994b6ac1abeeb10c0ebaa99bc7d4e494c6878b4f08bbec634bf26ae50e"
    )


@pytest.mark.parametrize("recorded", NODE["requests"], ids=lambda recorded: recorded["name"])
def test_requests_of_the_vendors_node_core_fit(recorded: dict[str, Any]) -> None:
    path, _, query = recorded["target"].partition("?")
    headers = [(name, value) for name, value in recorded["headers"]]
    body = base64.b64decode(recorded["body_base64"])
    request = SignedRequest(recorded["method"], path, query, headers, body)
    date = datetime.strptime(request.header("x-sdk-date") or "", "%Y%m%dT%H%M%SZ")
    signature = read_signature(request, date.replace(tzinfo=UTC))
    assert signature.access_key == NODE["access_key"]
    assert signature.fits(NODE["secret_key"])
    assert not signature.fits(NODE["secret_key"] + "x")
