"""What the engine costs on top of its models, in one run.

The picture is put into 640x480 pixels. Its faces are found and the largest is embedded, again and
again, by turns with the very runs of models that the engine makes for it; then the same for all
attributes of the largest face, without and with finding it.

    python benchmarks/engine.py [PICTURE] [--models-dir DIR] [--repetitions N] [--threads N]
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs import images
from openfrs.domain.attributes import Attribute
from openfrs.domain.faces import Image
from openfrs.domain.limits import OPEN
from openfrs.engine.installed_pack import installed_pack
from openfrs.engine.pipeline import OnnxEngine
from openfrs.engine.session import Session
from openfrs.engine.shape_predictor import ShapePredictor

ROOT = Path(__file__).parent.parent
PICTURE = ROOT.parent / "shared" / "data" / "people" / "obama.jpg"
SIZE = (640, 480)
MOST = 1.2
MOST_FOR_ATTRIBUTES = 1.3
EVERY = frozenset(Attribute)

Work = Callable[[], object]


def main() -> None:
    arguments = _arguments()
    engine = OnnxEngine(installed_pack(arguments.models_dir, "default"), threads=arguments.threads)
    image = _fitted(images.decode(arguments.picture.read_bytes(), OPEN))
    faces = engine.detect(image)
    if not faces:
        raise SystemExit(f"no face in {arguments.picture}")
    largest = faces[:1]
    print(f"picture      {arguments.picture.name} in {SIZE[0]}x{SIZE[1]}, {len(faces)} face(s)")
    print(f"detect       {_median(lambda: engine.detect(image)):8.2f} ms")
    print(f"template     {_median(lambda: engine.templates(image, largest)):8.2f} ms")
    for attribute in Attribute:
        wanted = frozenset({attribute})
        took = _median(lambda: engine.attributes(image, largest, wanted))  # noqa: B023 - run at once
        print(f"  code {attribute:<6} {took:8.2f} ms")
    times = arguments.repetitions
    _compare(
        "detect, template",
        lambda: engine.templates(image, engine.detect(image)[:1]),
        MOST,
        times,
    )
    _compare(
        "all attributes of one face",
        lambda: engine.attributes(image, largest, EVERY),
        MOST_FOR_ATTRIBUTES,
        times,
    )
    _compare(
        "detect, all attributes",
        lambda: engine.attributes(image, engine.detect(image)[:1], EVERY),
        MOST_FOR_ATTRIBUTES,
        times,
    )


def _compare(name: str, work: Work, most: float, repetitions: int) -> None:
    """Prints what some work costs, and what the runs of models in it cost, by turns."""
    calls = _calls(work)

    def raw() -> None:
        for call in calls:
            call()

    whole, parts = [], []
    for _ in range(repetitions):
        whole.append(_milliseconds(work))
        parts.append(_milliseconds(raw))
    both, models = statistics.median(whole), statistics.median(parts)
    print(name)
    for call in calls:
        print(f"  model      {call.name:<40} {_median(call):8.2f} ms")
    print(f"  raw sum    {models:8.2f} ms  (median of {repetitions})")
    print(f"  engine     {both:8.2f} ms")
    print(f"  ratio      {both / models:8.3f}     (at most {most})")


@dataclass(frozen=True, slots=True)
class _Run:
    """A run of a model of the pack, to be made again."""

    name: str
    work: Work

    def __call__(self) -> object:
        return self.work()


def _calls(work: Work) -> list[_Run]:
    """Every run of a model that the work makes: ONNX Runtime's, and the five-point predictor's."""
    made: list[_Run] = []
    run, points = Session.run, ShapePredictor.points

    def running(session: Session, batch: NDArray[Any]) -> Any:
        shape = "x".join(map(str, batch.shape))
        made.append(_Run(f"network, input {shape} {batch.dtype}", lambda: run(session, batch)))
        return run(session, batch)

    def predicting(predictor: ShapePredictor, image: Image, frames: NDArray[np.float64]) -> Any:
        made.append(_Run(f"five points of {len(frames)}", lambda: points(predictor, image, frames)))
        return points(predictor, image, frames)

    Session.run = running  # type: ignore[method-assign,assignment]
    ShapePredictor.points = predicting  # type: ignore[method-assign,assignment]
    try:
        work()
    finally:
        Session.run = run  # type: ignore[method-assign]
        ShapePredictor.points = points  # type: ignore[method-assign]
    return made


def _fitted(image: Image) -> Image:
    """The picture, shrunk or enlarged into the middle of a grey page."""
    width, height = SIZE
    scale = min(width / image.shape[1], height / image.shape[0])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    page = np.full((height, width, 3), 128, dtype=np.uint8)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    page[top : top + small.shape[0], left : left + small.shape[1]] = small
    return page


def _milliseconds(work: Work) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def _median(work: Work, times: int = 15) -> float:
    return statistics.median(_milliseconds(work) for _ in range(times))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=PICTURE)
    models_dir = os.environ.get("OPENFRS_MODELS_DIR", ROOT / ".cache" / "models")
    parser.add_argument("--models-dir", type=Path, default=Path(models_dir))
    parser.add_argument("--repetitions", type=int, default=40)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    return parser.parse_args()


if __name__ == "__main__":
    main()
