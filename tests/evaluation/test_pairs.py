from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from openfrs.domain.faces import Vector
from openfrs.evaluation.pairs import (
    NOT_ENROLLED,
    Pair,
    PairsInvalid,
    accuracy_by_fold,
    best_threshold,
    evaluate,
    read_pairs,
    true_match_rate,
)


def unit(angle: float) -> Vector:
    return np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)


def listed(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text(text, encoding="utf-8")
    return path


GOOD = "a.jpg\tb.jpg\t1\n" + "a.jpg\tc.jpg\t0\n"


def test_pairs_are_read_with_or_without_folds(tmp_path: Path) -> None:
    assert read_pairs(listed(tmp_path, "img1\timg2\tsame\n" + GOOD)) == [
        Pair("a.jpg", "b.jpg", True, None),
        Pair("a.jpg", "c.jpg", False, None),
    ]
    path = listed(tmp_path, "fold\timg1\tnote\timg2\tsame\n3\ta\tx\tb\t1\n4\ta\tx\tc\t0\n")
    assert [pair.fold for pair in read_pairs(path)] == ["3", "4"]


@pytest.mark.parametrize(
    ("text", "telling"),
    [
        ("", "img1, img2, same"),
        ("img1,img2,same\na,b,1\n", "img1, img2, same"),
        ("img1\timg2\na\tb\n", "same"),
        ("img1\timg2\tsame\n", "same and of different"),
        ("img1\timg2\tsame\na\tb\t1\n", "same and of different"),
        ("img1\timg2\tsame\na\tb\tyes\n", "line 2: same is 1 or 0"),
        ("img1\timg2\tsame\na\tb\t1\na\t\t0\n", "line 3: a picture is missing"),
        ("img1\timg2\tsame\na\n", "line 2: a picture is missing"),
        ("img1\timg2\tsame\tfold\na\tb\t1\t\n", "line 2: the fold is missing"),
    ],
)
def test_a_list_with_a_mistake_is_refused_by_line(tmp_path: Path, text: str, telling: str) -> None:
    with pytest.raises(PairsInvalid, match=telling):
        read_pairs(listed(tmp_path, text))


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PairsInvalid, match=r"nowhere\.tsv"):
        read_pairs(tmp_path / "nowhere.tsv")
    (tmp_path / "bytes.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PairsInvalid, match=r"bytes\.tsv"):
        read_pairs(tmp_path / "bytes.tsv")


judged = st.lists(st.tuples(st.integers(-20, 20), st.booleans()), min_size=1, max_size=40)


def right(scores: NDArray[np.float64], same: NDArray[np.bool_], threshold: float) -> int:
    return int(((scores >= threshold) == same).sum())


@given(judged)
def test_no_threshold_judges_more_pairs_rightly(pairs: list[tuple[int, bool]]) -> None:
    scores = np.array([score / 20 for score, _ in pairs])
    same = np.array([one for _, one in pairs])
    found = right(scores, same, best_threshold(scores, same))
    assert found == max(right(scores, same, t) for t in np.arange(-1.025, 1.1, 0.05))


def test_pairs_that_were_not_enrolled_match_under_no_threshold() -> None:
    scores = np.array([NOT_ENROLLED, NOT_ENROLLED])
    same = np.array([True, True])
    assert accuracy_by_fold(scores, same, np.array([0, 0])).tolist() == [0.0]
    scores = np.array([NOT_ENROLLED, NOT_ENROLLED, 0.5, 0.4])
    same = np.array([True, False, True, False])
    assert accuracy_by_fold(scores, same, np.zeros(4, dtype=np.int64)).tolist() == [0.75]


def test_each_fold_is_judged_by_the_threshold_of_the_others() -> None:
    # Fold 0 alone would want a threshold of .3, the others one of .7.
    scores = np.array([0.4, 0.2, 0.8, 0.6, 0.8, 0.6])
    same = np.array([True, False] * 3)
    folds = np.array([0, 0, 1, 1, 2, 2])
    assert accuracy_by_fold(scores, same, folds)[0] == 0.5
    # For the others the best is any between .4 and .6 with fold 0 among the rest, or .7.
    assert accuracy_by_fold(scores, same, folds)[1] == 1.0


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=40),
    st.lists(st.integers(0, 30), min_size=1, max_size=40),
    st.sampled_from([0.5, 0.1, 0.01]),
)
def test_the_true_match_rate_is_the_best_that_the_false_match_rate_allows(
    mated: list[int], non_mated: list[int], rate: float
) -> None:
    found = true_match_rate(np.array(mated, float), np.array(non_mated, float), rate)
    allowed = [
        threshold
        for threshold in np.arange(-1.5, 31)
        if sum(score > threshold for score in non_mated) <= rate * len(non_mated)
    ]
    assert found == max(sum(score > t for score in mated) for t in allowed) / len(mated)


def test_a_rate_below_one_pair_lets_no_other_person_pass() -> None:
    mated, non_mated = np.array([0.5, 0.7, 0.9]), np.array([0.1, 0.7])
    assert true_match_rate(mated, non_mated, 1e-4) == pytest.approx(1 / 3)


def test_the_report_counts_what_it_rests_on() -> None:
    vectors = {"a": unit(0), "b": unit(0.1), "c": unit(1.5), "d": None}
    pairs = [
        Pair("a", "b", True, None),
        Pair("a", "d", True, None),
        Pair("a", "c", False, None),
        Pair("b", "c", False, None),
    ]
    report = evaluate(pairs, vectors)
    assert (report.pairs, report.mated, report.non_mated) == (4, 2, 2)
    assert report.folds == 2
    assert report.accuracy == 0.75
    assert report.accuracy_std == 0.25
    assert report.tar == {1e-2: 0.5, 1e-3: 0.5, 1e-4: 0.5}


def test_without_folds_ten_are_dealt_with_both_kinds_in_each() -> None:
    vectors = {"a": unit(0), "b": unit(0.1), "c": unit(1.5)}
    pairs = [Pair("a", "b", True, None)] * 20 + [Pair("a", "c", False, None)] * 30
    report = evaluate(pairs, vectors)
    assert (report.folds, report.accuracy, report.accuracy_std) == (10, 1.0, 0.0)
