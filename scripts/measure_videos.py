"""What live-detect sees in videos of any length, stretch by stretch: how docs figures were made.

python scripts/measure_videos.py [--seconds S] [--models-dir DIR] VIDEO...
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from openfrs.domain import continuity, relief
from openfrs.domain.actions import SHOWN, events
from openfrs.domain.face_track import FaceTrack
from openfrs.domain.videos import VideoFrame
from openfrs.engine.installed_pack import installed_pack
from openfrs.engine.pipeline import OnnxEngine
from openfrs.videos import PICTURES_A_SECOND

ROOT = Path(__file__).parent.parent


def main() -> None:
    arguments = _arguments()
    engine = OnnxEngine(installed_pack(arguments.models_dir, "default"))
    tracker = engine.face_tracker
    assert tracker is not None
    for video in arguments.videos:
        print(video.name)
        for start, frames in _stretches(video, arguments.seconds):
            track = tracker.track(frames)
            if len(track.times) > 1:
                print(f"  {start:6.1f} s  {_told(track, engine)}")
                print(f"            {_actions(track, start)}")


def _told(track: FaceTrack, engine: OnnxEngine) -> str:
    by_mesh = relief.relief(track.points, track.yaw, track.pitch, track.roll)
    signs = [
        f"face in {len(track.times)} of {track.pictures}",
        f"yaw {track.yaw.min():.0f} to {track.yaw.max():.0f}",
        f"pitch {track.pitch.min():.0f} to {track.pitch.max():.0f}",
        f"relief by mesh {_number(by_mesh)}, by skin {_number(track.skin_relief)}",
    ]
    for sign, true in (
        ("FLAT", relief.is_flat(track)),
        ("CUT", continuity.is_cut(track)),
        ("SEVERAL PEOPLE", not continuity.is_one_person(track, engine.calibration)),
    ):
        if true:
            signs.append(sign)
    return ", ".join(signs)


def _actions(track: FaceTrack, start: float) -> str:
    shown = [event for event in events(track) if event.confidence >= SHOWN]
    return ", ".join(
        f"{event.action.name.lower()} at {start + event.time:.1f} s ({event.confidence:.2f})"
        for event in shown
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _stretches(video: Path, seconds: float) -> Iterator[tuple[float, list[VideoFrame]]]:
    """The video in pieces, each with its start, and pictures as often as the service looks."""
    capture = cv2.VideoCapture(str(video))
    rate = capture.get(cv2.CAP_PROP_FPS) or PICTURES_A_SECOND
    start, due, frames, number = 0.0, 0.0, list[VideoFrame](), 0
    while True:
        there, picture = capture.read()
        time = number / rate
        number += 1
        if frames and (not there or time - start >= seconds):
            yield start, frames
            start, due, frames = time, 0.0, []
        if not there:
            return
        if time - start >= due:
            due = max(due + 1 / PICTURES_A_SECOND, time - start)
            image = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)
            frames.append(VideoFrame(time - start, image))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=6.0, help="length of a stretch")
    models_dir = os.environ.get("OPENFRS_MODELS_DIR", ROOT / ".cache" / "models")
    parser.add_argument("--models-dir", type=Path, default=Path(models_dir))
    return parser.parse_args()


if __name__ == "__main__":
    main()
