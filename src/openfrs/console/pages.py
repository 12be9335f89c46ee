"""The files of the web console, as they lie in the package."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}

FIRST_PAGE = "index.html"


@dataclass(frozen=True, slots=True)
class Page:
    """One file: bytes, media type, and a tag that changes with the bytes (RFC 9110, 8.8.3)."""

    content: bytes
    media_type: str
    etag: str


@cache
def pages() -> Mapping[str, Page]:
    """Every file by its path below ``static``, with slashes: ``views/faces.js``.

    The table is all that can be asked for: nothing of a request becomes part of a path.
    """
    return MappingProxyType(dict(_pages(files("openfrs.console") / "static", "")))


def _pages(directory: Traversable, prefix: str) -> Iterator[tuple[str, Page]]:
    for entry in directory.iterdir():
        if entry.is_dir():
            yield from _pages(entry, f"{prefix}{entry.name}/")
        else:
            content = entry.read_bytes()
            media_type = MEDIA_TYPES["." + entry.name.rpartition(".")[2]]
            etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            yield prefix + entry.name, Page(content, media_type, etag)
