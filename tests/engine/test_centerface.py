from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import save

from openfrs.engine.centerface import CenterFace, Found, decode, merged
from openfrs.engine.session import Session
from tests.engine.networks import FACE, detector

RED = (255, 0, 0)


class Counting(Session):
    """A session that remembers the shapes it was given."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, threads=1)
        self.shapes: list[tuple[int, ...]] = []

    def run(self, batch: NDArray[Any]) -> Any:
        self.shapes.append(batch.shape)
        return super().run(batch)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Counting:
    path = tmp_path_factory.mktemp("detector") / "detector.onnx"
    save(detector(), path)
    return Counting(path)


@pytest.fixture
def centerface(network: Counting) -> CenterFace:
    network.shapes.clear()
    return CenterFace(network)


def picture(
    width: int, height: int, *centres: tuple[int, int], side: int = 12
) -> NDArray[np.uint8]:
    """Black, with a red square of that side around each centre."""
    image = np.zeros((height, width, 3), dtype=np.uint8)
    for x, y in centres:
        half = side // 2
        image[max(0, y - half) : y + half, max(0, x - half) : x + half] = RED
    return image


def test_decoding_is_what_each_cell_says_slowly() -> None:
    dice = np.random.default_rng(4)
    rows, columns = 6, 9
    maps = [
        dice.uniform(0, 1, (1, 1, rows, columns)).astype(np.float32),
        dice.normal(1, 0.4, (1, 2, rows, columns)).astype(np.float32),
        dice.normal(0, 0.3, (1, 2, rows, columns)).astype(np.float32),
        dice.uniform(0, 1, (1, 10, rows, columns)).astype(np.float32),
    ]
    expected = []
    for row in range(rows):
        for column in range(columns):
            score = maps[0][0, 0, row, column]
            if score <= 0.6:
                continue
            height, width = np.exp(maps[1][0, :, row, column]) * 4
            down, along = maps[2][0, :, row, column]
            left = (column + along + 0.5) * 4 - width / 2
            top = (row + down + 0.5) * 4 - height / 2
            places = maps[3][0, :, row, column]
            points = [
                (left + places[2 * i + 1] * width, top + places[2 * i] * height) for i in range(5)
            ]
            expected.append((score, (left, top, left + width, top + height), points))
    expected.sort(key=lambda face: -face[0])
    found = decode(maps, 0.6)
    np.testing.assert_allclose(found.scores, [face[0] for face in expected])
    np.testing.assert_allclose(found.boxes, [face[1] for face in expected], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(
        found.landmarks, [face[2] for face in expected], rtol=1e-4, atol=1e-4
    )


def test_decoding_nothing_gives_nothing() -> None:
    maps = [np.zeros((1, channels, 2, 2), dtype=np.float32) for channels in (1, 2, 2, 10)]
    found = decode(maps, 0.5)
    assert found.boxes.shape == (0, 4)
    assert found.landmarks.shape == (0, 5, 2)
    assert len(merged(found, 0.3, 0.7).scores) == 0


boxes = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(1, 40), st.integers(1, 40))


@given(st.lists(st.tuples(boxes, st.integers(1, 100)), max_size=12))
def test_merging_is_what_pairs_say_slowly(faces: list[tuple[tuple[int, ...], int]]) -> None:
    corners = np.array(
        [(x, y, x + w, y + h) for (x, y, w, h), _ in faces], dtype=np.float32
    ).reshape(-1, 4)
    scores = np.array([score / 100 for _, score in faces], dtype=np.float32)
    found = Found(corners, scores, np.zeros((len(faces), 5, 2), dtype=np.float32))
    kept: list[int] = []
    for one in sorted(range(len(faces)), key=lambda i: -scores[i]):
        x, y, w, h = faces[one][0]
        for other in kept:
            a, b, c, d = faces[other][0]
            common = max(0, min(x + w, a + c) - max(x, a)) * max(0, min(y + h, b + d) - max(y, b))
            if common / (w * h + c * d - common) > 0.3 or common / (w * h) > 0.7:
                break
        else:
            kept.append(one)
    result = merged(found, 0.3, 0.7)
    np.testing.assert_array_equal(result.boxes, corners[kept].reshape(-1, 4))
    np.testing.assert_array_equal(result.scores, scores[kept])


@pytest.mark.parametrize("centre", [(100, 80), (320, 240), (500, 400), (36, 420)])
def test_a_face_is_found_where_it_is(centerface: CenterFace, centre: tuple[int, int]) -> None:
    [face] = centerface.detect(picture(640, 480, centre))
    box = face.bounding_box
    assert box.width == pytest.approx(FACE, abs=1)
    assert box.top_left_x + box.width / 2 == pytest.approx(centre[0], abs=5)
    assert box.top_left_y + box.height / 2 == pytest.approx(centre[1], abs=5)
    eyes = face.landmarks[:2].mean(axis=0)
    assert eyes[0] == pytest.approx(centre[0], abs=5)
    assert eyes[1] < centre[1]
    assert face.landmarks[0, 0] < face.landmarks[1, 0]
    assert face.detection_score == pytest.approx(1)


def test_in_a_large_picture_places_are_those_of_the_picture(centerface: CenterFace) -> None:
    [face] = centerface.detect(picture(2560, 1920, (1000, 1500), side=48))
    box = face.bounding_box
    assert box.width == pytest.approx(FACE * 4, abs=4)
    assert box.top_left_x + box.width / 2 == pytest.approx(1000, abs=20)
    assert box.top_left_y + box.height / 2 == pytest.approx(1500, abs=20)


def test_a_small_picture_is_enlarged(centerface: CenterFace, network: Counting) -> None:
    [face] = centerface.detect(picture(48, 48, (24, 24), side=4))
    assert face.bounding_box.width == pytest.approx(FACE / 4, abs=1)
    assert face.bounding_box.top_left_x + face.bounding_box.width / 2 == pytest.approx(24, abs=2)
    assert network.shapes == [(1, 3, 256, 256)]


@pytest.mark.parametrize("corner", [(2, 2), (638, 478), (2, 478)])
def test_boxes_stay_inside_the_picture(centerface: CenterFace, corner: tuple[int, int]) -> None:
    faces = centerface.detect(picture(640, 480, corner))
    assert faces
    for face in faces:
        box = face.bounding_box
        assert box.top_left_x >= 0
        assert box.top_left_y >= 0
        assert box.width >= 1
        assert box.height >= 1
        assert box.top_left_x + box.width <= 640
        assert box.top_left_y + box.height <= 480


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (4096, 1), (1, 4096), (33, 700)])
def test_no_shape_of_picture_is_too_odd(centerface: CenterFace, size: tuple[int, int]) -> None:
    width, height = size
    for face in centerface.detect(np.full((height, width, 3), RED, dtype=np.uint8)):
        box = face.bounding_box
        assert box.top_left_x + box.width <= width
        assert box.top_left_y + box.height <= height
        assert box.area >= 1


def test_an_empty_picture_holds_no_face(centerface: CenterFace) -> None:
    assert centerface.detect(picture(300, 200)) == []


def test_the_largest_face_comes_first(centerface: CenterFace) -> None:
    faces = centerface.detect(picture(640, 480, (100, 100), (300, 300), (630, 470)))
    areas = [face.bounding_box.area for face in faces]
    assert len(areas) == 3
    assert areas == sorted(areas, reverse=True)
    assert areas[-1] < areas[0]


def test_the_least_score_is_the_callers_choice(centerface: CenterFace) -> None:
    image = picture(640, 480, (320, 240)) // 2
    assert centerface.detect(image) == []
    assert centerface.detect(image, min_score=0.4)


@pytest.mark.parametrize("size", [(4096, 4096), (4096, 2160), (640, 480), (250, 250)])
def test_the_network_never_sees_more_than_a_bounded_copy(
    centerface: CenterFace, network: Counting, size: tuple[int, int]
) -> None:
    centerface.detect(picture(*size))
    sizes = [height * width for _, _, height, width in network.shapes]
    assert len(sizes) == 2
    assert min(sizes) <= 256 * 256
    assert max(sizes) <= 1024 * 1024
    assert all(side % 32 == 0 for shape in network.shapes for side in shape[2:])


def test_a_face_too_large_for_the_close_copy_is_found_in_the_overview(tmp_path: Path) -> None:
    # This network sees only faces of 96 pixels: in the overview, half of the picture's width.
    save(detector(face=96), tmp_path / "large.onnx")
    centerface = CenterFace(Session(tmp_path / "large.onnx", threads=1))
    faces = centerface.detect(picture(1920, 1920, (960, 960), side=120))
    assert faces[0].bounding_box.width == pytest.approx(960, abs=10)
    assert faces[0].bounding_box.top_left_x == pytest.approx(480, abs=60)


def test_certainty_is_the_most_that_is_seen_in_the_middle_of_each_chip(
    centerface: CenterFace, network: Counting
) -> None:
    chips = [
        picture(64, 64, (32, 32)),
        picture(64, 64, (6, 6)),
        np.full((64, 64, 3), (127, 0, 0), dtype=np.uint8),
    ]
    found = centerface.certainty(chips)
    assert found == pytest.approx([1, 0, 127 / 255], abs=1e-5)
    assert network.shapes == [(3, 3, 64, 64)]
    assert centerface.certainty([]) == []
