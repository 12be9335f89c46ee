"""JPEG and PNG files, reduced to what their pixels need, and their EXIF orientation.

A JPEG is a row of segments, a PNG a row of chunks. Those that hold pixels and how to read them
are kept, byte for byte; all others are left out. Of EXIF only the orientation is looked at.
"""

import struct

JPEG = b"\xff\xd8"
PNG = b"\x89PNG\r\n\x1a\n"

UPRIGHT = 1

_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
_EXIF_SEGMENT = 0xE1
_EXIF_HEADER = b"Exif\x00\x00"
_DROPPED_SEGMENTS = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})
"""APP1 to APP13, APP15 and comments. APP0 and APP14 say how the colours are coded."""
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length."""

_KEPT_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})

_ORIENTATION_TAG = 0x0112
_SHORT = 3


class NotReadable(Exception):
    """The file cannot be read; the message says why, without its content."""


def reduced_jpeg(data: bytes) -> tuple[bytes, int]:
    """The JPEG without metadata, and its EXIF orientation, 1 to 8. Raises NotReadable."""
    kept = [JPEG]
    orientation = UPRIGHT
    at = len(JPEG)
    while True:
        at = data.find(b"\xff", at)
        while at >= 0 and data[at + 1 : at + 2] == b"\xff":
            at += 1
        if at < 0 or at + 2 > len(data):
            raise NotReadable("the JPEG is cut off before its pixels")
        marker = data[at + 1]
        if marker == _START_OF_SCAN:
            return b"".join((*kept, data[at:])), orientation
        if marker == _END_OF_IMAGE:
            raise NotReadable("the JPEG holds no pixels")
        if marker in _BARE_MARKERS or marker == 0:
            at += 2
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _EXIF_SEGMENT and data.startswith(_EXIF_HEADER, at + 4):
            orientation = exif_orientation(data[at + 4 + len(_EXIF_HEADER) : end])
        if marker not in _DROPPED_SEGMENTS:
            kept.append(data[at:end])
        at = max(end, at + 4)


def reduced_png(data: bytes) -> tuple[bytes, int]:
    """The PNG without metadata and animation, and its EXIF orientation, 1 to 8."""
    kept = [PNG]
    orientation = UPRIGHT
    at = len(PNG)
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if kind == b"eXIf":
            orientation = exif_orientation(data[at + 8 : end - 4])
        if kind in _KEPT_CHUNKS:
            kept.append(data[at:end])
        if kind == b"IEND":
            break
        at = end
    return b"".join(kept), orientation


def exif_orientation(tiff: bytes) -> int:
    """The orientation in a block of EXIF, 1 to 8; 1 where there is none or it makes no sense."""
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(tiff[:4])
    if order is None:
        return UPRIGHT
    try:
        [start] = struct.unpack_from(order + "I", tiff, 4)
        [count] = struct.unpack_from(order + "H", tiff, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, entry)
            if tag == _ORIENTATION_TAG and kind == _SHORT:
                return value if value in range(1, 9) else UPRIGHT
    except struct.error:
        pass
    return UPRIGHT
