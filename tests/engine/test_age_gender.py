import numpy as np
import pytest
from onnx import save

from openfrs.engine import align
from openfrs.engine.age_gender import AGES, BATCH, Classifier, ages, genders
from openfrs.engine.manifest import Input
from openfrs.engine.session import Session
from tests.engine.networks import classifier

WANTS = Input(8, 8, "RGB", "NCHW", "float32", (100.0, 120.0, 140.0), 1 / 128)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    path = tmp_path_factory.mktemp("classifier") / "classifier.onnx"
    save(classifier(5, 8), path)
    return Classifier(Session(path, threads=1), WANTS)


def test_pixels_reach_the_network_normalised(model: Classifier) -> None:
    grey = np.full((8, 8, 3), (100, 120, 140), dtype=np.uint8)
    np.testing.assert_allclose(model.probabilities([grey])[0], np.full(5, 0.2), atol=1e-6)
    white = np.full((8, 8, 3), 255, dtype=np.uint8)
    mean = np.mean([155, 135, 115]) / 128
    logits = np.linspace(-1, 1, 5) * 4 * mean
    expected = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(model.probabilities([white])[0], expected, atol=1e-5)


def test_more_chips_than_a_batch_are_all_answered(model: Classifier) -> None:
    dice = np.random.default_rng(1)
    chips = list(dice.integers(0, 256, (BATCH + 3, 8, 8, 3), dtype=np.uint8))
    together = model.probabilities(chips)
    assert together.shape == (BATCH + 3, 5)
    for chip, expected in zip(chips, together, strict=True):
        np.testing.assert_allclose(model.probabilities([chip])[0], expected, atol=1e-6)


def test_a_face_is_seen_at_every_padding_and_both_ways_round(model: Classifier) -> None:
    image = np.random.default_rng(2).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    points = np.stack([align.MEAN_POINTS * 20 + 20, align.MEAN_POINTS * 30 + 5]).astype(np.float32)
    found = model.of_faces(image, points, (0.1, 0.3))
    for face, expected in zip(points, found, strict=True):
        cuts = [align.chip(image, face, size=8, padding=padding) for padding in (0.1, 0.3)]
        views = [view for cut in cuts for view in (cut, np.ascontiguousarray(cut[:, ::-1]))]
        mean = np.mean([model.probabilities([view])[0] for view in views], axis=0)
        np.testing.assert_allclose(expected, mean, atol=1e-6)


def test_an_age_is_the_expected_one() -> None:
    sure = np.eye(81, dtype=np.float32)[[0, 30, 80]]
    assert ages(sure) == [0, 30, 80]
    torn = np.zeros((1, 81), dtype=np.float32)
    torn[0, [20, 41]] = 0.5
    assert ages(torn) == [30]
    assert AGES[-1] == 80


def test_a_gender_is_the_likelier_one() -> None:
    assert genders(np.array([[0.9, 0.1], [0.3, 0.7]], dtype=np.float32)) == ["female", "male"]
