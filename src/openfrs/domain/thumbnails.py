"""Small pictures of enrolled faces, which a face set may keep."""

from dataclasses import dataclass


class SealBroken(Exception):
    """What was sealed has been changed, or was sealed with another key."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """The picture of one face, encrypted.

    ``key`` is the random name of its object and tells nothing of the face. ``sealed`` is the
    encrypted JPEG file; None where it stands in the object store alone.
    """

    key: str
    sealed: bytes | None
