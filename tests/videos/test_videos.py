"""Decoding: containers, times, rotation, limits, and input that means harm."""

import dataclasses
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openfrs.domain.errors import FRSError, VideoDamaged, VideoTooLarge, VideoUnreadable
from openfrs.domain.limits import OPEN, Limits
from openfrs.domain.videos import VideoFrame
from openfrs.videos import Video
from tests.videos.clips import moving_square, video

HERE = Path(__file__).parent


def decoded(data: bytes, limits: Limits = OPEN) -> tuple[list[VideoFrame], float]:
    with Video(data, limits) as found:
        frames = list(found)
        return frames, found.seconds


def red_edge(frame: VideoFrame) -> float:
    """The column in which the red square begins."""
    red = (frame.image[70, :, 0].astype(int) - frame.image[70, :, 2]) > 60
    return float(np.flatnonzero(red)[0])


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        (".mp4", "mp4v"),
        (".mov", "mp4v"),
        (".mov", "MJPG"),
        (".avi", "MJPG"),
        (".avi", "XVID"),
        (".avi", "H261"),
        (".avi", "H263"),
        (".flv", "FLV1"),
        (".webm", "VP80"),
        (".webm", "VP90"),
        (".asf", "WMV2"),
        (".wmv", "WMV1"),
    ],
)
def test_every_documented_container_is_decoded(suffix: str, codec: str) -> None:
    frames, seconds = decoded(video(moving_square(50), suffix=suffix, codec=codec))
    assert seconds == pytest.approx(2.0, abs=0.01)
    assert 24 <= len(frames) <= 30
    assert frames[0].time == 0
    assert frames[0].image.shape == (144, 176, 3)
    edges = [red_edge(frame) for frame in frames]
    assert edges[-1] - edges[0] > 100
    colour = frames[0].image[70, 15].astype(int)
    assert np.abs(colour - (230, 40, 40)).max() < 30  # RGB, not BGR


@pytest.mark.parametrize("name", ["h264.mp4", "h264.flv", "hevc.mp4"])
def test_the_codecs_of_phones_are_decoded(name: str) -> None:
    frames, seconds = decoded((HERE / name).read_bytes())
    assert seconds == pytest.approx(1.2, abs=0.05)
    assert red_edge(frames[-1]) - red_edge(frames[0]) > 60


def test_times_are_those_of_the_stream() -> None:
    frames, seconds = decoded((HERE / "h264_vfr.mp4").read_bytes())
    times = [frame.time for frame in frames]
    assert seconds == pytest.approx(15 * 0.04 + 15 * 0.1, abs=0.05)
    assert max(np.diff(times)) == pytest.approx(0.1, abs=0.02)


def test_no_more_than_fifteen_pictures_a_second_come() -> None:
    frames, _ = decoded(video(moving_square(120), rate=60))
    assert 28 <= len(frames) <= 32
    assert min(np.diff([frame.time for frame in frames])) > 0.05


def test_rotation_is_honoured() -> None:
    data = bytearray(video(moving_square(10)))
    header = data.index(b"tkhd")
    matrix = header + 4 + 40
    assert struct.unpack_from(">i", data, matrix) == (0x10000,)
    quarter = (0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    struct.pack_into(">9i", data, matrix, *quarter)
    frames, _ = decoded(bytes(data))
    assert frames[0].image.shape == (176, 144, 3)


def test_a_large_video_is_shrunk() -> None:
    frames, _ = decoded(video(moving_square(6, size=(2560, 1440)), codec="MJPG", suffix=".avi"))
    assert frames[0].image.shape == (1080, 1920, 3)


def test_a_video_that_is_too_long_is_cut_off() -> None:
    frames, seconds = decoded(video(moving_square(100), rate=5))
    assert 15 < seconds < 15.5
    assert frames[-1].time <= 15


def test_a_file_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(VideoTooLarge):
        Video(b"\0" * (OPEN.video_bytes + 1), OPEN)


def test_too_large_pictures_are_refused() -> None:
    data = video(moving_square(3, size=(1280, 720)))
    with pytest.raises(VideoDamaged, match="side"):
        decoded(data, dataclasses.replace(OPEN, video_side=1279))


def test_more_pixels_than_the_budget_are_refused() -> None:
    data = video(moving_square(50))
    with pytest.raises(VideoDamaged, match="too many"):
        decoded(data, dataclasses.replace(OPEN, video_pixels=49 * 176 * 144))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(100),
        b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1/a.ts\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"\x47" + bytes(187),
    ],
)
def test_other_kinds_of_file_are_refused(data: bytes) -> None:
    with pytest.raises(VideoUnreadable):
        Video(data, OPEN)


