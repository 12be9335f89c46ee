import pytest
from argon2 import extract_parameters

from openfrs.auth.passwords import COST, Cost, hash_password, password_fits
from openfrs.testing import CHEAP


def test_a_password_fits_its_hash_and_no_other_does() -> None:
    stored = hash_password("correct horse")
    assert stored.startswith("$argon2id$")
    assert password_fits(stored, "correct horse")
    assert not password_fits(stored, "correct horse ")
    assert not password_fits(stored, "")


def test_the_same_password_has_another_hash_each_time() -> None:
    assert hash_password("correct horse") != hash_password("correct horse")


@pytest.mark.parametrize("cost", [COST, CHEAP], ids=["full", "cheap"])
def test_a_user_who_does_not_exist_costs_the_same_work(cost: Cost) -> None:
    assert not password_fits(None, "anything", cost)
    assert extract_parameters(cost.nobody) == extract_parameters(hash_password("anything", cost))


def test_a_hash_of_another_cost_is_still_tried() -> None:
    stored = hash_password("correct horse", CHEAP)
    assert password_fits(stored, "correct horse")
    assert not password_fits(stored, "correct hors")


def test_any_text_may_be_tried_even_half_a_surrogate_pair() -> None:
    assert not password_fits(hash_password("x"), "\ud800")


def test_a_damaged_hash_fits_nothing() -> None:
    assert not password_fits("no hash", "no hash")
