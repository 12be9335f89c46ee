"""What the vendor's own Python signer signs is accepted; any single change to it is not."""

import dataclasses
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from openfrs.auth.signing import SignedRequest, read_signature
from openfrs.domain.errors import SignatureWrong
from tests.auth.signer import JSON, MULTIPART, NOW, SECRET_KEY, sign

texts = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["/", "a b", "~", "%2F", "+", "é", "李", "", "..", "a=b&c"]
)
paths = st.lists(
    st.builds(quote, texts, safe=st.sampled_from(["", "~", "!$'()*+,;:@"])), max_size=5
).map(lambda segments: "/" + "/".join(segments))
# The SDK sorts the values of one name with each other, so they are of one type.
queries = st.sampled_from([texts, st.integers(0, 20), st.booleans()]).flatmap(
    lambda kind: (
        st.lists(st.tuples(texts, kind), max_size=4)
        | st.lists(st.tuples(texts, st.lists(kind, max_size=4)), max_size=1)
    )
)
values = st.text(st.characters(codec="utf-8", min_codepoint=32, exclude_characters="\x7f"))
headers = st.dictionaries(
    st.sampled_from(["User-Agent", "X-Project-Id", "Enterprise-Project-Id", "X-Trace", "x_odd"]),
    values,
)
content_types = st.sampled_from([None, JSON, "application/json;charset=utf8", MULTIPART])


@st.composite
def signed_requests(draw: st.DrawFn) -> SignedRequest:
    """A request as the SDK puts it on the wire."""
    return sign(
        method=draw(st.sampled_from(["GET", "POST", "PUT", "DELETE"])),
        path=draw(paths),
        query=draw(queries),
        headers=draw(headers),
        content_type=draw(content_types),
        body=draw(st.binary(max_size=20)),
        derived=draw(st.booleans()),
    )


@given(signed_requests())
def test_what_the_sdk_signs_is_accepted(request: SignedRequest) -> None:
    signature = read_signature(request, NOW)
    assert signature.fits(SECRET_KEY)
    assert not signature.fits(SECRET_KEY + "x")


@given(signed_requests(), st.data())
def test_any_single_change_is_refused(request: SignedRequest, data: st.DataObject) -> None:
    change = data.draw(st.sampled_from([_method, _path, _query, _header, _body]))
    assert not _accepted(change(request, data))


def _accepted(request: SignedRequest) -> bool:
    try:
        return read_signature(request, NOW).fits(SECRET_KEY)
    except SignatureWrong:
        return False


def _method(request: SignedRequest, data: st.DataObject) -> SignedRequest:
    others = [m for m in ("GET", "POST", "PUT", "DELETE", "PATCH") if m != request.method]
    return dataclasses.replace(request, method=data.draw(st.sampled_from(others)))


def _path(request: SignedRequest, data: st.DataObject) -> SignedRequest:
    return dataclasses.replace(request, raw_path=_with_letter(request.raw_path, data, first=1))


def _query(request: SignedRequest, data: st.DataObject) -> SignedRequest:
    return dataclasses.replace(request, query_string=_with_letter(request.query_string, data))


def _with_letter(text: str, data: st.DataObject, first: int = 0) -> str:
    """The percent-encoded text with one more letter, which stands in no escape."""
    places = [
        place for place in range(first, len(text) + 1) if "%" not in text[max(0, place - 2) : place]
    ]
    place = data.draw(st.sampled_from(places))
    return text[:place] + "x" + text[place:]


def _header(request: SignedRequest, data: st.DataObject) -> SignedRequest:
    """Another value in one signed header; of the date, another second."""
    [authorization] = [value for name, value in request.headers if name == "Authorization"]
    names = authorization.split("SignedHeaders=")[1].split(",")[0].split(";")
    chosen = data.draw(st.sampled_from(names))
    changed = [
        (name, ("20260102T030406Z" if chosen == "x-sdk-date" else value + "x"))
        if name.lower() == chosen
        else (name, value)
        for name, value in request.headers
    ]
    return dataclasses.replace(request, headers=changed)


def _body(request: SignedRequest, data: st.DataObject) -> SignedRequest:
    """Another body; where the client left its body unsigned, the claim that it did."""
    if request.header("x-sdk-content-sha256") == "UNSIGNED-PAYLOAD":
        kept = [pair for pair in request.headers if pair[0] != "X-Sdk-Content-Sha256"]
        return dataclasses.replace(request, headers=kept)
    return dataclasses.replace(request, body=request.body + data.draw(st.binary(min_size=1)))
