"""Requests signed by the vendor's Python signer."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import DerivationAKSKSigner, Signer

from openfrs.auth.signing import SignedRequest

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ACCESS_KEY = "AKTEST"
SECRET_KEY = "made-up-secret-key"
JSON = "application/json"
MULTIPART = "multipart/form-data; boundary=b"


def sign(
    *,
    access_key: str = ACCESS_KEY,
    secret_key: str = SECRET_KEY,
    method: str = "POST",
    path: str = "/v2/p1/face-detect",
    query: Sequence[tuple[str, object]] = (),
    headers: Mapping[str, str] | None = None,
    content_type: str | None = JSON,
    body: bytes = b"{}",
    date: datetime = NOW,
    derived: bool = False,
) -> SignedRequest:
    """The request as the SDK puts it on the wire."""
    given = {"X-Sdk-Date": date.strftime("%Y%m%dT%H%M%SZ"), **(headers or {})}
    if content_type:
        given["Content-Type"] = content_type
    request = SdkRequest(
        method=method,
        schema="http",
        host="127.0.0.1:8080",
        resource_path=path,
        query_params=list(query),
        header_params=given,
        body=body,
        stream=False,
        signing_algorithm=None,
    )
    credentials = BasicCredentials(access_key, secret_key, "p1")
    if derived:
        DerivationAKSKSigner(credentials).sign(request, "frs", "local-1")
    else:
        Signer(credentials).sign(request)
    sent_path, _, sent_query = request.uri.partition("?")
    return SignedRequest(
        method, sent_path, sent_query, list(request.header_params.items()), request.body
    )


def with_header(request: SignedRequest, name: str, value: str | None) -> SignedRequest:
    """The request with one header replaced, added, or, for None, left out."""
    kept = [pair for pair in request.headers if pair[0].lower() != name.lower()]
    added = [] if value is None else [(name, value)]
    return SignedRequest(
        request.method, request.raw_path, request.query_string, kept + added, request.body
    )
