"""A request's body: received within bounds, then read as JSON or multipart (spec 2.1, 2.5)."""

import json
from collections.abc import Mapping, Sequence

import anyio
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.types import Receive, Scope

from openfrs.api.held_bytes import Account
from openfrs.domain.errors import (
    BodyTooSlow,
    EntityTooLarge,
    MalformedBody,
    MalformedParameter,
    MissingHeader,
)

MAX_PARTS = 64
DRAINED_BYTES = 64 * 1024 * 1024

Fields = Mapping[str, object]


class ClientGone(Exception):
    """The client closed the connection before its request was whole."""


async def read_body(
    scope: Scope, receive: Receive, *, limit: int, seconds: float, account: Account
) -> bytes:
    """The bytes of the body, which the account holds as they come.

    Raises EntityTooLarge past the limit, BodyTooSlow past the time, ServerBusy where there is no
    room for it, ClientGone.
    """
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    announced = int(declared) if declared.isdigit() else 0
    if announced > DRAINED_BYTES:
        raise EntityTooLarge
    if announced <= limit:
        account.whole.check(announced)
    try:
        with anyio.fail_after(seconds):
            return await _received(receive, limit, account)
    except TimeoutError:
        raise BodyTooSlow(f"its body must come within {seconds:g} seconds") from None


async def _received(receive: Receive, limit: int, account: Account) -> bytes:
    """The bytes of the body. Raises EntityTooLarge, ServerBusy, ClientGone.

    What a client sends past the limit is received and dropped for a while: an answer that comes
    before the client has finished sending is lost on many of them.
    """
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size > DRAINED_BYTES:
            raise EntityTooLarge
        if size <= limit:
            account.take(len(chunk))
            chunks.append(chunk)
        else:
            account.drop()
            chunks.clear()
    if size > limit:
        raise EntityTooLarge
    return b"".join(chunks)


def media_type(content_type: str) -> str:
    """The lower-case type without parameters."""
    return content_type.partition(";")[0].strip().lower()


def parse_body(content_type: str, body: bytes) -> Fields:
    """The named fields of a JSON object or form; files as bytes, other form fields as text.

    Raises MissingHeader, MalformedParameter for another content type, MalformedBody.
    """
    kind = media_type(content_type)
    if kind == "application/json":
        return _json_object(body)
    if kind == "multipart/form-data":
        return _form(content_type, body)
    if not kind:
        raise MissingHeader("Content-Type")
    raise MalformedParameter("Content-Type: application/json or multipart/form-data")


def _json_object(body: bytes) -> Fields:
    try:
        fields = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise MalformedBody from None
    if not isinstance(fields, dict):
        raise MalformedBody("the body must be an object")
    for name, value in fields.items():
        _require_unicode(name)
        if isinstance(value, str):
            _require_unicode(value)
    return fields


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _require_unicode(text: str) -> None:
    """Half a surrogate pair can be written in JSON, and nothing below can store it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise MalformedBody("a text holds half a surrogate pair") from None


def _form(content_type: str, body: bytes) -> Fields:
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise MalformedBody("the form has no boundary")
    start = body.find(b"--" + boundary)
    if start < 0 or body[:start].rpartition(b"\n")[2]:
        raise MalformedBody("the form does not begin with its boundary")
    reader = _FormReader()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reader.part_begins,
                "on_header_field": reader.header_name,
                "on_header_value": reader.header_value,
                "on_header_end": reader.header_ends,
                "on_part_data": reader.data,
                "on_part_end": reader.part_ends,
                "on_end": reader.ends,
            },
        )
        parser.write(body[start:])
        parser.finalize()
    except FormParserError:
        raise MalformedBody("the form cannot be read") from None
    if not reader.complete:
        raise MalformedBody("the form breaks off")
    return reader.fields


class _FormReader:
    """Collects the parts of one form as the parser meets them."""

    def __init__(self) -> None:
        self.fields: dict[str, object] = {}
        self.complete = False
        self._headers: list[tuple[bytes, bytes]] = []
        self._name = b""
        self._value = b""
        self._chunks: list[bytes] = []

    def part_begins(self) -> None:
        if len(self.fields) >= MAX_PARTS:
            raise MalformedBody(f"the form has more than {MAX_PARTS} parts")
        self._headers, self._chunks = [], []

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_ends(self) -> None:
        self._headers.append((self._name.lower(), self._value))
        self._name = self._value = b""

    def data(self, data: bytes, start: int, end: int) -> None:
        self._chunks.append(data[start:end])

    def part_ends(self) -> None:
        name = _part_name(self._headers)
        content = b"".join(self._chunks)
        if name in self.fields:
            raise MalformedParameter(f"{name}: given twice")
        # The client's file name and type say nothing reliable; the field's name decides.
        self.fields[name] = content if name.endswith("_file") else _text(name, content)

    def ends(self) -> None:
        self.complete = True


def _part_name(headers: Sequence[tuple[bytes, bytes]]) -> str:
    for header, value in headers:
        if header == b"content-disposition":
            _, options = parse_options_header(value)
            if b"name" in options:
                return options[b"name"].decode("utf-8", "replace")
    raise MalformedBody("a part of the form has no name")


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise MalformedParameter(f"{name}: not UTF-8") from None
