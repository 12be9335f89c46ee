"""Bytes of a video file to its pictures and their times, within limits (spec 8.1, 10).

The container is known by its first bytes; what decodes it is told that container and takes no
other, so that no list of files or addresses is ever followed. Decoding happens in a process of its
own (video_decoder.py), from memory, while the pictures before are being worked on.
"""

import math
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np

from openfrs import video_decoder
from openfrs.domain.errors import (
    VideoDamaged,
    VideoTooLarge,
    VideoUnreadable,
)
from openfrs.domain.limits import Limits
from openfrs.domain.videos import LONGEST_SECONDS, VideoFrame
from openfrs.video_decoder import RECORD

PICTURES_A_SECOND = 15.0
"""What is looked at: a blink, the shortest motion asked for, lasts 0.1 to 0.4 s."""
SHOWN_SIDE = 1920
"""Larger pictures are shrunk to this long side."""

PROGRAM = Path(video_decoder.__file__)
SILENCE_SECONDS = 20.0
"""How long the decoder may say nothing."""

_MOV = "mov,mp4,m4a,3gp,3g2,mj2"
_MOV_ATOMS = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})

_REFUSALS = {
    video_decoder.UNREADABLE: "the video is damaged, or of a kind that is not supported",
    video_decoder.TOO_LARGE: "the video's pictures have too many pixels on a side",
    video_decoder.TOO_MANY_PIXELS: "the video has too many pictures or too large ones",
}


def container(data: bytes) -> str:
    """The decoder's name for the file's container. Raises VideoUnreadable."""
    if data[4:8] in _MOV_ATOMS:
        return _MOV
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "avi"
    if data[:4] == b"FLV\x01":
        return "flv"
    if data[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska,webm"
    if data[:16] == bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"):
        return "asf"
    raise VideoUnreadable("the video is no MP4, MOV, AVI, FLV, WEBM or ASF")


class Video:
    """A video being decoded: its pictures one after the other, and in the end its length.

    At most PICTURES_A_SECOND come, upright, none with a side longer than SHOWN_SIDE. A video that
    is too long ends with the first picture past LONGEST_SECONDS.

    Raises VideoTooLarge, VideoUnreadable for another kind of file.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        if len(data) > limits.video_bytes:
            raise VideoTooLarge(f"[0, {limits.video_bytes}] bytes")
        self._decoder = _started(data, container(data), limits)
        self._seconds: float | None = None

    @property
    def seconds(self) -> float:
        """The length, known once every picture has been taken."""
        if self._seconds is None:
            raise ValueError("the video has not been read to its end")
        return self._seconds

    def __iter__(self) -> Iterator[VideoFrame]:
        """The pictures, once. Raises VideoDamaged where they cannot be had within the limits."""
        pipe = self._decoder.stdout
        assert pipe is not None
        while True:
            kind, number, first, second = RECORD.unpack(_received(pipe.fileno(), RECORD.size))
            if kind == b"E":
                self._seconds = number
                return
            if kind != b"F":
                raise VideoDamaged(_REFUSALS[first])
            shape = (second, first, 3)
            pixels = np.frombuffer(_received(pipe.fileno(), math.prod(shape)), dtype=np.uint8)
            yield VideoFrame(number, pixels.reshape(shape))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._decoder.kill()
        assert self._decoder.stdout is not None
        self._decoder.stdout.close()
        self._decoder.wait()


def _started(data: bytes, format_name: str, limits: Limits) -> "subprocess.Popen[bytes]":
    """The process that decodes, with the video in memory as its standard input."""
    file = os.memfd_create("video", os.MFD_CLOEXEC)
    with os.fdopen(file, "w+b") as source:
        source.write(data)
        source.seek(0)
        arguments = (
            LONGEST_SECONDS,
            limits.video_pixels,
            limits.video_side,
            PICTURES_A_SECOND,
            SHOWN_SIDE,
        )
        return subprocess.Popen(  # noqa: S603  # our own program, with numbers for arguments
            # -P: the program's directory holds modules of ours, which are not to be found by name
            [sys.executable, "-P", str(PROGRAM), *map(str, arguments)],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | _environment(format_name),
            bufsize=0,
        )


def _environment(format_name: str) -> dict[str, str]:
    options = {
        "format_whitelist": format_name,
        "protocol_whitelist": "none",
    }
    return {
        "OPENCV_FFMPEG_CAPTURE_OPTIONS": "|".join(map(";".join, options.items())),
        "OPENCV_LOG_LEVEL": "SILENT",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _received(pipe: int, size: int) -> bytearray:
    """The next bytes of the decoder. Raises VideoDamaged where it has died or says nothing."""
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        if not select.select([pipe], [], [], SILENCE_SECONDS)[0]:
            raise VideoDamaged("the video takes too long to decode")
        count = os.readv(pipe, [view])
        if not count:
            raise VideoDamaged("the video is damaged, or needs too much to be decoded")
        view = view[count:]
    return buffer
