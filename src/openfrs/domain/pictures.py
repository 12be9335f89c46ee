"""The ways in which a request hands over a picture (spec 4.1)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PictureFile:
    """The bytes of a file, from a form."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PictureText:
    """A file in base64, from JSON."""

    text: str


@dataclass(frozen=True, slots=True)
class PictureUrl:
    """Where the service is to fetch a file from."""

    url: str


PictureSource = PictureFile | PictureText | PictureUrl


def size_sent(source: PictureSource) -> int:
    """How many bytes of the request the picture took: base64 counts as text (spec 10)."""
    match source:
        case PictureFile(data):
            return len(data)
        case PictureText(text):
            return len(text)
        case PictureUrl():
            return 0
