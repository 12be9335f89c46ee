"""What the engine costs on top of its networks, in one run.

The picture is put into 640x480 pixels. Its faces are found and the largest is embedded, again and
again, by turns with the very calls of ONNX Runtime that the engine makes for it; then the same for
all attributes of the largest face, without and with finding it.

    python benchmarks/engine.py [PICTURE] [--models-dir DIR] [--repetitions N] [--threads N]
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs import images
from openfrs.domain.attributes import Attribute
from openfrs.domain.faces import Image
from openfrs.domain.limits import OPEN
from openfrs.engine.manifest import installed_pack
from openfrs.engine.pipeline import OnnxEngine
from openfrs.engine.session import Session

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
    """Prints what some work costs, and what the runs of networks in it cost, by turns."""
    calls = _calls(work)

    def raw() -> None:
        for session, batch in calls:
            session.run(batch)

    whole, parts = [], []
    for _ in range(repetitions):
        whole.append(_milliseconds(work))
        parts.append(_milliseconds(raw))
    both, networks = statistics.median(whole), statistics.median(parts)
    print(name)
    for _, batch in calls:
        print(f"  network    input {'x'.join(map(str, batch.shape))} {batch.dtype}")
    print(f"  raw sum    {networks:8.2f} ms  (median of {repetitions})")
    print(f"  engine     {both:8.2f} ms")
    print(f"  ratio      {both / networks:8.3f}     (at most {most})")


def _calls(work: Work) -> list[tuple[Session, NDArray[Any]]]:
    """Every run of a network that the work makes, with its input."""
    made: list[tuple[Session, NDArray[Any]]] = []
    run = Session.run

    def recording(session: Session, batch: NDArray[Any]) -> Any:
        made.append((session, batch))
        return run(session, batch)

    Session.run = recording  # type: ignore[method-assign,assignment]
    try:
        work()
    finally:
        Session.run = run  # type: ignore[method-assign]
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
