"""Measures every figure of docs/explanation/quality.md, by the way of the service.

python scripts/measure_quality.py [--data DIR] [--models-dir DIR]
"""

import argparse
import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, fields
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs import images
from openfrs.domain.attributes import Attribute
from openfrs.domain.faces import BoundingBox, DetectedFace, Image
from openfrs.domain.limits import OPEN
from openfrs.domain.quality import Quality
from openfrs.engine.installed_pack import installed_pack
from openfrs.engine.pipeline import OnnxEngine

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
WANTED = frozenset({Attribute.QUALITY})
NAMES = [field.name for field in fields(Quality)]
FALL, RISE = 0.1, 0.02
COVERED = 0.3
PARTS = (0.15, 0.30, 0.45, 0.60)
"""What the steps of a cover hide of the face's box."""
COLOURS: Mapping[str, tuple[int, int, int] | None] = {
    "grey": (128, 128, 128),
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "blue": (40, 90, 200),
    "skin": None,
}
SIDES = ("top", "below", "left")
RACES = ("White", "Black", "Asian", "Indian", "other")
Measured = tuple[Quality, DetectedFace] | None


class Measuring:
    """The engine, and what it says of a picture's face."""

    def __init__(self, models_dir: Path, data: Path) -> None:
        self.engine = OnnxEngine(installed_pack(models_dir, "default"), threads=1)
        self.data = data
        self._known: dict[str, tuple[NDArray[np.float64], NDArray[np.float32]] | None] = {}

    def picture(self, name: str) -> Image:
        return images.decode((self.data / name).read_bytes(), OPEN)

    def face(self, image: Image, near: BoundingBox | None = None) -> Measured:
        """The largest face, or the one that lies where another does."""
        faces = self.engine.detect(image)
        if near is not None:
            faces = sorted(faces, key=lambda face: -near.overlap(face.bounding_box))
            faces = [face for face in faces if near.overlap(face.bounding_box) > 0.2]
        if not faces:
            return None
        [found] = self.engine.attributes(image, faces[:1], WANTED)
        assert found.quality is not None
        return found.quality, faces[0]

    def template(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float32]] | None:
        """Quality and template of a picture's largest face."""
        if name not in self._known:
            path = self.data / name
            image = _enlarged(path) if path.suffix == ".pgm" else self.picture(name)
            found = self.face(image)
            self._known[name] = None
            if found is not None:
                [template] = self.engine.templates(image, [found[1]])
                self._known[name] = np.array(astuple(found[0])), template.vector
        return self._known[name]


def main() -> None:
    arguments = _arguments()
    measuring = Measuring(arguments.models_dir, arguments.data)
    some = _names(measuring, "lfw-dev", "*/*.jpg", every=50, most=30)
    _of_covers(measuring, some)
    _of_faults(measuring, some)
    _of_masks(measuring, some)
    _of_press(measuring)
    _of_people(measuring)
    _of_scores(measuring)


def _of_press(measuring: Measuring) -> None:
    print("press photographs (lfw-dev)")
    names = _names(measuring, "lfw-dev", "*/*.jpg", every=8, most=194)
    found = [measuring.face(measuring.picture(name)) for name in names]
    values = np.array([astuple(one[0]) for one in found if one])
    print("      ", *(f"{name:>13}" for name in NAMES), f"  ({len(values)} faces)")
    for percentile in (5, 50, 95):
        row = np.percentile(values, percentile, axis=0)
        print(f"  {percentile:>3} %", *(f"{value:13.2f}" for value in row))


def _of_people(measuring: Measuring) -> None:
    print(f"groups of people (utk-dev): occlusion above {COVERED}, medians of total and faults")
    groups: dict[str, list[tuple[float, ...]]] = {race: [] for race in RACES}
    for name in _names(measuring, "utk-dev", "*.jpg"):
        parts = Path(name).name.split("_")
        found = measuring.face(measuring.picture(name))
        if len(parts) == 4 and found:
            groups[RACES[int(parts[2])]].append(astuple(found[0]))
    for race, rows in groups.items():
        values = np.array(rows)
        share = float((values[:, NAMES.index("occlusion")] > COVERED).mean())
        medians = " ".join(f"{value:.2f}" for value in np.median(values, axis=0))
        print(f"  {race:<8} {len(rows):4} faces  {share:6.1%}  {medians}")


