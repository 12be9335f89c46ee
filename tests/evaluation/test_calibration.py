import numpy as np
import pytest
from numpy.typing import NDArray

from openfrs.evaluation import calibration
from openfrs.evaluation.calibration import SIMILARITIES, measure, non_mated_scores, score_at


def vectors(count: int, seed: int = 1) -> NDArray[np.float32]:
    found = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    unit: NDArray[np.float32] = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit


def test_every_pair_of_different_people_is_compared_once() -> None:
    people = np.array([0, 0, 1, 2, 1, 3])
    templates = vectors(6)
    expected = sorted(
        (
            (float(templates[i] @ templates[j]), *sorted((int(people[i]), int(people[j]))))
            for i in range(6)
            for j in range(i)
            if people[i] != people[j]
        ),
        reverse=True,
    )
    scores, first, second = non_mated_scores(people, templates)
    np.testing.assert_allclose(scores, [score for score, _, _ in expected], atol=1e-6)
    assert [sorted((int(a), int(b))) for a, b in zip(first, second, strict=True)] == [
        [a, b] for _, a, b in expected
    ]


def test_a_score_is_reached_by_its_part_of_the_pairs() -> None:
    scores = np.linspace(1, 0, 1000, dtype=np.float32)
    for rate in (0.5, 0.1, 0.01, 0.001):
        assert (scores >= score_at(scores, rate)).mean() == pytest.approx(rate)


def test_the_calibration_has_the_stated_similarity_at_each_measured_score(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calibration, "DRAWS", 20)
    people = [f"person {i}" for i in range(460)]
    measured = measure(people, list(vectors(460)))
    assert measured.non_mated == 460 * 459 // 2
    made = measured.calibration()
    for point in measured.points:
        score = round(point.score, calibration.SCORE_DIGITS)
        assert made.similarity(score) == SIMILARITIES[point.false_match_rate]
    rates = {point.false_match_rate: point for point in measured.points}
    assert rates[0.5].low is None
    low, high = rates[1e-3].low, rates[1e-3].high
    assert low is not None
    assert high is not None
    assert low <= rates[1e-3].score <= high
    assert low < high


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="100000 are needed"):
        measure(["a", "b", "c"], list(vectors(3)))


def test_the_vendors_threshold_stands_for_one_in_ten_thousand() -> None:
    assert SIMILARITIES[1e-4] == 0.93
