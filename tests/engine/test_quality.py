"""Faults of made-up pictures: each rises with what is wrong, and stays within 0 and 1."""

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from openfrs.domain.attributes import HeadPose
from openfrs.domain.faces import BoundingBox, DetectedFace, Image
from openfrs.engine import face_geometry, quality
from openfrs.engine.align import MEAN_LANDMARKS
from openfrs.engine.face_mesh import Mesh
from openfrs.engine.head_pose import head_pose

SIDE = quality.SIDE
INSIDE = np.hypot(*(np.mgrid[0:SIDE, 0:SIDE] - (SIDE - 1) / 2)) < 0.45 * SIDE  # alike on both sides
SLACK = 1e-6

Plane = NDArray[np.float32]


def texture(seed: int, mean: float, contrast: float) -> Plane:
    """(SIDE, SIDE) values 0..1 with detail of every size."""
    dice = np.random.default_rng(seed)
    plane = np.zeros((SIDE, SIDE), np.float32)
    for size in (4, 8, 16, 32, 64, 128):
        layer = dice.standard_normal((size, size)).astype(np.float32)
        large = np.asarray(
            cv2.resize(layer, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.float32
        )
        plane += large / np.float32(size**0.5)
    return np.asarray(np.clip(mean + contrast * plane / plane.std(), 0, 1), np.float32)


TEXTURES = st.builds(texture, st.integers(0, 10_000), st.floats(0.35, 0.6), st.floats(0.15, 0.2))


def never_falls(values: list[float]) -> bool:
    return all(0 <= value <= 1 for value in values) and all(
        before <= after + SLACK for before, after in itertools.pairwise(values)
    )


@given(TEXTURES)
def test_blur_rises_with_every_further_blur(plane: Plane) -> None:
    blurred = [plane, *(cv2.GaussianBlur(plane, (0, 0), size) for size in (1, 2, 3, 5, 8))]
    values = [quality.blur(np.asarray(one, np.float32)) for one in blurred]
    assert never_falls(values)
    assert values[-1] - values[0] > 0.5


@given(st.sampled_from(["yaw", "pitch", "roll"]), st.floats(-20, 20), st.floats(-20, 20))
def test_pose_rises_with_every_angle(name: str, one: float, other: float) -> None:
    def turned(angle: float) -> float:
        rest = dict(
            zip([n for n in ("yaw", "pitch", "roll") if n != name], (one, other), strict=True)
        )
        return quality.pose(HeadPose(**{name: angle}, **rest))

    for sign in (1, -1):
        assert never_falls([turned(sign * angle) for angle in range(0, 181, 15)])
    assert quality.pose(HeadPose(0, 0, 0)) == 0
    assert turned(90) == pytest.approx(1)


@given(TEXTURES)
def test_illumination_rises_as_the_light_goes_out_or_drowns_the_face(plane: Plane) -> None:
    lit = np.minimum(plane, 0.97)  # nothing is clipped, as that would get better
    darker = [quality.illumination(lit * np.float32(part), INSIDE) for part in np.linspace(1, 0, 9)]
    assert never_falls(darker)
    assert darker[-1] == 1
    even = (plane + plane[:, ::-1]) / 2
    clipped = [np.minimum(even + more, 1) for more in (0.4, 0.5, 0.7, 1.0)]
    assert never_falls([quality.illumination(one, INSIDE) for one in clipped])


@given(TEXTURES)
def test_illumination_rises_as_one_side_falls_into_shade(plane: Plane) -> None:
    even = (plane + plane[:, ::-1]) / 2
    shades = [np.where(np.arange(SIDE) < SIDE // 2, part, 1) for part in (1, 0.8, 0.6, 0.4, 0.2)]
    values = [quality.illumination((even * shade).astype(np.float32), INSIDE) for shade in shades]
    assert never_falls(values)


def points() -> Plane:
    """(468, 2): a face that fills the chip, as far as the measures look at it."""
    places = np.full((468, 2), SIDE / 2, np.float32)
    around = np.linspace(0, 2 * np.pi, len(face_geometry.FACE), endpoint=False)
    oval = np.column_stack((np.sin(around), -np.cos(around))) * 0.45 * SIDE + SIDE / 2
    places[list(face_geometry.FACE)] = oval
    centres = ((0.5, 0.2), (0.28, 0.55), (0.72, 0.55), (0.5, 0.5))
    for corners, centre in zip(quality.SKIN_PATCHES, centres, strict=True):
        around = np.linspace(0, 2 * np.pi, len(corners), endpoint=False)
        circle = np.column_stack((np.sin(around), np.cos(around))) * 0.07
        places[list(corners)] = (circle + centre) * SIDE
    return places


SKINS = st.sampled_from([(224, 172, 140), (198, 134, 90), (141, 85, 50), (80, 50, 35)])
COVERS = st.sampled_from(
    [(128, 128, 128), (0, 0, 0), (255, 255, 255), (40, 90, 200), (30, 120, 40)]
)


@given(SKINS, COVERS, st.integers(0, 1000))
def test_occlusion_rises_as_a_cover_creeps_over_the_face(
    skin: tuple[int, int, int], cover: tuple[int, int, int], seed: int
) -> None:
    dice = np.random.default_rng(seed)
    bare = np.clip(dice.normal(skin, 4, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)
    values = []
    for part in np.linspace(0, 0.7, 8):
        image: Image = bare.copy()
        image[SIDE - int(part * SIDE) :] = cover
        values.append(quality.occlusion(image, points(), INSIDE))
    assert values[0] == 0
    assert never_falls(values)
    assert values[-1] == 1


PARTS = st.floats(0, 1)
SKIN, CLOTH = (198, 134, 90), (128, 128, 128)


@given(st.sampled_from(range(1, 5)), st.lists(PARTS, min_size=5, max_size=5), PARTS)
def test_the_total_never_rises_with_a_fault_nor_falls_with_what_the_detector_sees(
    fault: int, values: list[float], more: float
) -> None:
    better, worse = list(values), list(values)
    better[fault], worse[fault] = sorted((values[fault], more))
    assert 0 <= quality.total(*worse) <= quality.total(*better) + SLACK
    assert quality.total(*better) <= 1
    better[0], worse[0] = sorted((values[0], more), reverse=True)
    assert quality.total(*worse) <= quality.total(*better) + SLACK


def test_a_face_without_a_fault_has_the_whole_total_and_each_fault_alone_takes_it() -> None:
    assert quality.total(1, 0, 0, 0, 0) == 1
    for fault in range(4):
        faults = [0.0] * 4
        faults[fault] = 1
        assert quality.total(1, *faults) == 0


def region(corners: tuple[int, ...]) -> Plane:
    """(468, 2): the face of points(), with these corners around a circle below its middle."""
    places = points()
    free = [n for n in corners if not any(n in patch for patch in quality.SKIN_PATCHES)]
    around = np.linspace(0, 2 * np.pi, len(free), endpoint=False)
    circle = np.column_stack((np.sin(around), np.cos(around))) * 0.09
    places[free] = (circle + np.array([0.5, 0.78])) * SIDE
    return places


@pytest.mark.parametrize("corners", [quality.AROUND_MOUTH, quality.AROUND_EYES])
def test_what_hides_mouth_or_eyes_alone_is_seen(corners: tuple[int, ...]) -> None:
    places = region(corners)
    bare = np.full((SIDE, SIDE, 3), SKIN, np.uint8)
    assert quality.occlusion(bare, places, INSIDE) == 0
    covered = bare.copy()
    hull = cv2.convexHull(places[list(corners)].round().astype(np.int32))
    cv2.fillConvexPoly(covered, hull, CLOTH)
    for patch in quality.SKIN_PATCHES:
        skin = cv2.convexHull(places[list(patch)].round().astype(np.int32))
        cv2.fillConvexPoly(covered, skin, SKIN)
    assert INSIDE.mean() * quality.WHOLE[0] > (covered == CLOTH).all(axis=2).mean()
    assert quality.occlusion(covered, places, INSIDE) > 0


@given(st.sampled_from([(224, 172, 140), (141, 85, 50), (80, 50, 35)]), st.floats(0.45, 1))
def test_skin_in_the_shade_is_skin(skin: tuple[int, int, int], light: float) -> None:
    shaded = np.full((SIDE, SIDE, 3), skin, np.uint8)
    shaded[:, SIDE // 2 :] = (np.array(skin) * light).round()
    assert quality.occlusion(shaded, points(), INSIDE) == 0


def test_the_edge_of_a_cover_does_not_make_a_face_sharp() -> None:
    plane = np.asarray(cv2.GaussianBlur(texture(1, 0.4, 0.1), (0, 0), 3), np.float32)
    edge = plane.copy()
    edge[:, SIDE // 2 :] = 1.0
    flat = plane.copy()
    flat[:, SIDE // 2 :] = plane[:, SIDE // 2, None]
    assert abs(quality.blur(edge) - quality.blur(flat)) < 0.05


@pytest.mark.parametrize(
    ("certainty", "presence", "moved", "least"),
    [(0.9, 1.0, 0.0, 0.0), (0.6, 1.0, 0.0, 0.5), (0.9, 0.4, 0.0, 0.6), (0.9, 1.0, 0.5, 0.9)],
)
def test_what_the_networks_doubt_counts_as_hidden(
    certainty: float, presence: float, moved: float, least: float
) -> None:
    image = np.full((200, 200, 3), SKIN, np.uint8)
    mesh = Mesh(np.zeros((468, 3), np.float32), presence)
    landmarks = (MEAN_LANDMARKS * 100 + 50).astype(np.float32)
    for place, numbers in zip(landmarks, ((33, 133), (362, 263), (4,), (61,), (291,)), strict=True):
        mesh.points[list(numbers), :2] = place
    face = DetectedFace(BoundingBox(100, 100, 50, 50), landmarks + 100 * np.float32(moved), 0.9)
    found = quality.quality(image, face, mesh, HeadPose(0, 0, 0), certainty).occlusion
    colours = quality.quality(
        image,
        DetectedFace(face.bounding_box, landmarks, 0.9),
        Mesh(mesh.points, 1.0),
        HeadPose(0, 0, 0),
        1.0,
    ).occlusion
    assert found == pytest.approx(1 - (1 - colours) * (1 - least)) or found > least
    assert (found > colours) == (least > 0)


@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.sampled_from([0, 127, 255, None]),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(-1e4, 1e4),
    st.integers(0, 100),
)
def test_every_value_lies_within_0_and_1_whatever_the_picture(
    width: int,
    height: int,
    grey: int | None,
    presence: float,
    certainty: float,
    shift: float,
    seed: int,
) -> None:
    dice = np.random.default_rng(seed)
    image = dice.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if grey is not None:
        image[:] = grey
    spread = dice.choice([0.0, 1.0, 100.0])
    mesh = Mesh((dice.standard_normal((468, 3)) * spread + shift).astype(np.float32), presence)
    landmarks = (dice.standard_normal((5, 2)) * spread + shift).astype(np.float32)
    face = DetectedFace(BoundingBox(1, 1, 0, 0), landmarks, presence)
    found = quality.quality(image, face, mesh, head_pose(mesh.points), certainty)
    values = (found.total_score, found.blur, found.pose, found.occlusion, found.illumination)
    assert all(np.isfinite(value) and 0 <= value <= 1 for value in values)
