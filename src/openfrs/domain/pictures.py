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
