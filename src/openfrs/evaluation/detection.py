"""How many faces are found, and how much else, on pictures whose faces are marked with boxes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openfrs.domain.faces import BoundingBox
from openfrs.evaluation.tables import Row, read_table

COLUMNS = ("file", "left", "top", "width", "height")
SAME = 0.4
"""The least overlap (intersection over union) of a box found and a box marked. Detectors and people
differ about where a face ends, so the customary 0.5 would count many faces as missed."""

Boxes = Sequence[BoundingBox]
Measured = tuple[Boxes, Boxes]
"""The boxes that are marked in a picture, and those that were found in it."""


@dataclass(frozen=True, slots=True)
class Report:
    """``missed_sides`` are the shorter sides of the marked faces that were not found, in pixels."""

    pictures: int
    faces: int
    found: int
    false_alarms: int
    missed_sides: Sequence[int]

    @property
    def recall(self) -> float | None:
        """The part of the faces that was found, 0..1; None where no face is marked."""
        return self.found / self.faces if self.faces else None


def read_boxes(path: Path) -> Mapping[str, Boxes]:
    """The marked faces by picture, of a TSV with a row for each face.

    The columns are file, left, top, width and height, in pixels; others are ignored. A picture
    without a face has one row in which the last four are empty. Raises ValueError, which names the
    line.
    """
    marked: dict[str, list[BoundingBox]] = {}
    for row, where in read_table(path, COLUMNS):
        name, box = _marked(row, where)
        marked.setdefault(name, []).extend([box] if box else [])
    return marked


def _marked(row: Row, where: str) -> tuple[str, BoundingBox | None]:
    name, *texts = row
    if not name:
        raise ValueError(f"{where}: the file is missing")
    if not any(texts):
        return name, None
    try:
        left, top, width, height = (round(float(text)) for text in texts)
    except (ValueError, OverflowError):
        raise ValueError(f"{where}: left, top, width and height are numbers") from None
    if width < 1 or height < 1:
        raise ValueError(f"{where}: a box has at least a pixel")
    return name, BoundingBox(width, height, left, top)


def evaluate(measured: Sequence[Measured]) -> Report:
    """The figures of what was found: each box found stands for one marked face at most."""
    found = false_alarms = 0
    missed: list[int] = []
    for marked, boxes in measured:
        left = list(boxes)
        for face in sorted(marked, key=lambda one: -one.area):
            best = max(left, key=face.overlap, default=None)
            if best is not None and face.overlap(best) >= SAME:
                left.remove(best)
                found += 1
            else:
                missed.append(min(face.width, face.height))
        false_alarms += len(left)
    return Report(
        pictures=len(measured),
        faces=found + len(missed),
        found=found,
        false_alarms=false_alarms,
        missed_sides=missed,
    )
