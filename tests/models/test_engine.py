"""The default pack on real pictures. Thresholds leave room for other processors' rounding."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from openfrs import images
from openfrs.domain.attributes import Attribute
from openfrs.domain.faces import Image, Vector
from openfrs.domain.limits import OPEN
from openfrs.engine.installed_pack import installed_pack
from openfrs.engine.pipeline import OnnxEngine
from openfrs.evaluation.pairs import evaluate, read_pairs
from openfrs.evaluation.templates import enrol

pytestmark = [pytest.mark.models, pytest.mark.shared]

ADVISED = 0.93
"""The similarity above which the vendor advises "usually the same person" (spec 11)."""


@pytest.fixture(scope="module")
def people(shared_data: Path) -> dict[str, Image]:
    names = ("obama.jpg", "obama2.jpg", "biden.jpg")
    return {name: picture(shared_data / "people" / name) for name in names}


def picture(path: Path) -> Image:
    return images.decode(path.read_bytes(), OPEN)


def template(engine: OnnxEngine, image: Image) -> Vector:
    return engine.templates(image, engine.detect(image)[:1])[0].vector


def similarity(engine: OnnxEngine, one: Vector, other: Vector) -> float:
    return engine.calibration.similarity(float(one @ other))


def test_the_same_person_is_above_and_another_below_the_advised_similarity(
    engine: OnnxEngine, people: dict[str, Image]
) -> None:
    first, second, other = (template(engine, image) for image in people.values())
    assert similarity(engine, first, second) > ADVISED
    assert similarity(engine, first, other) < 0.5
    assert similarity(engine, second, other) < 0.5


def test_the_same_picture_has_similarity_one(engine: OnnxEngine, people: dict[str, Image]) -> None:
    for image in people.values():
        assert similarity(engine, template(engine, image), template(engine, image)) == 1.0


def test_a_turned_picture_shows_the_same_person(
    engine: OnnxEngine, people: dict[str, Image]
) -> None:
    upright = people["obama.jpg"]
    expected = template(engine, upright)
    for turns, angle in ((1, 90), (2, 180), (3, 270)):
        turned = np.ascontiguousarray(np.rot90(upright, -turns))
        faces = engine.detect(turned)[:1]
        [found] = engine.attributes(turned, faces, frozenset({Attribute.FACE_ANGLE}))
        assert found.face_angle == angle
        assert similarity(engine, template(engine, turned), expected) > ADVISED


def test_threads_batches_and_company_do_not_change_a_template(
    engine: OnnxEngine, models_dir: Path, shared_data: Path
) -> None:
    image = picture(shared_data / "dlib-faces" / "bald_guys.jpg")
    faces = engine.detect(image)
    together = [one.vector for one in engine.templates(image, faces)]
    single = OnnxEngine(installed_pack(models_dir, "default"), threads=1)
    alone = [single.templates(image, [face])[0].vector for face in faces]
    with ThreadPoolExecutor(4) as pool:
        crowded = list(pool.map(lambda f: engine.templates(image, [f])[0].vector, faces))
    np.testing.assert_allclose(alone, together, atol=1e-5)
    np.testing.assert_allclose(crowded, together, atol=1e-5)


def test_pairs_that_it_was_not_tuned_on_are_told_apart(
    engine: OnnxEngine, shared_data: Path
) -> None:
    root = shared_data / "lfw-dev"
    pairs = read_pairs(root / "pairs.tsv")
    # A sample, for time: every third pair of the same person, as many of different ones.
    same = [pair for pair in pairs if pair.same][::3]
    pairs = [*same, *[pair for pair in pairs if not pair.same][: len(same)]]
    names = sorted({name for pair in pairs for name in (pair.img1, pair.img2)})
    enrolled = enrol(root, names, engine, lambda data: images.decode(data, OPEN))
    assert enrolled.failures == 0
    assert evaluate(pairs, enrolled.vectors).accuracy >= 0.96


def test_the_same_person_is_known_again_under_another_expression(
    engine: OnnxEngine, shared_data: Path
) -> None:
    # The ten pictures of a person are 92x112 pixels and grey.
    paths = [shared_data / "orl" / f"s{n}" / f"{k}.pgm" for n in (1, 7, 20) for k in (1, 2, 3)]
    vectors = [template(engine, np.asarray(cv2.imread(str(path)), np.uint8)) for path in paths]
    for one in range(len(paths)):
        for other in range(one):
            found = similarity(engine, vectors[one], vectors[other])
            assert (found > 0.8) == (one // 3 == other // 3)
