"""Decodes one video; the program of a process of its own, started by videos.py.

The decoder is a large body of C that reads what strangers send. Here it can neither harm nor hang
the service: the process opens no file and no connection, has bounded memory and processor time,
and one thread decodes. It reads the video from its standard input, takes its limits as arguments,
and writes records to its standard output: see ``RECORD``.
"""

import io
import resource
import struct
import sys
from collections.abc import Iterator
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

RECORD = struct.Struct("<cdII")
"""Kind, a number and two more, by kind:

``F``  a picture: its time in seconds, width, height; the pixels follow, RGB
``E``  the end: the length of the video in seconds, 0, 0
``X``  a refusal: 0, the refusal's number, 0
"""

UNREADABLE, TOO_LARGE, TOO_MANY_PIXELS = range(3)

MEMORY_BYTES = 3 << 30
"""Address space, most of which the libraries take without using it."""
PROCESSOR_SECONDS = 30
OPEN_FILES = 3
"""Standard input, output and error, and nothing else from the moment that decoding begins."""

SHORT_STEP = 1 / 1000
"""Pictures whose times do not rise by this many seconds are taken to follow at the usual rate."""
FRAME_RATES = (5.0, 240.0)
USUAL_FRAME_RATE = 25.0


class Refused(Exception):
    """The video cannot be used; the argument is one of the numbers above."""


def restrict() -> None:
    """Takes away what decoding does not need."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        resource.setrlimit(what, (most, most))


def decode(
    data: bytes, *, seconds: float, pixels: int, side: int, rate: float, shown_side: int
) -> Iterator[tuple[float, NDArray[np.uint8] | None]]:
    """Times with pictures of (H, W, 3) uint8 RGB, at most ``rate`` a second, then the length.

    The length has None for its picture; a video longer than ``seconds`` ends there with the time
    of a picture past it. Pictures longer than ``shown_side`` are shrunk to it. Raises Refused.
    """
    capture = cv2.VideoCapture(
        io.BytesIO(data),  # type: ignore[call-overload]  # typed as OpenCV's own abstract class
        cv2.CAP_FFMPEG,
        [
            cv2.CAP_PROP_N_THREADS,
            1,
            cv2.CAP_PROP_HW_ACCELERATION,
            cv2.VIDEO_ACCELERATION_NONE,
        ],
    )
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    width, height = (
        int(capture.get(name)) for name in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    )
    _check_size(width, height, side)
    step = 1 / _frame_rate(capture.get(cv2.CAP_PROP_FPS))
    first = time = due = 0.0
    number = 0
    while capture.grab():
        raw = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if number == 0:
            first = raw
        elif raw - first - time >= SHORT_STEP:
            time, step = raw - first, raw - first - time
        else:
            time += step
        number += 1
        if number * width * height > pixels:
            raise Refused(TOO_MANY_PIXELS)
        if time > seconds:
            break
        if time < due:
            continue
        due = max(due + 1 / rate, time)
        kept, picture = capture.retrieve()
        if kept and picture is not None and picture.ndim == 3 and picture.shape[2] == 3:
            _check_size(picture.shape[1], picture.shape[0], side)
            yield time, _shown(picture, shown_side)
    if number == 0:
        raise Refused(UNREADABLE)
    yield time + step, None


def _check_size(width: int, height: int, side: int) -> None:
    if width < 1 or height < 1:
        raise Refused(UNREADABLE)
    if max(width, height) > side:
        raise Refused(TOO_LARGE)


def _frame_rate(stated: float) -> float:
    """What the file states, unless it makes no sense."""
    low, high = FRAME_RATES
    return stated if low <= stated <= high else USUAL_FRAME_RATE


def _shown(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    scale = side / max(picture.shape[:2])
    if scale < 1:
        rows, columns = (max(1, round(length * scale)) for length in picture.shape[:2])
        picture = np.asarray(
            cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8
        )
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def write(records: Iterator[tuple[float, NDArray[np.uint8] | None]], out: BinaryIO) -> None:
    """Writes what decode gives, or its refusal."""
    try:
        for time, picture in records:
            if picture is None:
                out.write(RECORD.pack(b"E", time, 0, 0))
            else:
                out.write(RECORD.pack(b"F", time, picture.shape[1], picture.shape[0]))
                out.write(picture.tobytes())
    except (Refused, cv2.error, MemoryError) as error:
        reason = error.args[0] if isinstance(error, Refused) else UNREADABLE
        out.write(RECORD.pack(b"X", 0.0, reason, 0))
    out.flush()


def main() -> None:
    seconds, pixels, side, rate, shown_side = map(float, sys.argv[1:])
    cv2.setNumThreads(1)
    data = sys.stdin.buffer.read()
    restrict()
    records = decode(
        data,
        seconds=seconds,
        pixels=int(pixels),
        side=int(side),
        rate=rate,
        shown_side=int(shown_side),
    )
    write(records, sys.stdout.buffer)


if __name__ == "__main__":
    main()
