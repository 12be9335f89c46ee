"""The page on attributes says what the code does."""

import re
from pathlib import Path

import pytest

from openfrs.domain.attributes import MEASURED_BY, Attribute
from openfrs.engine import face_geometry

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "attributes.md").read_text("utf-8")
FLAT = " ".join(PAGE.split())


@pytest.mark.parametrize("attribute", Attribute)
def test_the_table_names_the_role_that_answers_each_code(attribute: Attribute) -> None:
    [measured] = re.findall(rf"^\| {attribute.value} \| `\w+` \| ([^|]+) \|", PAGE, re.MULTILINE)
    role = MEASURED_BY.get(attribute)
    assert measured.startswith(role or "nothing yet")


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("eyes_contour", (face_geometry.LEFT_EYE, face_geometry.RIGHT_EYE)),
        ("eyebrow_contour", (face_geometry.LEFT_EYEBROW, face_geometry.RIGHT_EYEBROW)),
        ("nose_contour", (face_geometry.NOSE,)),
        ("mouth_contour", (face_geometry.MOUTH,)),
        ("face_contour", (face_geometry.FACE,)),
    ],
)
def test_every_contour_has_the_points_listed(key: str, parts: tuple[tuple[int, ...], ...]) -> None:
    listed = "; then ".join(", ".join(map(str, part)) for part in parts)
    assert f"* `{key}`: {listed}." in FLAT