@pytest.mark.parametrize(
    "prefix", [b"\0\0\0\x08free", b"RIFF\0\0\0\0AVI ", b"FLV\x01", b"\x1a\x45\xdf\xa3"]
)
@pytest.mark.parametrize("reference", [b"playlist", b"concat"])
def test_a_list_of_other_files_opens_none(prefix: bytes, reference: bytes, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(video(moving_square(10)))
    before = other.stat().st_atime_ns
    text = {
        b"playlist": f"\n#EXTM3U\n#EXTINF:1,\nfile://{other}\n#EXT-X-ENDLIST\n",
        b"concat": f"\nffconcat version 1.0\nfile {other}\n",
    }[reference]
    with pytest.raises(VideoDamaged):
        decoded(prefix + text.encode())
    assert other.stat().st_atime_ns == before


def test_the_decoder_can_open_nothing(tmp_path: Path) -> None:
    """Whatever a library might try: the process has no file to spare once it decodes."""
    program = (
        "import sys, socket\n"
        "from openfrs import video_decoder\n"
        "video_decoder.restrict()\n"
        "failures = 0\n"
        "for attempt in (lambda: open(sys.argv[1]), socket.socket):\n"
        "    try:\n"
        "        attempt()\n"
        "    except OSError:\n"
        "        failures += 1\n"
        "print(failures)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(HERE / "README.md")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "2"


def test_a_cut_off_video_gives_what_it_has_or_is_refused() -> None:
    whole = video(moving_square(50), suffix=".avi", codec="MJPG")
    frames, seconds = decoded(whole[: len(whole) // 2])
    assert 5 < len(frames) < 25
    assert seconds < 1.5
    with pytest.raises(VideoDamaged):
        decoded(video(moving_square(50))[:2000])  # an MP4's index stands at its end


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damage_is_refused_or_decoded_and_never_hangs(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["h264.mp4", "hevc.mp4", "h264.flv"]))
    content = bytearray((HERE / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 12))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    started = time.monotonic()
    try:
        frames, seconds = decoded(bytes(content))
        assert len(frames) <= 15 * 15 + 2
        assert seconds >= 0
    except FRSError:
        pass
    assert time.monotonic() - started < 30


def test_an_index_that_claims_a_million_pictures_costs_no_more_than_the_budget() -> None:
    data = bytearray(video(moving_square(50)))
    times = data.index(b"stts") + 8
    entries, count, _ = struct.unpack_from(">III", data, times)
    assert (entries, count) == (1, 50)
    struct.pack_into(">I", data, times + 4, 1_000_000)
    sizes = data.index(b"stsz") + 8
    struct.pack_into(">II", data, sizes, 1, 1_000_000)
    started = time.monotonic()
    try:
        frames, _ = decoded(bytes(data))
        assert len(frames) <= 15 * 15 + 2
    except VideoDamaged:
        pass
    assert time.monotonic() - started < 30


def test_leaving_early_ends_the_decoder() -> None:
    with Video(video(moving_square(50)), OPEN) as found:
        next(iter(found))
        process = found._decoder
    assert process.returncode is not None
    with pytest.raises(ValueError, match="end"):
        _ = found.seconds
