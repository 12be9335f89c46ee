"""Cuts and swaps in a track."""

import dataclasses

import numpy as np
import pytest

from openfrs.domain import continuity
from openfrs.domain.face_track import FaceTrack
from openfrs.domain.faces import Template
from openfrs.testing import FakeEngine
from tests.domain.tracks import bump, track


def moving() -> FaceTrack:
    return track(noise=0.5, yaw=lambda times: 25 * bump(times, 1, 2))


def test_a_face_that_turns_and_sways_is_not_cut() -> None:
    one = moving()
    points = one.points.copy()
    points[:, :, 0] += 100 * np.sin(4 * one.times)[:, None]
    assert not continuity.is_cut(dataclasses.replace(one, points=points))


@pytest.mark.parametrize("shift", [(300.0, 0.0), (0.0, 300.0)])
def test_a_leap_of_the_face_is_a_cut(shift: tuple[float, float]) -> None:
    one = moving()
    points = one.points.copy()
    points[30:, :, :2] += shift
    assert continuity.is_cut(dataclasses.replace(one, points=points))


def test_a_sudden_other_picture_is_a_cut() -> None:
    changes = np.zeros(60)
    changes[20] = 0.4
    assert continuity.is_cut(dataclasses.replace(moving(), changes=changes))


def test_a_face_that_is_gone_for_long_is_a_cut() -> None:
    one = moving()
    times = one.times.copy()
    times[30:] += 0.6
    assert continuity.is_cut(dataclasses.replace(one, times=times))


def samples(people: str, noise: float = 0.1) -> list[Template]:
    """One template a letter; like letters are one person."""
    found = []
    for number, person in enumerate(people):
        vector = np.random.default_rng(ord(person)).standard_normal(64)
        vector += noise * np.random.default_rng(1000 + number).standard_normal(64)
        found.append(Template((vector / np.linalg.norm(vector)).astype(np.float32), "fake@1"))
    return found


@pytest.mark.parametrize("people", ["", "A", "AA", "AAAAAAAA"])
def test_one_person_is_one_person(people: str) -> None:
    assert continuity.is_one_person(track(samples=samples(people)), FakeEngine.calibration)


@pytest.mark.parametrize("people", ["AB", "AAB", "AAAB", "AAAABBBB", "ABABAB", "AAABAAA"])
def test_another_person_is_found_wherever_he_comes(people: str) -> None:
    assert not continuity.is_one_person(track(samples=samples(people)), FakeEngine.calibration)
