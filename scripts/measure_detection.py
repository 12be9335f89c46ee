"""Measures what docs/reference/attributes.md says of detection beyond upright faces.

Crops from inside the faces of lfw-dev, brought to 64 x 64 pixels; textures and strips of pictures
that hold no face; pictures on their side and head. Every figure goes the way of the service.

    python scripts/measure_detection.py [--data DIR] [--models-dir DIR] [--every N]
"""

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from openfrs import images
from openfrs.domain.faces import Image
from openfrs.domain.limits import OPEN
from openfrs.engine.installed_pack import installed_pack
from openfrs.engine.pipeline import OnnxEngine

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
SHARES = (0.7, 0.85, 1.0)
"""The side of a crop, as part of the shorter side of the face's box."""
SIDE = 64
TEXTURES = 400


def main() -> None:
    arguments = _arguments()
    engine = OnnxEngine(installed_pack(arguments.models_dir, "default"), threads=1)
    pictures = [_picture(path) for path in _paths(arguments.data / "lfw-dev")[:: arguments.every]]
    crops = _counted(engine, pictures)
    for share, (bare, found, whole) in crops.items():
        print(f"crops of {share:4.0%} of the face: detector {bare}, service {found} of {whole}")
    for name, empty in (
        ("textures", list(textures(TEXTURES))),
        ("strips", [image[200:, :70] for image in pictures[:200]]),
    ):
        alarms = sum(bool(engine.detect(np.ascontiguousarray(image))) for image in empty)
        print(f"{name:<10} faces seen in {alarms} of {len(empty)}")


def _counted(engine: OnnxEngine, pictures: Sequence[Image]) -> dict[float, tuple[int, int, int]]:
    """In how many crops the detector alone and the service find a face, of how many."""
    counts = dict.fromkeys(SHARES, (0, 0, 0))
    for image in pictures:
        for face in engine.detect_upright(image)[:1]:
            box = face.bounding_box
            for share in SHARES:
                side = int(min(box.width, box.height) * share)
                left = box.top_left_x + (box.width - side) // 2
                top = box.top_left_y + (box.height - side) // 2
                crop = image[top : top + side, left : left + side]
                small = np.asarray(
                    cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8
                )
                bare, found, whole = counts[share]
                counts[share] = (
                    bare + bool(engine.detect_upright(small)),
                    found + bool(engine.detect(small)),
                    whole + 1,
                )
    return counts


def textures(count: int) -> Iterator[Image]:
    """Pictures without a face: noise of every size, ellipses, waves."""
    dice = np.random.default_rng(7)
    kinds: Sequence[Callable[[np.random.Generator, int], Image]] = (_noise, _ellipses, _waves)
    for number in range(count):
        yield kinds[number % len(kinds)](dice, int(dice.choice([64, 100, 250, 400])))


def _noise(dice: np.random.Generator, side: int) -> Image:
    size = int(dice.choice([4, 8, 16, 32, side]))
    noise = dice.integers(0, 256, (size, size, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)


def _ellipses(dice: np.random.Generator, side: int) -> Image:
    image = np.full((side, side, 3), dice.integers(0, 256, 3), dtype=np.uint8)
    for _ in range(int(dice.integers(2, 12))):
        centre, axes = dice.integers(0, side, 2), dice.integers(2, side // 2, 2)
        colour = tuple(dice.integers(0, 256, 3).tolist())
        angle = float(dice.uniform(0, 180))
        cv2.ellipse(image, centre.tolist(), axes.tolist(), angle, 0, 360, colour, -1)
    return image


def _waves(dice: np.random.Generator, side: int) -> Image:
    y, x = np.mgrid[0:side, 0:side]
    planes = [127 + 127 * np.sin(a * x + b * y) for a, b in dice.uniform(0.02, 0.5, (3, 2))]
    return np.stack(planes, axis=-1).astype(np.uint8)


def _paths(root: Path) -> Sequence[Path]:
    return sorted(root.glob("*/*.jpg"))


def _picture(path: Path) -> Image:
    return images.decode(path.read_bytes(), OPEN)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    models_dir = os.environ.get("OPENFRS_MODELS_DIR", ROOT / ".cache" / "models")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--models-dir", type=Path, default=Path(models_dir))
    parser.add_argument("--every", type=int, default=4, help="take each so many of the pictures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
