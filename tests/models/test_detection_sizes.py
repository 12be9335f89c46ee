"""Faces of every size are found, in time that is bounded by the copies the network sees."""

from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from openfrs import images
from openfrs.domain.faces import BoundingBox, Image
from openfrs.domain.limits import OPEN
from openfrs.engine.centerface import CenterFace
from openfrs.engine.installed_pack import installed_pack
from openfrs.engine.pipeline import OnnxEngine
from openfrs.engine.session import Session

pytestmark = [pytest.mark.models, pytest.mark.shared]


@pytest.fixture(scope="module")
def detector(models_dir: Path) -> CenterFace:
    return CenterFace(Session(installed_pack(models_dir, "default").path("detector")))


def picture(path: Path) -> Image:
    return images.decode(path.read_bytes(), OPEN)


def resized(image: Image, scale: float) -> Image:
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=how), np.uint8)


def overlap(one: BoundingBox, other: BoundingBox) -> float:
    """Intersection over union."""
    width = min(one.top_left_x + one.width, other.top_left_x + other.width) - max(
        one.top_left_x, other.top_left_x
    )
    height = min(one.top_left_y + one.height, other.top_left_y + other.height) - max(
        one.top_left_y, other.top_left_y
    )
    common = max(width, 0) * max(height, 0)
    return common / (one.area + other.area - common)


@pytest.mark.parametrize("place", [(10, 10), (3800, 3800), (1700, 900)])
def test_a_face_of_80_pixels_in_the_largest_picture_is_found(
    detector: CenterFace, shared_data: Path, place: tuple[int, int]
) -> None:
    person = picture(shared_data / "people" / "obama.jpg")
    [face] = detector.detect(person)
    scale = 80 / face.bounding_box.width
    small = resized(person, scale)
    page = np.full((4096, 4096, 3), 120, dtype=np.uint8)
    left, top = min(place[0], 4096 - small.shape[1]), min(place[1], 4096 - small.shape[0])
    page[top : top + small.shape[0], left : left + small.shape[1]] = small
    [found] = detector.detect(page)
    box = face.bounding_box
    expected = BoundingBox(
        width=80,
        height=round(box.height * scale),
        top_left_x=left + round(box.top_left_x * scale),
        top_left_y=top + round(box.top_left_y * scale),
    )
    assert overlap(found.bounding_box, expected) > 0.6


@pytest.mark.parametrize("side", [64, 100, 200, 384, 640, 1024, 2000, 4096])
def test_a_face_that_fills_the_picture_is_found_once(
    detector: CenterFace, shared_data: Path, side: int
) -> None:
    for path in sorted((shared_data / "utk-dev").glob("*.jpg"))[::60]:
        crop = picture(path)
        faces = detector.detect(resized(crop, side / max(crop.shape[:2])))
        large = [face for face in faces if face.bounding_box.area > 0.3 * side * side]
        assert len(large) == 1, path.name
        assert faces[0] is large[0]


def test_every_face_of_the_group_photos_is_found(detector: CenterFace, shared_data: Path) -> None:
    root = shared_data / "dlib-faces"
    for document in ("training.xml", "testing.xml"):
        for entry in ElementTree.parse(root / document).iter("image"):  # noqa: S314  # our own
            found = [
                face.bounding_box for face in detector.detect(picture(root / entry.attrib["file"]))
            ]
            boxes = [
                BoundingBox(
                    width=int(box.attrib["width"]),
                    height=int(box.attrib["height"]),
                    top_left_x=int(box.attrib["left"]),
                    top_left_y=int(box.attrib["top"]),
                )
                for box in entry.iter("box")
            ]
            for box in boxes:
                assert max((overlap(box, one) for one in found), default=0) > 0.4
            assert len(found) == len(boxes), entry.attrib["file"]


def test_dogs_have_no_faces(detector: CenterFace, shared_data: Path) -> None:
    assert detector.detect(picture(shared_data / "dlib-faces" / "dogs.jpg")) == []


def test_noise_and_plain_pictures_hold_no_faces(detector: CenterFace) -> None:
    dice = np.random.default_rng(1)
    for width, height in ((640, 480), (100, 100), (2000, 1000)):
        noise = dice.integers(0, 256, (height, width, 3), dtype=np.uint8)
        assert detector.detect(noise) == []
        assert detector.detect(np.full_like(noise, 255)) == []


@pytest.mark.parametrize("name", ["obama.jpg", "obama2.jpg", "biden.jpg"])
@pytest.mark.parametrize("long_side", [400, 800, 2400, 4096])
def test_a_crop_without_margin_is_one_face_in_the_right_place(
    detector: CenterFace, shared_data: Path, name: str, long_side: int
) -> None:
    whole = picture(shared_data / "people" / name)
    [face] = detector.detect(whole)
    box = face.bounding_box
    crop = whole[
        box.top_left_y : box.top_left_y + box.height, box.top_left_x : box.top_left_x + box.width
    ]
    large = resized(crop, long_side / max(crop.shape[:2]))
    [found] = detector.detect(large)
    height, width = large.shape[:2]
    assert overlap(found.bounding_box, BoundingBox(width, height, 0, 0)) > 0.6


def test_a_crop_from_inside_a_face_is_a_face(engine: OnnxEngine, shared_data: Path) -> None:
    found = alone = 0
    paths = sorted((shared_data / "lfw-dev").glob("*/*.jpg"))[::75]
    for path in paths:
        whole = picture(path)
        box = engine.detect(whole)[0].bounding_box
        side = int(min(box.width, box.height) * 0.7)
        left, top = (
            box.top_left_x + (box.width - side) // 2,
            box.top_left_y + (box.height - side) // 2,
        )
        crop = resized(whole[top : top + side, left : left + side], 64 / side)
        faces = engine.detect(crop)
        found += len(faces) == 1 and faces[0].bounding_box.area > 0.5 * crop.shape[0] ** 2
        alone += bool(engine.detect_upright(crop))
    assert found >= 0.8 * len(paths)
    assert found >= alone + 5
