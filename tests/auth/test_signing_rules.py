"""What a signature must be before its key is even looked up, and what it does not cover."""

import dataclasses
from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.auth.authorization import MAX_LENGTH, parse_authorization
from openfrs.auth.signing import (
    UNSIGNED_PAYLOAD,
    SignedRequest,
    canonical_paths,
    canonical_queries,
    read_signature,
)
from openfrs.domain.errors import CredentialsMissing, SignatureWrong
from tests.auth.signer import (
    ACCESS_KEY,
    JSON,
    MULTIPART,
    NOW,
    SECRET_KEY,
    sign,
    with_header,
)

HEX = "0" * 64


@pytest.mark.parametrize("minutes", [-15, 0, 15])
def test_a_clock_up_to_fifteen_minutes_off_is_accepted(minutes: int) -> None:
    request = sign(date=NOW + timedelta(minutes=minutes))
    assert read_signature(request, NOW).fits(SECRET_KEY)


@pytest.mark.parametrize("seconds", [-901, 901, 86400])
def test_a_clock_further_off_is_refused_and_the_server_tells_its_own(seconds: int) -> None:
    request = sign(date=NOW + timedelta(seconds=seconds))
    with pytest.raises(SignatureWrong, match="20260102T030405Z"):
        read_signature(request, NOW)


@pytest.mark.parametrize(
    "date", ["", "20260102", "2026-01-02T03:04:05Z", "20261302T030405Z", "20260102T030405"]
)
def test_a_date_of_another_form_is_refused(date: str) -> None:
    request = with_header(sign(), "X-Sdk-Date", date)
    with pytest.raises(SignatureWrong):
        read_signature(request, NOW)


def test_a_request_without_a_signature_is_told_what_is_missing() -> None:
    with pytest.raises(CredentialsMissing):
        read_signature(with_header(sign(), "Authorization", None), NOW)


@pytest.mark.parametrize("name", ["host", "x-sdk-date"])
def test_host_and_date_must_be_signed(name: str) -> None:
    signed = ";".join({"host", "x-sdk-date", "content-type"} - {name})
    text = f"SDK-HMAC-SHA256 Access=AKTEST, SignedHeaders={signed}, Signature={HEX}"
    with pytest.raises(SignatureWrong, match=f"{name} must be signed"):
        read_signature(with_header(sign(), "Authorization", text), NOW)


@pytest.mark.parametrize("name", ["host", "x-sdk-date", "content-type"])
def test_a_signed_header_must_be_there(name: str) -> None:
    with pytest.raises(SignatureWrong):
        read_signature(with_header(sign(), name, None), NOW)


@pytest.mark.parametrize("name", ["host", "x-sdk-date", "content-type", "authorization"])
def test_a_header_that_counts_may_not_come_twice(name: str) -> None:
    request = sign()
    twice = dataclasses.replace(request, headers=[*request.headers, (name, "other")])
    with pytest.raises(SignatureWrong, match="more than once"):
        read_signature(twice, NOW)


def test_the_derived_signature_names_the_day_of_its_date() -> None:
    request = sign(derived=True)
    text = request.header("authorization") or ""
    moved = with_header(request, "Authorization", text.replace("/20260102/", "/20260101/"))
    with pytest.raises(SignatureWrong, match="day"):
        read_signature(moved, NOW)


@pytest.mark.parametrize(
    "algorithm", ["SDK-HMAC-SM3", "SDK-ECDSA-P256-SHA256", "SDK-SM2-SM3", "Bearer", "Basic", ""]
)
def test_another_algorithm_is_refused_with_the_name_of_the_right_one(algorithm: str) -> None:
    text = f"{algorithm} Access=AKTEST, SignedHeaders=host;x-sdk-date, Signature={HEX}"
    with pytest.raises(SignatureWrong, match="SDK-HMAC-SHA256"):
        parse_authorization(text)


