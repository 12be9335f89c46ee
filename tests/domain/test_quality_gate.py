import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.domain.errors import MalformedParameter
from openfrs.domain.faces import BoundingBox
from openfrs.domain.quality import Quality
from openfrs.domain.quality_gate import is_too_small, looks_at_quality, parse_gate, reasons

PARTS = st.floats(0, 1)
QUALITIES = st.builds(Quality, *[PARTS] * 5)
NAMES = [field.name for field in dataclasses.fields(Quality)]


@pytest.mark.parametrize(
    "values",
    [
        {"sharpness": 0.5},
        {"blur": 1.5},
        {"blur": -0.1},
        {"blur": "0.5"},
        {"blur": True},
        {"blur": None},
        {"blur": float("nan")},
        {"face_pixels": 5000},
        {"face_pixels": [80]},
    ],
)
def test_bounds_that_mean_nothing_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(MalformedParameter, match="quality_gate"):
        parse_gate(values)


def test_what_is_given_is_kept() -> None:
    given = {"total_score": 0.4, "blur": 0, "face_pixels": 80}
    assert parse_gate(given) == given
    assert parse_gate({}) == {}


@given(QUALITIES, st.dictionaries(st.sampled_from(NAMES), PARTS))
def test_a_face_passes_where_no_bound_is_overstepped(
    quality: Quality, gate: dict[str, float]
) -> None:
    expected = {
        name
        for name, bound in gate.items()
        if (
            round(getattr(quality, name), 4) < bound
            if name == "total_score"
            else round(getattr(quality, name), 4) > bound
        )
    }
    assert {reason.split()[0] for reason in reasons(gate, quality)} == expected
    assert looks_at_quality(gate) == bool(gate)


def test_reasons_give_value_and_bound() -> None:
    quality = Quality(0.3, 0.71, 0, 0, 0)
    assert reasons({"total_score": 0.5, "blur": 0.4, "pose": 0}, quality) == [
        "total_score 0.3 < 0.5",
        "blur 0.71 > 0.4",
    ]


def test_a_value_that_is_told_as_the_bound_passes() -> None:
    quality = Quality(0.69996, 0.40004, 0, 0, 0)  # told as 0.7 and 0.4
    assert reasons({"total_score": 0.7, "blur": 0.4}, quality) == []
    assert reasons({"blur": 0.4}, Quality(1, 0.4001, 0, 0, 0)) == ["blur 0.4001 > 0.4"]


def test_the_shorter_side_of_a_face_counts() -> None:
    gate = {"face_pixels": 80}
    assert is_too_small(gate, BoundingBox(200, 79, 0, 0))
    assert not is_too_small(gate, BoundingBox(80, 80, 0, 0))
    assert not is_too_small({}, BoundingBox(1, 1, 0, 0))
    assert not looks_at_quality(gate)
