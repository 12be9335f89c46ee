"""Token buckets: the burst at once, the rate in the long run, and nothing else."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.domain.rates import Allowance, Rate, draw, rates


def drawn(rate: Rate, times: Sequence[float]) -> list[Allowance]:
    full_at = 0.0
    said = []
    for now in times:
        full_at, allowance = draw(rate, full_at, now)
        said.append(allowance)
    return said


def test_a_full_bucket_grants_its_burst_and_no_more() -> None:
    said = drawn(Rate(10, 3), [100.0] * 4)
    assert [allowance.remaining for allowance in said] == [2, 1, 0, 0]
    assert [allowance.granted for allowance in said] == [True, True, True, False]
    assert said[3].wait == pytest.approx(0.1)
    assert said[3].full_in == pytest.approx(0.3)


def test_who_waits_as_told_is_granted() -> None:
    refused = drawn(Rate(10, 3), [100.0] * 4)[3]
    assert drawn(Rate(10, 3), [100.0] * 4 + [100.0 + refused.wait + 1e-6])[4].granted


def test_a_refusal_takes_nothing() -> None:
    said = drawn(Rate(1, 1), [10.0] + [10.5] * 100 + [11.0])
    assert [allowance.granted for allowance in said] == [True] + [False] * 100 + [True]


def test_a_clock_that_begins_anew_locks_nobody_out() -> None:
    full_at, _ = draw(Rate(1, 5), 0.0, 1_000_000.0)
    assert draw(Rate(1, 5), full_at, 3.0)[1].remaining == 4


@given(
    st.floats(0.1, 50),
    st.integers(1, 20),
    st.lists(st.floats(0, 2), min_size=1, max_size=200),
)
def test_no_stretch_of_time_has_more_than_burst_and_rate(
    per_second: float, burst: int, pauses: list[float]
) -> None:
    times = [sum(pauses[: n + 1]) for n in range(len(pauses))]
    granted = [
        now
        for now, said in zip(times, drawn(Rate(per_second, burst), times), strict=True)
        if said.granted
    ]
    for first in range(len(granted)):
        for last in range(first, len(granted)):
            seconds = granted[last] - granted[first]
            assert last - first + 1 <= burst + seconds * per_second + 1e-3


def test_operations_may_have_rates_of_their_own() -> None:
    found = rates(10, 0, ["DetectLive=1", "SearchFace = 0", "AddFaces=0.5"], OPERATIONS)
    assert found.of("ShowFaces") == Rate(10, 10)
    assert found.of("DetectLive") == Rate(1, 1)
    assert found.of("SearchFace") is None
    assert found.of("AddFaces") == Rate(0.5, 1)
    assert Rate(0.5, 1).window == 2


def test_without_a_rate_there_is_no_limit() -> None:
    assert not rates(0, 5, [], OPERATIONS)
    assert not rates(0, 5, ["AddFaces=0"], OPERATIONS)
    assert rates(0, 5, ["AddFaces=1"], OPERATIONS)


@pytest.mark.parametrize("text", ["AddFaces", "AddFaces=x", "AddFaces=-1", "Nothing=1", "=1"])
def test_an_override_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"AddFaces|Nothing|=1"):
        rates(0, 0, [text], OPERATIONS)


OPERATIONS = {"AddFaces", "DetectLive", "SearchFace", "ShowFaces"}