@pytest.mark.parametrize(
    "text",
    [
        "SDK-HMAC-SHA256",
        "SDK-HMAC-SHA256 Access=, SignedHeaders=host;x-sdk-date, Signature=" + HEX,
        "SDK-HMAC-SHA256 Access=A B, SignedHeaders=host;x-sdk-date, Signature=" + HEX,
        "SDK-HMAC-SHA256 Access=" + "A" * 65 + ", SignedHeaders=host, Signature=" + HEX,
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=, Signature=" + HEX,
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;;x-sdk-date, Signature=" + HEX,
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;host;x-sdk-date, Signature=" + HEX,
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=Host;x-sdk-date, Signature=" + HEX,
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=" + HEX[1:],
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=" + "g" * 64,
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=" + HEX + "\n",
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=" + HEX + ", X=1",
        "SDK-HMAC-SHA256 Credential=AK/20260102/r/s, SignedHeaders=host, Signature=" + HEX,
        "V11-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=" + HEX,
        "V11-HMAC-SHA256 Credential=AK/2026/r/s, SignedHeaders=host, Signature=" + HEX,
        "V11-HMAC-SHA256 Credential=AK/20260102/r, SignedHeaders=host, Signature=" + HEX,
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders="
        + ";".join(f"h{number}" for number in range(65))
        + ", Signature="
        + HEX,
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=" + "h" * MAX_LENGTH + ", Signature=" + HEX,
    ],
)
def test_a_malformed_authorization_is_refused(text: str) -> None:
    with pytest.raises(SignatureWrong):
        parse_authorization(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(SignatureWrong):
        parse_authorization("SDK-HMAC-SHA256 Access=AK, SignedHeaders=host" + text)


def test_a_multipart_body_may_go_unsigned() -> None:
    request = dataclasses.replace(sign(content_type=MULTIPART), body=b"another body")
    assert read_signature(request, NOW).fits(SECRET_KEY)


def test_an_empty_multipart_body_is_signed_by_its_hash() -> None:
    """So does the Python SDK; Node.js signs UNSIGNED-PAYLOAD, which the next test allows."""
    request = sign(content_type=MULTIPART, body=b"")
    assert read_signature(request, NOW).fits(SECRET_KEY)
    filled = dataclasses.replace(request, body=b"something")
    assert not read_signature(filled, NOW).fits(SECRET_KEY)


def test_an_empty_multipart_body_may_go_unsigned() -> None:
    request = dataclasses.replace(sign(content_type=MULTIPART, body=b"something"), body=b"")
    assert read_signature(request, NOW).fits(SECRET_KEY)


def test_a_header_value_keeps_bytes_that_only_look_like_spaces() -> None:
    """The last byte of a UTF-8 "à" is a no-break space in latin-1."""
    request = sign(headers={"X-Trace": "voilà"})
    assert read_signature(request, NOW).fits(SECRET_KEY)
    padded = with_header(request, "X-Trace", f" {request.header('x-trace')}\t ")
    assert read_signature(padded, NOW).fits(SECRET_KEY)


@pytest.mark.parametrize(
    "content_type", [JSON, "Application/JSON", " application/json;x", "application/bson", None]
)
def test_a_body_of_json_or_of_no_type_may_not_go_unsigned(content_type: str | None) -> None:
    headers = {"X-Sdk-Content-Sha256": UNSIGNED_PAYLOAD}
    request = sign(content_type=content_type, headers=headers)
    with pytest.raises(SignatureWrong, match="not JSON"):
        read_signature(with_header(request, "X-Sdk-Content-Sha256", UNSIGNED_PAYLOAD), NOW)


def test_a_declared_hash_must_be_the_hash_of_the_body() -> None:
    honest = sign(headers={"X-Sdk-Content-Sha256": sha256(b"{}").hexdigest()})
    assert read_signature(honest, NOW).fits(SECRET_KEY)
    with pytest.raises(SignatureWrong, match="hash of the body"):
        read_signature(dataclasses.replace(honest, body=b"[]"), NOW)


def test_the_legacy_client_that_signs_its_multipart_body_is_accepted() -> None:
    """It sends no X-Sdk-Content-Sha256 and spells host in lower case (spec 12.3, Legacy)."""
    request = SignedRequest(
        "POST",
        "/v1/p1/face-detect",
        "",
        [
            ("Content-Type", "multipart/form-data; boundary=b"),
            ("X-Sdk-Date", "20260102T030405Z"),
            ("host", "127.0.0.1:8080"),
            (
                "Authorization",
                "SDK-HMAC-SHA256 Access=AKTEST, SignedHeaders=content-type;host;x-sdk-date, "
                "Signature=9ccbb0ea8a65dac750bb2987fd148098974e799a74263b3bf0d33f20dd488259",
            ),
        ],
        b"--b--",
    )
    signature = read_signature(request, NOW)
    assert signature.access_key == ACCESS_KEY
    assert signature.fits(SECRET_KEY)
    other = dataclasses.replace(request, body=b"--b--x")
    assert not read_signature(other, NOW).fits(SECRET_KEY)


def test_a_path_is_read_as_python_and_as_node_clients_sign_it() -> None:
    assert canonical_paths("/a") == ("/a/",)
    assert canonical_paths("/a//b/") == ("/a//b/",)
    assert canonical_paths("/a%2fb~") == ("/a/b~/", "/a%252fb~/")
    assert canonical_paths("/100%") == ("/100%25/",)
    assert canonical_paths("/%FF") == ("/%FF/", "/%25FF/")


def test_a_query_is_read_sorted_and_as_it_came() -> None:
    assert canonical_queries("") == ("",)
    assert canonical_queries("a=1&b=2") == ("a=1&b=2",)
    assert canonical_queries("b=2&a=10&a=9") == ("a=10&a=9&b=2", "b=2&a=10&a=9")
    assert canonical_queries("a&&b=x%2fy+z=1") == ("a=&b=x%2Fy%20z%3D1",)


def test_neither_body_nor_headers_show_in_the_text_of_a_request() -> None:
    text = repr(sign(headers={"X-Security-Token": "hidden"}, body=b"hidden"))
    assert "hidden" not in text
    assert "Authorization" not in text
