"""Error rates of a liveness check on labelled pictures (the terms of ISO/IEC 30107-3).

BPCER is the part of live pictures that is refused, APCER the part of attacks that is called
alive. A picture in which no face is found, or that cannot be read, is refused by the service: of
a live one that is an error at every threshold, of an attack it is none at any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openfrs.evaluation.tables import Row, read_table

Scores = NDArray[np.float64]

REFUSED = -np.inf
"""The score of a picture that is not judged: below every threshold."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture's name, and whether it shows a live face."""

    file: str
    live: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured.

    ``bpcer`` and ``apcer`` are the rates at ``threshold``; ``eer`` is the rate at which both are
    equal. ``live_refused`` and ``attack_refused`` count the pictures that were not judged: no face
    was found, or they could not be read.
    """

    live: int
    attack: int
    eer: float
    threshold: float
    bpcer: float
    apcer: float
    live_refused: int
    attack_refused: int


def read_labels(path: Path) -> Sequence[Labelled]:
    """The pictures of a TSV with the columns file and live (1 or 0); other columns are ignored.

    Raises ValueError, which names the line.
    """
    labels = [_labelled(row, where) for row, where in read_table(path, ("file", "live"))]
    if len({label.live for label in labels}) != 2:
        raise ValueError(f"{path}: there must be live pictures and attacks")
    return labels


def _labelled(row: Row, where: str) -> Labelled:
    file, live = row
    if not file:
        raise ValueError(f"{where}: the file is missing")
    if live not in ("0", "1"):
        raise ValueError(f"{where}: live is 1 or 0")
    return Labelled(file, live == "1")


def evaluate(live: Scores, attack: Scores, threshold: float) -> Report:
    """The figures of the scores, REFUSED among them; neither is empty."""
    return Report(
        live=len(live),
        attack=len(attack),
        eer=equal_error_rate(live, attack),
        threshold=threshold,
        bpcer=float((live < threshold).mean()),
        apcer=float((attack >= threshold).mean()),
        live_refused=int(np.isneginf(live).sum()),
        attack_refused=int(np.isneginf(attack).sum()),
    )


def error_rates(live: Scores, attack: Scores) -> tuple[Scores, Scores]:
    """BPCER and APCER at every threshold that makes a difference, from the lowest on."""
    finite = np.concatenate((live, attack))
    thresholds = np.append(np.unique(finite[np.isfinite(finite)]), np.inf)
    bpcer = np.searchsorted(np.sort(live), thresholds, side="left") / len(live)
    apcer = 1 - np.searchsorted(np.sort(attack), thresholds, side="left") / len(attack)
    return bpcer, apcer


def equal_error_rate(live: Scores, attack: Scores) -> float:
    """Where BPCER and APCER meet; the middle of the step over which one overtakes the other."""
    bpcer, apcer = error_rates(live, attack)
    below, above = np.minimum(bpcer, apcer).max(), np.maximum(bpcer, apcer).min()
    return float((below + above) / 2)
