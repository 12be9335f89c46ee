"""What the engine costs on top of its networks, in one run.

The picture is put into 640x480 pixels. Its faces are found and the largest is embedded, again and
again, by turns with the very calls of ONNX Runtime that the engine makes for it.

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
from openfrs.domain.faces import Image
from openfrs.domain.limits import OPEN
from openfrs.engine.manifest import installed_pack
from openfrs.engine.pipeline import OnnxEngine
from openfrs.engine.session import Session

ROOT = Path(__file__).parent.parent
PICTURE = ROOT.parent / "shared" / "data" / "people" / "obama.jpg"
SIZE = (640, 480)
MOST = 1.2


def main() -> None:
    arguments = _arguments()
    engine = OnnxEngine(installed_pack(arguments.models_dir, "default"), threads=arguments.threads)
    image = _fitted(images.decode(arguments.picture.read_bytes(), OPEN))
    faces = engine.detect(image)
    if not faces:
        raise SystemExit(f"no face in {arguments.picture}")
    calls = _calls(lambda: _work(engine, image))

    def raw() -> None:
        for session, batch in calls:
            session.run(batch)

    whole, parts = [], []
    for _ in range(arguments.repetitions):
        whole.append(_milliseconds(lambda: _work(engine, image)))
        parts.append(_milliseconds(raw))
    both, networks = statistics.median(whole), statistics.median(parts)
    print(f"picture      {arguments.picture.name} in {SIZE[0]}x{SIZE[1]}, {len(faces)} face(s)")
    for _, batch in calls:
        print(f"network      input {'x'.join(map(str, batch.shape))} {batch.dtype}")
    print(f"detect       {_median(lambda: engine.detect(image)):8.2f} ms")
    print(f"template     {_median(lambda: engine.templates(image, faces[:1])):8.2f} ms")
    print(f"raw sum      {networks:8.2f} ms  (median of {arguments.repetitions})")
    print(f"engine       {both:8.2f} ms")
    print(f"ratio        {both / networks:8.3f}     (at most {MOST})")


def _work(engine: OnnxEngine, image: Image) -> None:
    engine.templates(image, engine.detect(image)[:1])


def _calls(work: Callable[[], None]) -> list[tuple[Session, NDArray[Any]]]:
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


def _milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def _median(work: Callable[[], object], times: int = 15) -> float:
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
