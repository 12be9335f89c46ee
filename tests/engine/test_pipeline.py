import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from openfrs.domain.attributes import Attribute, Attributes
from openfrs.domain.faces import BoundingBox, DetectedFace
from openfrs.domain.ports import AttributeEstimator, FaceEngine
from openfrs.engine import dlib_templates
from openfrs.engine.align import MEAN_LANDMARKS
from openfrs.engine.installed_pack import InstalledPack
from openfrs.engine.manifest import ManifestInvalid, PackNotInstalled
from openfrs.engine.pipeline import OnnxEngine
from tests.engine.networks import DIMENSION, file, pack


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> OnnxEngine:
    return OnnxEngine(pack(tmp_path_factory.mktemp("pack")), threads=1)


def face_at(x: float, y: float, side: float, quarter_turns: int = 0) -> DetectedFace:
    points = MEAN_LANDMARKS - 0.5
    for _ in range(quarter_turns):
        points = np.column_stack((-points[:, 1], points[:, 0]))
    landmarks = ((points + 0.5) * side + (x, y)).astype(np.float32)
    box = BoundingBox(width=int(side), height=int(side), top_left_x=int(x), top_left_y=int(y))
    return DetectedFace(box, landmarks, 0.9)


def noise(seed: int = 1) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (300, 400, 3), dtype=np.uint8)


def test_it_satisfies_both_ports(engine: OnnxEngine) -> None:
    port: FaceEngine = engine
    estimator: AttributeEstimator = engine
    assert port.model == "stand-in@7"
    assert port.dimension == DIMENSION
    assert port.calibration.similarity(0.5) == 0.93
    assert estimator.attributes(noise(), [], frozenset(Attribute)) == []


def test_a_face_found_has_a_template_of_unit_length(engine: OnnxEngine) -> None:
    image = np.full((300, 400, 3), 60, dtype=np.uint8)
    image[140:152, 190:202] = (255, 0, 0)
    [face] = engine.detect(image)
    [template] = engine.templates(image, [face])
    assert template.model == "stand-in@7"
    assert template.vector.dtype == np.float32
    assert template.vector.shape == (DIMENSION,)
    assert np.linalg.norm(template.vector) == pytest.approx(1, abs=1e-6)


def test_a_template_is_the_mean_of_the_chip_and_its_mirror_image(engine: OnnxEngine) -> None:
    image = noise()
    image[:, :200] //= 4
    face = face_at(120, 80, 150)
    [template] = engine.templates(image, [face])
    # The stand-in keeps left and right apart; with the mirror image, both are the same.
    left, right = template.vector.reshape(3, 2).T
    np.testing.assert_allclose(left, right, rtol=1e-4)
    [mirrored] = engine.templates(
        np.ascontiguousarray(image[:, ::-1]), [face_at(400 - 120 - 150, 80, 150)]
    )
    assert mirrored.vector @ template.vector == pytest.approx(1, abs=1e-4)


def test_templates_come_in_the_order_given_whatever_the_batch(engine: OnnxEngine) -> None:
    image = noise()
    image[:, :, 0] = np.linspace(0, 255, 400).astype(np.uint8)
    faces = [face_at(10 + 14 * i, 60, 100) for i in range(2 * dlib_templates.BATCH + 1)]
    together = engine.templates(image, faces)
    assert len(together) == len(faces)
    for face, expected in zip(faces, together, strict=True):
        [alone] = engine.templates(image, [face])
        np.testing.assert_allclose(alone.vector, expected.vector, atol=1e-6)


def test_no_faces_have_no_templates(engine: OnnxEngine) -> None:
    assert engine.templates(noise(), []) == []


def test_a_turned_face_has_the_template_of_the_upright_one(engine: OnnxEngine) -> None:
    image = noise()
    image[:, :200] //= 3
    [upright] = engine.templates(image, [face_at(120, 80, 100)])
    turned = np.ascontiguousarray(np.rot90(image, -1))
    [other] = engine.templates(turned, [face_at(300 - 80 - 100, 120, 100, quarter_turns=1)])
    assert upright.vector @ other.vector == pytest.approx(1, abs=1e-3)


def test_only_what_is_wanted_is_measured(engine: OnnxEngine) -> None:
    faces = [face_at(120, 80, 150)]
    image = np.full((300, 400, 3), 250, dtype=np.uint8)
    assert engine.attributes(image, faces, frozenset()) == [Attributes()]
    assert engine.attributes(image, faces, frozenset({Attribute.SMILE})) == [Attributes()]
    [angle] = engine.attributes(image, faces, frozenset({Attribute.FACE_ANGLE}))
    assert angle == Attributes(face_angle=0)
    [age] = engine.attributes(image, faces, frozenset({Attribute.AGE}))
    assert (age.gender, age.face_angle) == (None, None)
    assert age.age is not None
    [gender] = engine.attributes(image, faces, frozenset({Attribute.GENDER}))
    assert gender == Attributes(gender="male")


def test_attributes_are_those_of_each_face(engine: OnnxEngine) -> None:
    image = np.full((300, 400, 3), 10, dtype=np.uint8)
    image[:, 200:] = 250
    faces = [face_at(30, 100, 90), face_at(270, 100, 90)]
    dark, light = engine.attributes(image, faces, frozenset(Attribute))
    assert (dark.gender, light.gender) == ("female", "male")
    assert dark.age is not None
    assert light.age is not None
    assert dark.age < 40 < light.age


@pytest.mark.parametrize("turns", range(4))
def test_the_face_angle_is_the_clockwise_quarter_turn(engine: OnnxEngine, turns: int) -> None:
    face = face_at(100, 100, 100, quarter_turns=turns)
    [found] = engine.attributes(noise(), [face], frozenset({Attribute.FACE_ANGLE}))
    assert found.face_angle == 90 * turns


def test_many_threads_get_the_same_templates_as_one(engine: OnnxEngine) -> None:
    images = [noise(seed) for seed in range(8)]
    face = face_at(120, 80, 150)
    alone = [engine.templates(image, [face])[0].vector for image in images]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda image: engine.templates(image, [face])[0].vector, images))
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_warming_up_runs_every_model(engine: OnnxEngine) -> None:
    engine.warm_up()


def test_a_pack_without_age_and_gender_answers_without_them(tmp_path: Path) -> None:
    engine = OnnxEngine(pack(tmp_path, without=frozenset({"age", "gender"})), threads=1)
    engine.warm_up()
    [found] = engine.attributes(noise(), [face_at(120, 80, 150)], frozenset(Attribute))
    assert found == Attributes(face_angle=0)


def test_a_pack_without_the_point_predictor_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackNotInstalled, match="five_points"):
        OnnxEngine(pack(tmp_path, without=frozenset({"five_points"})))


def test_a_damaged_point_predictor_is_refused_by_name(tmp_path: Path) -> None:
    made = pack(tmp_path)
    (tmp_path / "five_points.dat").write_bytes(b"\x01\x01nonsense")
    with pytest.raises(PackNotInstalled, match=r"five_points\.dat"):
        OnnxEngine(made)


def test_a_family_this_engine_does_not_run_is_refused(tmp_path: Path) -> None:
    made = pack(tmp_path)
    strange = file("detector", "scrying", "detector.onnx")
    others = tuple(f for f in made.manifest.files if f.role != "detector")
    manifest = dataclasses.replace(made.manifest, files=(strange, *others))
    with pytest.raises(ManifestInvalid, match="centerface"):
        OnnxEngine(InstalledPack(manifest, tmp_path))
