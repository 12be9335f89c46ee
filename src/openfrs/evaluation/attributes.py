"""How far ages and genders are off, on labelled pictures of one person each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from openfrs.domain.attributes import Attributes, Gender
from openfrs.evaluation.tables import Row, read_table

ADULT = 18
COLUMNS = ("file", "age", "gender")
GENDERS: Mapping[str, Gender] = {"m": "male", "f": "female"}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture's name, and the age in years and gender of its person."""

    file: str
    age: float
    gender: Gender


Measured = tuple[Labelled, Attributes | None]
"""A label, and what was measured of the largest face; None where no face was found."""


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of some faces: ``age_mae`` in years, ``gender_accuracy`` in 0..1.

    NaN where there is no face.
    """

    faces: int
    age_mae: float
    gender_accuracy: float


@dataclass(frozen=True, slots=True)
class Report:
    """``failures`` counts pictures without a face: they are in no group.

    ``age_errors`` are measured minus true ages in years, ``confusion`` counts true and measured
    genders.
    """

    everybody: Group
    adults: Group
    failures: int
    age_errors: Sequence[float]
    confusion: Mapping[tuple[Gender, Gender], int]


def read_labels(path: Path) -> Sequence[Labelled]:
    """The pictures of a TSV with the columns file, age and gender (m or f); others are ignored.

    Raises ValueError, which names the line.
    """
    return [_labelled(row, where) for row, where in read_table(path, COLUMNS)]


def _labelled(row: Row, where: str) -> Labelled:
    file, age, gender = row
    if not file:
        raise ValueError(f"{where}: the file is missing")
    try:
        years = float(age)
    except ValueError:
        years = math.nan
    if not 0 <= years <= 150:
        raise ValueError(f"{where}: age is a number of years from 0 to 150")
    if gender not in GENDERS:
        raise ValueError(f"{where}: gender is m or f")
    return Labelled(file, years, GENDERS[gender])


def evaluate(measured: Sequence[Measured]) -> Report:
    """The figures of what was measured.

    Raises ValueError where the installed pack measures no ages or no genders.
    """
    found = [(label, one) for label, one in measured if one is not None]
    ages, genders = [one.age for _, one in found], [one.gender for _, one in found]
    if None in ages or None in genders:
        raise ValueError("the installed model pack has no model of age, or none of gender")
    adults = [(label, one) for label, one in found if label.age >= ADULT]
    kinds = get_args(Gender)
    return Report(
        everybody=_group(found),
        adults=_group(adults),
        failures=len(measured) - len(found),
        age_errors=[_age_error(label, one) for label, one in found],
        confusion={
            (true, told): sum(label.gender == true and one.gender == told for label, one in found)
            for true in kinds
            for told in kinds
        },
    )


def _group(found: Sequence[tuple[Labelled, Attributes]]) -> Group:
    if not found:
        return Group(0, math.nan, math.nan)
    errors = [abs(_age_error(label, one)) for label, one in found]
    right = [one.gender == label.gender for label, one in found]
    return Group(len(found), sum(errors) / len(found), sum(right) / len(found))


def _age_error(label: Labelled, found: Attributes) -> float:
    assert found.age is not None
    return found.age - label.age
