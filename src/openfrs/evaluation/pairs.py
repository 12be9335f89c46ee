"""Verification accuracy on a list of picture pairs, as face recognition is commonly measured.

A pair with a picture that could not be enrolled counts as not the same person: of a mated pair
that is an error, of a non-mated one it is not.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import Vector

FOLDS = 10
RATES = (1e-2, 1e-3, 1e-4)

NOT_ENROLLED = -np.inf
"""The score of a pair of which a template is missing: below every threshold."""


class PairsInvalid(Exception):
    """The list of pairs cannot be used; the message says which line and why."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures, whether they show the same person, and the fold they were put into, if any."""

    img1: str
    img2: str
    same: bool
    fold: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured.

    ``accuracy`` is the mean over the folds, each judged by the threshold that is best on the
    others, and ``accuracy_std`` its standard deviation. ``tar`` is the true match rate, in 0..1,
    by false match rate; all rest on ``non_mated`` pairs.
    """

    pairs: int
    mated: int
    non_mated: int
    folds: int
    accuracy: float
    accuracy_std: float
    tar: Mapping[float, float]


def read_pairs(path: Path) -> Sequence[Pair]:
    """The pairs of a TSV with the columns img1, img2, same and perhaps fold; others are ignored.

    Raises PairsInvalid.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            missing = {"img1", "img2", "same"} - set(rows.fieldnames or ())
            if missing:
                raise PairsInvalid(f"{path}: no column {', '.join(sorted(missing))} in its header")
            pairs = [_pair(row, f"{path}, line {rows.line_num}") for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PairsInvalid(f"{path}: {error}") from None
    if len({pair.same for pair in pairs}) != 2:
        raise PairsInvalid(f"{path}: there must be pairs of the same and of different persons")
    return pairs


def _pair(row: Mapping[str, str | None], where: str) -> Pair:
    img1, img2, same = row["img1"], row["img2"], row["same"]
    if not img1 or not img2:
        raise PairsInvalid(f"{where}: a picture is missing")
    if same not in ("0", "1"):
        raise PairsInvalid(f"{where}: same is 1 or 0")
    fold = row.get("fold")
    if "fold" in row and not fold:
        raise PairsInvalid(f"{where}: the fold is missing")
    return Pair(img1, img2, same == "1", fold)


def evaluate(pairs: Sequence[Pair], vectors: Mapping[str, Vector | None]) -> Report:
    """The figures of the pairs, given the template of each picture (None: not enrolled)."""
    scores = np.array([_score(vectors[pair.img1], vectors[pair.img2]) for pair in pairs])
    same = np.array([pair.same for pair in pairs])
    folds = _folds(pairs)
    accuracies = accuracy_by_fold(scores, same, folds)
    return Report(
        pairs=len(pairs),
        mated=int(same.sum()),
        non_mated=int((~same).sum()),
        folds=len(accuracies),
        accuracy=float(accuracies.mean()),
        accuracy_std=float(accuracies.std()),
        tar={rate: true_match_rate(scores[same], scores[~same], rate) for rate in RATES},
    )


def _score(one: Vector | None, other: Vector | None) -> float:
    return NOT_ENROLLED if one is None or other is None else float(one @ other)


def _folds(pairs: Sequence[Pair]) -> NDArray[np.int64]:
    """The fold of each pair: as given, or ten, dealt out in turn to same and to different pairs."""
    if pairs[0].fold is not None:
        names = sorted({str(pair.fold) for pair in pairs})
        return np.array([names.index(str(pair.fold)) for pair in pairs])
    dealt = {True: 0, False: 0}
    folds = []
    for pair in pairs:
        folds.append(dealt[pair.same] % FOLDS)
        dealt[pair.same] += 1
    return np.array(folds)


def accuracy_by_fold(
    scores: NDArray[np.float64], same: NDArray[np.bool_], folds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The part of each fold's pairs that is judged rightly, (folds,) in 0..1.

    The threshold of a fold is the one that is best on all others; a lone fold is judged by its
    own.
    """
    accuracies = []
    for fold in np.unique(folds):
        here = folds == fold
        others = here if here.all() else ~here
        threshold = best_threshold(scores[others], same[others])
        accuracies.append(((scores[here] >= threshold) == same[here]).mean())
    return np.array(accuracies)


def best_threshold(scores: NDArray[np.float64], same: NDArray[np.bool_]) -> float:
    """The threshold that judges most pairs rightly; the middle one where several do.

    Pairs that were not enrolled have no say: they are below every threshold.
    """
    enrolled = np.isfinite(scores)
    order = np.argsort(scores[enrolled])
    scores, same = scores[enrolled][order], same[enrolled][order]
    if not scores.size:
        return np.inf
    # With the threshold before place i, what lies before it is judged different, the rest same.
    right = np.concatenate(([0], np.cumsum(~same))) + np.concatenate(
        (np.cumsum(same[::-1])[::-1], [0])
    )
    # Equal scores cannot be told apart.
    right[1:-1][scores[1:] == scores[:-1]] = -1
    best = np.flatnonzero(right == right.max())
    place = int(best[len(best) // 2])
    below = scores[place - 1] if place > 0 else scores[0] - 1
    above = scores[place] if place < len(scores) else scores[-1] + 1
    return float((below + above) / 2)


def true_match_rate(
    mated: NDArray[np.float64], non_mated: NDArray[np.float64], false_match_rate: float
) -> float:
    """The part of mated pairs above the lowest threshold that keeps the false match rate.

    Of n non-mated pairs at most ``false_match_rate`` x n score above it; with fewer pairs than one
    over the rate, none does.
    """
    allowed = int(false_match_rate * len(non_mated) + 1e-9)
    threshold = np.sort(non_mated)[::-1][allowed] if allowed < len(non_mated) else NOT_ENROLLED
    return float((mated > threshold).mean())
