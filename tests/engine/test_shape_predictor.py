import math
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from openfrs.engine.align import similarity_transform
from openfrs.engine.dlib_format import DlibFormatInvalid
from openfrs.engine.shape_predictor import POINTS, Points, ShapePredictor, Stage
from openfrs.engine.shape_predictor_format import read_shape_predictor

MEAN = np.array([0.8 + 0.3j, 0.6 + 0.3j, 0.2 + 0.3j, 0.4 + 0.3j, 0.5 + 0.7j], dtype=np.complex64)
TREES, SPLITS, PIXELS = 6, 7, 12
IMAGE = np.random.default_rng(5).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def points(coordinates: NDArray[np.float64]) -> Points:
    return (coordinates[..., 0] + 1j * coordinates[..., 1]).astype(np.complex64)


def coordinates(points: Points) -> NDArray[np.float64]:
    return np.stack((points.real, points.imag), axis=-1).astype(np.float64)


def stages(seed: int = 1, count: int = 3) -> tuple[Stage, ...]:
    dice = np.random.default_rng(seed)

    def stage() -> Stage:
        return Stage(
            anchors=dice.integers(0, POINTS, PIXELS),
            deltas=points(dice.normal(0, 0.2, (PIXELS, 2))),
            first=dice.integers(0, PIXELS, (TREES, SPLITS)),
            second=dice.integers(0, PIXELS, (TREES, SPLITS)),
            thresholds=dice.normal(0, 60, (TREES, SPLITS)).astype(np.float32),
            leaves=points(dice.normal(0, 0.01, (TREES, SPLITS + 1, POINTS, 2))),
        )

    return tuple(stage() for _ in range(count))


def slowly(image: NDArray[np.uint8], frame: NDArray[np.float64]) -> NDArray[np.float64]:
    """One face, one tree and one pixel at a time."""

    def place(point: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(frame[:, :2] @ point + frame[:, 2])

    shape = coordinates(MEAN)
    for stage in stages():
        turn = similarity_transform(coordinates(MEAN), shape)[:, :2]
        pixels = []
        for anchor, delta in zip(stage.anchors, coordinates(stage.deltas), strict=True):
            x, y = place(shape[anchor] + turn @ delta)
            column, row = math.floor(x + 0.5), math.floor(y + 0.5)
            inside = 0 <= column < image.shape[1] and 0 <= row < image.shape[0]
            pixels.append(sum(int(c) for c in image[row, column]) // 3 if inside else 0)
        for tree in range(TREES):
            node = 0
            while node < SPLITS:
                first, second = stage.first[tree, node], stage.second[tree, node]
                left = pixels[first] - pixels[second] > stage.thresholds[tree, node]
                node = 2 * node + (1 if left else 2)
            shape = shape + coordinates(stage.leaves[tree, node - SPLITS])
    return np.array([place(point) for point in shape])


def frames(count: int, seed: int) -> NDArray[np.float64]:
    dice = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        side, angle = dice.uniform(5, 60), dice.uniform(-3, 3)
        turn = side * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        made.append(np.column_stack((turn, dice.uniform(-10, 60, 2))))
    return np.array(made)


@pytest.mark.parametrize("seed", range(4))
def test_all_faces_at_once_are_what_each_is_slowly(seed: int) -> None:
    predictor = ShapePredictor(MEAN, stages())
    places = frames(5, seed)
    found = predictor.points(IMAGE, places)
    assert found.dtype == np.float32
    assert found.shape == (5, POINTS, 2)
    for face, frame in zip(found, places, strict=True):
        np.testing.assert_allclose(face, slowly(IMAGE, frame), atol=1e-3)


def test_a_face_outside_the_picture_sees_black() -> None:
    predictor = ShapePredictor(MEAN, stages())
    far = np.array([[[10.0, 0, 500], [0, 10, 500]]])
    near = np.array([[[10.0, 0, 20], [0, 10, 20]]])
    black = np.zeros_like(IMAGE)
    np.testing.assert_allclose(
        predictor.points(IMAGE, far) - 500, predictor.points(black, near) - 20, atol=1e-3
    )


def number(value: int) -> bytes:
    size = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def real(value: float) -> bytes:
    mantissa, exponent = math.frexp(value)
    return number(int(mantissa * 2**24)) + number(exponent - 24)


def reals(points: Points) -> bytes:
    return b"".join(map(real, coordinates(points).ravel().tolist()))


def column(points: Points) -> bytes:
    return number(-2 * POINTS) + number(-1) + reals(points)


def written(parts: tuple[Stage, ...]) -> bytes:
    def pieces() -> Iterator[bytes]:
        yield number(1) + column(MEAN) + number(len(parts))
        for stage in parts:
            yield number(len(stage.first))
            for tree in range(len(stage.first)):
                yield number(stage.first.shape[1])
                for first, second, threshold in zip(
                    stage.first[tree], stage.second[tree], stage.thresholds[tree], strict=True
                ):
                    yield number(int(first)) + number(int(second)) + real(float(threshold))
                yield number(stage.leaves.shape[1])
                yield from map(column, stage.leaves[tree])
        yield number(len(parts))
        for stage in parts:
            yield number(len(stage.anchors)) + b"".join(number(int(a)) for a in stage.anchors)
        yield number(len(parts))
        for stage in parts:
            yield number(len(stage.deltas)) + reals(stage.deltas)

    return b"".join(pieces())


def test_a_predictor_that_was_read_is_the_one_that_was_written() -> None:
    read = read_shape_predictor(written(stages()))
    expected = ShapePredictor(MEAN, stages())
    places = frames(3, seed=9)
    np.testing.assert_array_equal(read.points(IMAGE, places), expected.points(IMAGE, places))


@pytest.mark.parametrize("part", [0.0, 0.001, 0.3, 0.7, 0.999])
def test_a_file_cut_off_is_refused(part: float) -> None:
    data = written(stages())
    with pytest.raises(DlibFormatInvalid):
        read_shape_predictor(data[: int(len(data) * part)])


def test_what_follows_the_end_is_refused() -> None:
    with pytest.raises(DlibFormatInvalid, match="follows"):
        read_shape_predictor(written(stages()) + number(1))


def test_a_predictor_of_other_points_is_refused() -> None:
    data = written(stages())
    head = number(1) + number(-2 * POINTS)
    with pytest.raises(DlibFormatInvalid, match="points"):
        read_shape_predictor(number(1) + number(-136) + data[len(head) :])


def test_a_split_on_a_pixel_that_does_not_exist_is_refused() -> None:
    [stage] = stages(count=1)
    stage.first[2, 3] = PIXELS
    with pytest.raises(DlibFormatInvalid, match="do not exist"):
        read_shape_predictor(written((stage,)))


def test_an_anchor_that_does_not_exist_is_refused() -> None:
    [stage] = stages(count=1)
    stage.anchors[0] = POINTS
    with pytest.raises(DlibFormatInvalid, match="hang"):
        read_shape_predictor(written((stage,)))


@pytest.mark.parametrize("data", [b"\x00", b"\x7f" * 40, b"PK\x03\x04" * 30, bytes(100)])
def test_another_file_is_refused(data: bytes) -> None:
    with pytest.raises(DlibFormatInvalid):
        read_shape_predictor(data)
