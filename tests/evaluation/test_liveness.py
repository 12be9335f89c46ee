"""Error rates of a liveness check."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from openfrs.evaluation.det_plot import PlotsUnavailable, draw_det
from openfrs.evaluation.liveness import (
    REFUSED,
    Labelled,
    equal_error_rate,
    error_rates,
    evaluate,
    read_labels,
)

Scores = st.lists(st.floats(0, 1) | st.just(REFUSED), min_size=1, max_size=30).map(np.array)


def test_scores_that_do_not_overlap_have_no_errors() -> None:
    report = evaluate(np.array([0.6, 0.9]), np.array([0.1, 0.4, 0.2]), 0.5)
    assert (report.live, report.attack) == (2, 3)
    assert (report.eer, report.bpcer, report.apcer) == (0, 0, 0)


def test_a_score_at_the_threshold_is_alive() -> None:
    report = evaluate(np.array([0.5, 0.4]), np.array([0.5, 0.6, 0.1, 0.2]), 0.5)
    assert report.bpcer == 0.5
    assert report.apcer == 0.5


def test_the_equal_error_rate_is_where_both_rates_meet() -> None:
    live = np.array([0.2, 0.6, 0.7, 0.8])
    attack = np.array([0.1, 0.3, 0.4, 0.65])
    assert equal_error_rate(live, attack) == 0.25


def test_a_live_picture_without_a_face_is_an_error_and_an_attack_is_none() -> None:
    report = evaluate(np.array([REFUSED, 0.9]), np.array([REFUSED, 0.1]), 0.0)
    assert report.bpcer == 0.5
    assert report.apcer == 0.5  # the threshold of 0 takes every face
    assert (report.live_refused, report.attack_refused) == (1, 1)
    assert evaluate(np.array([REFUSED] * 2), np.array([0.1]), 0.5).bpcer == 1


@given(live=Scores, attack=Scores)
def test_rates_are_monotone_and_the_equal_one_lies_between(
    live: np.ndarray[tuple[int], np.dtype[np.float64]],
    attack: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    bpcer, apcer = error_rates(live, attack)
    assert (np.diff(bpcer) >= 0).all()
    assert (np.diff(apcer) <= 0).all()
    assert bpcer[-1] == 1
    assert apcer[-1] == 0
    eer = equal_error_rate(live, attack)
    assert 0 <= eer <= 1
    assert eer <= np.maximum(bpcer, apcer).min() + 1e-12
    assert eer >= np.minimum(bpcer, apcer).max() - 1e-12


@given(live=Scores, attack=Scores)
def test_rates_are_those_that_counting_gives(
    live: np.ndarray[tuple[int], np.dtype[np.float64]],
    attack: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    finite = sorted({float(one) for one in (*live, *attack) if np.isfinite(one)})
    counted = [
        (sum(one < t for one in live) / len(live), sum(one >= t for one in attack) / len(attack))
        for t in [*finite, np.inf]
    ]
    bpcer, apcer = error_rates(live, attack)
    np.testing.assert_allclose(list(zip(bpcer, apcer, strict=True)), counted)


def written(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "labels.tsv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_labels_are_read_and_other_columns_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, "file\tdevice\tlive", "a/1.jpg\tx\t1", "b.jpg\ty\t0")
    assert read_labels(path) == [Labelled("a/1.jpg", live=True), Labelled("b.jpg", live=False)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["file", "a.jpg"], "no column live"),
        (["file\tlive", "a.jpg\tyes"], "line 2: live is 1 or 0"),
        (["file\tlive", "\t1"], "line 2: the file is missing"),
        (["file\tlive", "a.jpg"], "line 2: live is 1 or 0"),
        (["file\tlive", "a.jpg\t1"], "live pictures and attacks"),
        ([], "no column file, live"),
    ],
)
def test_a_mistake_in_the_labels_is_told(tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_labels(written(tmp_path, *rows))


def test_the_curve_is_drawn(tmp_path: Path) -> None:
    dice = np.random.default_rng(0)
    live, attack = dice.normal(0.8, 0.1, 200).clip(0, 1), dice.normal(0.4, 0.2, 200).clip(0, 1)
    report = evaluate(live, attack, 0.5)
    path = draw_det(report, *error_rates(live, attack), tmp_path / "new" / "plots")
    with Pillow.open(path) as drawn:
        assert drawn.format == "PNG"
        assert min(drawn.size) > 300
        assert len(np.unique(np.asarray(drawn.convert("L")))) > 50


def test_what_draws_may_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    report = evaluate(np.array([0.9]), np.array([0.1]), 0.5)
    with pytest.raises(PlotsUnavailable, match=r"pip install 'openfrs\[plots\]'"):
        draw_det(report, np.array([0.0, 1.0]), np.array([1.0, 0.0]), tmp_path)
