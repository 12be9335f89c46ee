"""How long a five-second video of 1280x720 takes, against its playing time.

``python benchmarks/video.py PORTRAIT`` makes the video of a picture that drifts before the camera.
Decoding alone is always measured, following the face where the model pack in OPENFRS_MODELS_DIR
can do it.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from openfrs import images
from openfrs.domain.limits import OPEN
from openfrs.engine.installed_pack import installed_pack
from openfrs.engine.pipeline import OnnxEngine
from openfrs.videos import Video

SECONDS, RATE, SIZE = 5, 30, (1280, 720)


def clip(portrait: Path) -> bytes:
    picture = images.decode(portrait.read_bytes(), OPEN)
    scale = SIZE[1] / picture.shape[0]
    path = Path(tempfile.mkdtemp()) / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), RATE, SIZE)
    for n in range(SECONDS * RATE):
        aside = 40 * np.sin(n / 20) + (SIZE[0] - scale * picture.shape[1]) / 2
        place = np.array([[scale, 0, aside], [0, scale, 0]])
        writer.write(cv2.warpAffine(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), place, SIZE))
    writer.release()
    data = path.read_bytes()
    path.unlink()
    path.parent.rmdir()
    return data


def measured(name: str, work: Callable[[], object]) -> None:
    """Prints wall and processor seconds of the best of three runs, child processes included."""
    best = (float("inf"), 0.0)
    for _ in range(3):
        before, started = _processor(), time.perf_counter()
        work()
        best = min(best, (time.perf_counter() - started, _processor() - before))
    wall, processor = best
    print(f"{name:10} {wall:6.2f} s wall {processor:6.2f} s CPU {wall / SECONDS:6.2f} x play time")


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main(portrait: Path) -> None:
    data = clip(portrait)
    print(f"{len(data) / 1e6:.1f} MB, {SECONDS} s of {SIZE[0]}x{SIZE[1]} at {RATE}/s")

    def decode() -> None:
        with Video(data, OPEN) as video:
            for _ in video:
                pass

    measured("decode", decode)
    pack = installed_pack(Path(os.environ["OPENFRS_MODELS_DIR"]), "default")
    tracker = OnnxEngine(pack, threads=len(os.sched_getaffinity(0))).face_tracker
    if tracker is None:
        print("the model pack follows no face")
        return

    def follow() -> None:
        with Video(data, OPEN) as video:
            tracker.track(video)

    measured("follow", follow)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
