"""The warning codes of the liveness operations (spec 8.3)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.domain.attributes import HeadPose
from openfrs.domain.liveness import SMALL_FACE, LivenessWarning, faults
from openfrs.domain.quality import Quality


def test_the_codes_are_those_of_the_wire() -> None:
    assert [int(warning) for warning in LivenessWarning] == [*range(1, 9), *range(101, 107)]


def test_every_code_has_a_sentence_of_its_own() -> None:
    messages = [warning.message for warning in LivenessWarning]
    assert len(set(messages)) == len(messages)
    assert all(message.endswith(".") for message in messages)


def test_the_sentences_are_those_of_the_wire() -> None:
    assert LivenessWarning(5).message == "No face is detected."
    assert LivenessWarning(106).message == "The image contains multiple faces."


GOOD = Quality(total_score=0.9, blur=0.05, pose=0.05, occlusion=0.05, illumination=0.05)
AHEAD = HeadPose(yaw=2, pitch=-3, roll=1)


def test_a_good_picture_has_no_faults() -> None:
    assert faults(SMALL_FACE, GOOD, AHEAD) == []


def test_what_was_not_measured_is_not_wrong() -> None:
    assert faults(SMALL_FACE, None, None) == []


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({"total_score": 0.2}, LivenessWarning.LOW_QUALITY),
        ({"blur": 0.6}, LivenessWarning.BLURRED),
        ({"occlusion": 0.6}, LivenessWarning.BLOCKED),
        ({"illumination": 0.6}, LivenessWarning.DARK),
    ],
)
def test_each_fault_has_its_warning(change: dict[str, float], warning: LivenessWarning) -> None:
    assert faults(SMALL_FACE, replace(GOOD, **change), AHEAD) == [warning]


def test_a_small_face_is_of_low_quality() -> None:
    assert faults(SMALL_FACE - 1, GOOD, AHEAD) == [LivenessWarning.LOW_QUALITY]


@pytest.mark.parametrize("pose", [(31, 0, 0), (-31, 0, 0), (0, 16, 0), (0, -16, 0), (0, 0, -16)])
def test_a_turned_face_is_warned_of(pose: tuple[float, float, float]) -> None:
    assert faults(SMALL_FACE, GOOD, HeadPose(*pose)) == [LivenessWarning.ANGLE_TOO_LARGE]


PARTS = st.floats(0, 1)


@given(
    quality=st.builds(Quality, PARTS, PARTS, PARTS, PARTS, PARTS),
    yaw=st.floats(-90, 90),
    side=st.integers(1, 500),
    worse=st.floats(0, 1),
)
def test_a_worse_picture_never_has_fewer_warnings(
    quality: Quality, yaw: float, side: int, worse: float
) -> None:
    def part(value: float) -> float:
        return value + worse * (1 - value)

    lower = Quality(
        quality.total_score * (1 - worse),
        *map(part, (quality.blur, quality.pose, quality.occlusion, quality.illumination)),
    )
    before = faults(side, quality, HeadPose(yaw, 0, 0))
    after = faults(side, lower, HeadPose(yaw * (1 + worse), 0, 0))
    assert before == sorted(before)
    assert set(before) <= set(after)
