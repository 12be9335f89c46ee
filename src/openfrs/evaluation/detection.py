"""How many faces are found, and how much else, on pictures whose faces are marked with boxes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import BoundingBox
from openfrs.evaluation.tables import Row, read_table

COLUMNS = ("file", "left", "top", "width", "height")
SAME = 0.4
"""The least overlap (intersection over union) of a box found and a box marked. Detectors and people
differ about where a face ends, so the customary 0.5 would count many faces as missed."""

Boxes = Sequence[BoundingBox]
Found = Sequence[tuple[BoundingBox, float]]
"""The boxes that a detector answers with, and how sure it is of each: 0..1."""
Measured = tuple[Boxes, Found]
"""The boxes that are marked in a picture, and those that were found in it."""


@dataclass(frozen=True, slots=True)
class Report:
    """``missed_sides`` are the shorter sides of the marked faces that were not found, in pixels.

    ``answers`` are the boxes found, the surest first: how sure the detector is of each, and
    whether it stands for a marked face.
    """

    pictures: int
    faces: int
    missed_sides: Sequence[int]
    answers: Sequence[tuple[float, bool]]

    @property
    def found(self) -> int:
        """How many of the marked faces were found."""
        return sum(right for _, right in self.answers)

    @property
    def false_alarms(self) -> int:
        """How many boxes stand for no marked face."""
        return len(self.answers) - self.found

    @property
    def recall(self) -> float | None:
        """The part of the faces that was found, 0..1; None where no face is marked."""
        return self.found / self.faces if self.faces else None

    @property
    def precision(self) -> float | None:
        """The part of the boxes found that are marked faces, 0..1; None where none was found."""
        return self.found / len(self.answers) if self.answers else None


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
    answers: list[tuple[float, bool]] = []
    missed: list[int] = []
    for marked, found in measured:
        left = list(found)
        for face in sorted(marked, key=lambda one: -one.area):
            best = max(left, key=lambda one: face.overlap(one[0]), default=None)
            if best is not None and face.overlap(best[0]) >= SAME:
                left.remove(best)
                answers.append((best[1], True))
            else:
                missed.append(min(face.width, face.height))
        answers += [(score, False) for _, score in left]
    return Report(
        pictures=len(measured),
        faces=sum(len(marked) for marked, _ in measured),
        missed_sides=missed,
        answers=sorted(answers, reverse=True),
    )


def precision_and_recall(report: Report) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both, 0..1, if only boxes from each score on counted: the highest score first.

    Boxes of the same score count together. Empty where no face is marked, or nothing was found.
    """
    if not report.faces or not report.answers:
        return np.zeros(0), np.zeros(0)
    scores, right = (np.array(part, dtype=np.float64) for part in zip(*report.answers, strict=True))
    last = np.flatnonzero(np.append(np.diff(scores) != 0, True))
    found = np.cumsum(right)[last]
    return found / (last + 1), found / report.faces
