"""Requests that our own commands sign: the server takes them, and the vendor signs alike."""

from hypothesis import given
from hypothesis import strategies as st

from openfrs.auth import signing
from openfrs.auth.signing import SignedRequest, read_signature
from tests.auth.signer import ACCESS_KEY, NOW, SECRET_KEY
from tests.auth.signer import sign as sign_with_sdk

segments = st.lists(st.sampled_from(["a", "b c", "é", "李", "~"]), max_size=3)


@given(segments, st.binary(max_size=20), st.sampled_from(["GET", "POST", "DELETE"]))
def test_what_we_sign_is_what_the_sdk_signs(words: list[str], body: bytes, method: str) -> None:
    query = [("face_id", word) for word in words[:1]]
    theirs = sign_with_sdk(method=method, query=query, body=body, content_type=None)
    unsigned = SignedRequest(
        method, theirs.raw_path, theirs.query_string, [("Host", theirs.header("host") or "")], body
    )
    ours = signing.sign(unsigned, ACCESS_KEY, SECRET_KEY, NOW)
    assert ours["X-Sdk-Date"] == theirs.header("x-sdk-date")
    received = SignedRequest(
        method,
        theirs.raw_path,
        theirs.query_string,
        [*unsigned.headers, *ours.items()],
        body,
    )
    signature = read_signature(received, NOW)
    assert signature.fits(SECRET_KEY)
    assert not signature.fits(SECRET_KEY + "x")
    assert ours["Authorization"] == theirs.header("authorization")
