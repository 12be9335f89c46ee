"""What the default pack's mesh says of real faces."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from openfrs import images
from openfrs.domain.attributes import Attribute, Attributes
from openfrs.domain.faces import Image
from openfrs.domain.limits import OPEN
from openfrs.domain.quality import Quality
from openfrs.engine.pipeline import OnnxEngine

pytestmark = [pytest.mark.models, pytest.mark.shared]

EVERY = frozenset(Attribute)


@pytest.fixture(scope="module")
def faces(shared_data: Path) -> Sequence[Image]:
    paths = sorted((shared_data / "lfw-dev").glob("*/*.jpg"))[::130]
    return [images.decode(path.read_bytes(), OPEN) for path in paths]


@pytest.fixture(scope="module")
def portrait(shared_data: Path) -> Image:
    return images.decode((shared_data / "people" / "obama.jpg").read_bytes(), OPEN)


def described(engine: OnnxEngine, image: Image, wanted: frozenset[Attribute] = EVERY) -> Attributes:
    [found] = engine.attributes(image, engine.detect(image)[:1], wanted)
    return found


def angles(engine: OnnxEngine, image: Image) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    pose = described(engine, image, frozenset({Attribute.HEAD_POSE})).head_pose
    assert pose is not None
    return np.array([pose.yaw, pose.pitch, pose.roll])


def test_a_mirrored_face_looks_to_the_other_side(
    engine: OnnxEngine, faces: Sequence[Image]
) -> None:
    off = [
        angles(engine, image) + angles(engine, np.ascontiguousarray(image[:, ::-1])) * (1, -1, 1)
        for image in faces
    ]
    assert np.median(np.abs(off), axis=0).max() < 3


def test_a_picture_that_is_turned_changes_the_roll_alone(
    engine: OnnxEngine, faces: Sequence[Image]
) -> None:
    clockwise = cv2.getRotationMatrix2D((125, 125), -25, 1)
    changes = [
        angles(engine, np.asarray(cv2.warpAffine(image, clockwise, (250, 250)), np.uint8))
        - angles(engine, image)
        for image in faces
    ]
    assert np.median(changes, axis=0) == pytest.approx((0, 0, 25), abs=2)


def test_contours_lie_on_the_face_and_in_the_picture(engine: OnnxEngine, portrait: Image) -> None:
    box = engine.detect(portrait)[0].bounding_box
    landmark = described(engine, portrait).landmark
    assert landmark is not None
    counts = [len(c) for c in (landmark.eyes, landmark.mouth, landmark.face, landmark.eyebrows)]
    assert (*counts, len(landmark.nose)) == (32, 20, 36, 20, 13)
    for contour in (landmark.eyes, landmark.mouth, landmark.eyebrows, landmark.nose):
        x, y = np.array(contour).T
        assert (x >= box.top_left_x).all()
        assert (x < box.top_left_x + box.width).all()
        assert (y >= box.top_left_y).all()
        assert (y < box.top_left_y + box.height).all()
    cut = np.ascontiguousarray(portrait[:, box.top_left_x + box.width // 2 :])
    partly = described(engine, cut).landmark
    if partly is not None:
        assert all(0 <= x < cut.shape[1] for x, _ in partly.face)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_picture_on_its_side_is_as_good_as_upright(
    engine: OnnxEngine, faces: Sequence[Image], quarters: int
) -> None:
    scores, right = [], 0
    for image in faces:
        [upright, *_] = engine.detect(image)
        turned = np.ascontiguousarray(np.rot90(image, quarters))
        [face, *_] = engine.detect(turned)
        height, width = turned.shape[:2]
        box = face.bounding_box
        assert 0 <= box.top_left_x < box.top_left_x + box.width <= width
        assert 0 <= box.top_left_y < box.top_left_y + box.height <= height
        [found] = engine.attributes(turned, [face], frozenset({Attribute.FACE_ANGLE}))
        right += found.face_angle == (360 - 90 * quarters) % 360
        one, other = engine.templates(image, [upright]) + engine.templates(turned, [face])  # type: ignore[operator]
        scores.append(float(one.vector @ other.vector))
    # The detector alone finds many lying faces, with landmarks that give poor templates.
    assert right >= len(faces) - 1
    assert np.percentile(scores, 10) > 0.98


def test_a_picture_without_a_face_shows_none_turned_either(
    engine: OnnxEngine, shared_data: Path
) -> None:
    dogs = images.decode((shared_data / "dlib-faces" / "dogs.jpg").read_bytes(), OPEN)
    assert engine.detect(dogs) == []
    dice = np.random.default_rng(1)
    for size in (8, 40, 400):
        noise = dice.integers(0, 256, (size, size, 3), dtype=np.uint8)
        blown_up = cv2.resize(noise, (400, 400), interpolation=cv2.INTER_CUBIC)
        assert engine.detect(np.asarray(blown_up, np.uint8)) == []


def quality_of(engine: OnnxEngine, image: Image) -> Quality:
    found = described(engine, image, frozenset({Attribute.QUALITY})).quality
    assert found is not None
    return found


def test_a_good_portrait_scores_well_and_each_fault_shows(
    engine: OnnxEngine, portrait: Image
) -> None:
    good = quality_of(engine, portrait)
    assert good.total_score > 0.85
    box = engine.detect(portrait)[0].bounding_box
    soft = np.asarray(cv2.GaussianBlur(portrait, (0, 0), box.width / 20), np.uint8)
    assert quality_of(engine, soft).blur > good.blur + 0.5
    assert quality_of(engine, (portrait * 0.15).astype(np.uint8)).illumination > 0.7
    covered = portrait.copy()
    below = box.top_left_y + int(0.55 * box.height)
    covered[below:, :] = (120, 130, 140)
    assert quality_of(engine, covered).occlusion > good.occlusion + 0.2
    for worse in (soft, covered):
        assert quality_of(engine, worse).total_score < good.total_score - 0.15


def test_most_press_photographs_are_not_called_covered(
    engine: OnnxEngine, faces: Sequence[Image]
) -> None:
    assert np.median([quality_of(engine, image).occlusion for image in faces]) == 0


@pytest.mark.parametrize("colour", [(128, 128, 128), (235, 235, 235), None])
def test_a_cover_over_the_lower_half_is_seen_whatever_its_colour(
    engine: OnnxEngine, faces: Sequence[Image], colour: tuple[int, int, int] | None
) -> None:
    seen = 0
    for image in faces:
        box = engine.detect(image)[0].bounding_box
        covered = image.copy()
        half = box.top_left_y + box.height // 2
        cheek = np.median(image[half : half + box.height // 8, 110:140], axis=(0, 1))
        covered[half:, :] = cheek if colour is None else colour
        seen += quality_of(engine, covered).occlusion > 0.3
    assert seen >= len(faces) - 1


def test_sunglasses_are_seen(engine: OnnxEngine, faces: Sequence[Image]) -> None:
    seen = 0
    for image in faces:
        landmarks = engine.detect(image)[0].landmarks
        apart = float(np.linalg.norm(landmarks[0] - landmarks[1]))
        worn = image.copy()
        for x, y in landmarks[:2].astype(int).tolist():
            axes = (int(0.45 * apart), int(0.35 * apart))
            cv2.ellipse(worn, (x, y), axes, 0, 0, 360, (10, 10, 10), -1)
        seen += quality_of(engine, worn).occlusion > 0.3
    assert seen >= 0.75 * len(faces)