def _of_scores(measuring: Measuring) -> None:
    """Rank correlations of the worse of two pictures with their comparison score."""
    table = (measuring.data / "lfw-dev" / "pairs.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines()[1:]]
    press = [(f"lfw-dev/{a}", f"lfw-dev/{b}") for a, b, same in rows if same.strip() == "1"]
    people = sorted({Path(a).parent.name for a, _ in press})
    np.random.default_rng(1).shuffle(people)
    first = set(people[: len(people) // 2])
    office = [
        pair
        for person in sorted((measuring.data / "orl").iterdir())
        if person.is_dir()
        for pair in itertools.combinations(
            [f"orl/{person.name}/{path.name}" for path in sorted(person.glob("*.pgm"))], 2
        )
    ]
    for title, pairs in (
        ("lfw-dev", press),
        ("lfw-dev, the half of its people for fitting", _of(press, first, inside=True)),
        ("lfw-dev, the other half", _of(press, first, inside=False)),
        ("orl, 40 people, enlarged twice, with a border", office),
    ):
        _print_correlations(measuring, title, pairs)


def _of(
    pairs: Sequence[tuple[str, str]], people: set[str], *, inside: bool
) -> Sequence[tuple[str, str]]:
    return [pair for pair in pairs if (Path(pair[0]).parent.name in people) == inside]


def _print_correlations(measuring: Measuring, title: str, pairs: Sequence[tuple[str, str]]) -> None:
    seen = [(measuring.template(a), measuring.template(b)) for a, b in pairs]
    both = [(a, b) for a, b in seen if a is not None and b is not None]
    scores = np.array([float(a[1] @ b[1]) for a, b in both])
    worse = np.array([[min(a[0][0], b[0][0]), *np.maximum(a[0][1:], b[0][1:])] for a, b in both])
    told = [
        f"{name} {_rank_correlation(worse[:, column], scores):+.2f}"
        for column, name in enumerate(NAMES)
    ]
    dice = np.random.default_rng(2)
    draws = [dice.integers(0, len(scores), len(scores)) for _ in range(2000)]
    spread = [_rank_correlation(worse[rows, 0], scores[rows]) for rows in draws]
    low, high = np.percentile(spread, (2.5, 97.5))
    print(f"{title}: {len(both)} pairs\n  {', '.join(told)}; total 95 %: {low:.2f} to {high:.2f}")


def _of_covers(measuring: Measuring, names: Sequence[str]) -> None:
    print(f"covers over {len(names)} faces of lfw-dev: steps in which occlusion falls by more than")
    print(f"{FALL}, and in which the total rises by more than {RISE}; covers of box or picture")
    falls: dict[tuple[str, str], list[bool]] = {}
    rises: list[bool] = []
    medians: dict[float, list[float]] = {part: [] for part in PARTS}
    for name in names:
        image = measuring.picture(name)
        bare = measuring.face(image)
        if bare is None:
            continue
        for colour, side, wide in itertools.product(COLOURS, SIDES, (False, True)):
            before = bare[0]
            for part in PARTS:
                covered = _covered(image, bare[1].bounding_box, side, part, colour, wide=wide)
                found = measuring.face(covered, bare[1].bounding_box)
                if found is None:
                    break
                now = found[0]
                falls.setdefault((colour, side), []).append(before.occlusion - now.occlusion > FALL)
                rises.append(now.total_score - before.total_score > RISE)
                medians[part].append(now.occlusion)
                before = now
    for (colour, side), steps in falls.items():
        print(f"  {colour:<6} {side:<6} {sum(steps):3} of {len(steps)} ({np.mean(steps):.1%})")
    every = [step for steps in falls.values() for step in steps]
    print(f"  all           {sum(every):3} of {len(every)} ({np.mean(every):.1%})")
    print(f"  total rises   {sum(rises):3} of {len(rises)} ({np.mean(rises):.1%})")
    told = ", ".join(f"{part:.0%}: {np.median(values):.2f}" for part, values in medians.items())
    print(f"  median occlusion by covered part of the box: {told}")


def _of_faults(measuring: Measuring, names: Sequence[str]) -> None:
    """Falls of each fault under what it measures, on the whole way through the engine."""
    steps: Mapping[str, tuple[str, Sequence[Callable[[Image, float], Image]]]] = {
        "blur": ("blur", [_soft(part) for part in (0.01, 0.02, 0.04, 0.07)]),
        "shrinking": ("blur", [_shrunk(size) for size in (64, 48, 32, 24)]),
        "darkening": ("illumination", [_light(part) for part in (0.5, 0.25, 0.12, 0.06)]),
        "overexposure": ("illumination", [_light(part) for part in (1.5, 2.0, 3.0, 5.0)]),
    }
    for title, (fault, changes) in steps.items():
        falls: list[bool] = []
        for name in names:
            image = measuring.picture(name)
            bare = measuring.face(image)
            if bare is None:
                continue
            before = getattr(bare[0], fault)
            for change in changes:
                found = measuring.face(change(image, bare[1].bounding_box.width))
                if found is None:
                    break
                now = getattr(found[0], fault)
                falls.append(before - now > FALL)
                before = now
        print(f"{title}: {fault} falls by more than {FALL} in {sum(falls)} of {len(falls)} steps")


def _of_masks(measuring: Measuring, names: Sequence[str]) -> None:
    """Things drawn over mouth and eyes: how many have an occlusion above COVERED."""
    for title, draw in {
        "bare": lambda image, _: image,
        "grey lower half": lambda image, face: _covered(
            image, face.bounding_box, "below", 0.5, "grey", wide=False
        ),
        "grey mask": lambda image, face: _masked(image, face, (128, 128, 128)),
        "white mask": lambda image, face: _masked(image, face, (235, 235, 235)),
        "blue mask": lambda image, face: _masked(image, face, (90, 140, 200)),
        "sunglasses": _with_sunglasses,
        "black bar over the eyes": _with_bar,
    }.items():
        values = []
        for name in names:
            image = measuring.picture(name)
            bare = measuring.face(image)
            found = bare and measuring.face(draw(image, bare[1]), bare[1].bounding_box)
            if found:
                values.append(found[0].occlusion)
        above = np.mean(np.array(values) > COVERED)
        print(
            f"{title}: {above:.0%} of {len(values)} above {COVERED}, median {np.median(values):.2f}"
        )


def _covered(
    image: Image, box: BoundingBox, side: str, part: float, colour: str, *, wide: bool
) -> Image:
    """The picture with that part of the box covered from one side.

    Covers reach a tenth of the box beyond it, and to the picture's edges where they are ``wide``.
    """
    height, width = image.shape[:2]
    left, top = box.top_left_x - 0.1 * box.width, box.top_left_y - 0.1 * box.height
    right, bottom = left + 1.2 * box.width, top + 1.2 * box.height
    if wide:
        left, top, right, bottom = 0, 0, width, height
    if side == "top":
        bottom = box.top_left_y + part * box.height
    elif side == "below":
        top = box.top_left_y + (1 - part) * box.height
    else:
        right = box.top_left_x + part * box.width
    covered = image.copy()
    rows = slice(max(int(top), 0), max(int(bottom), 0))
    columns = slice(max(int(left), 0), max(int(right), 0))
    covered[rows, columns] = COLOURS[colour] or _cheeks(image, box)
    return covered


def _cheeks(image: Image, box: BoundingBox) -> NDArray[np.float64]:
    """The median colour below the eyes."""
    rows = slice(*(int(box.top_left_y + part * box.height) for part in (0.55, 0.7)))
    columns = slice(*(int(box.top_left_x + part * box.width) for part in (0.2, 0.8)))
    return np.asarray(np.median(image[rows, columns].reshape(-1, 3), axis=0), np.float64)


def _masked(image: Image, face: DetectedFace, colour: tuple[int, int, int]) -> Image:
    """A surgical mask from the bridge of the nose to the chin."""
    box, eyes = face.bounding_box, face.landmarks[:2, 1].mean()
    nose = (2 * face.landmarks[2, 1] + eyes) / 3 - box.top_left_y
    places = np.array(
        [(0, nose), (0.5, nose), (1, nose), (0.9, 0.85), (0.5, 1), (0.1, 0.85)], np.float64
    )
    places[:3, 1] = (nose + np.array([0.1, 0, 0.1]) * box.height) / box.height
    corners = places * (box.width, box.height) + (box.top_left_x, box.top_left_y)
    covered = image.copy()
    cv2.fillPoly(covered, [corners.astype(np.int32)], colour)
    return covered


def _with_sunglasses(image: Image, face: DetectedFace) -> Image:
    covered = image.copy()
    apart = float(np.linalg.norm(face.landmarks[0] - face.landmarks[1]))
    for x, y in face.landmarks[:2].astype(int).tolist():
        axes = (int(0.45 * apart), int(0.35 * apart))
        cv2.ellipse(covered, (x, y), axes, 0, 0, 360, (10, 10, 10), -1)
    return covered


def _with_bar(image: Image, face: DetectedFace) -> Image:
    covered, box = image.copy(), face.bounding_box
    apart = float(np.linalg.norm(face.landmarks[0] - face.landmarks[1]))
    middle = float(face.landmarks[:2, 1].mean())
    first = (box.top_left_x, int(middle - 0.3 * apart))
    last = (box.top_left_x + box.width, int(middle + 0.3 * apart))
    cv2.rectangle(covered, first, last, (0, 0, 0), -1)
    return covered


def _soft(part: float) -> Callable[[Image, float], Image]:
    return lambda image, width: np.asarray(cv2.GaussianBlur(image, (0, 0), part * width), np.uint8)


def _shrunk(size: int) -> Callable[[Image, float], Image]:
    """The whole picture, made so small that the face has that width."""

    def shrunk(image: Image, width: float) -> Image:
        scale = size / width
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.uint8)

    return shrunk


def _light(part: float) -> Callable[[Image, float], Image]:
    return lambda image, _: (image * part).clip(0, 255).astype(np.uint8)


def _enlarged(path: Path) -> Image:
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    large = cv2.resize(np.asarray(grey), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    page = cv2.copyMakeBorder(large, 40, 40, 40, 40, cv2.BORDER_REPLICATE)
    return np.repeat(np.asarray(page, np.uint8)[..., np.newaxis], 3, axis=2)


def _rank_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Spearman's; values that are alike share their mean rank."""
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[places], np.float64)


def _names(
    measuring: Measuring, folder: str, pattern: str, *, every: int = 1, most: int | None = None
) -> Sequence[str]:
    paths = sorted((measuring.data / folder).glob(pattern))[::every][:most]
    return [str(path.relative_to(measuring.data)) for path in paths]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    models_dir = os.environ.get("OPENFRS_MODELS_DIR", ROOT / ".cache" / "models")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--models-dir", type=Path, default=Path(models_dir))
    return parser.parse_args()


if __name__ == "__main__":
    main()
