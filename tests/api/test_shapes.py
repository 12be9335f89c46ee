"""The wire form of attributes that no model measures yet, and of those that one does (spec 7)."""

from openfrs.api import shapes
from openfrs.domain.attributes import Attribute, Attributes, Dress, Expression

EVERY = frozenset(Attribute)


def test_every_measured_attribute_has_the_spelling_of_the_specification() -> None:
    found = Attributes(
        dress=Dress(glasses="dark", hat="none"),
        smile="yes",
        mask="none",
        hair="long",
        beard="yes",
        phototype="internet photo",
        expression=Expression("happy", 0.87654),
        face_angle=270,
    )
    assert shapes.attributes(found, EVERY) == {
        "dress": {"glass": "dark", "hat": "none"},
        "smile": "yes",
        "mask": "none",
        "hair": "long",
        "beard": "yes",
        "phototype": "internet photo",
        "expression": {"type": "happy", "probability": 0.8765},
        "face_angle": 270,
    }


def test_what_was_not_measured_is_unknown_or_left_out() -> None:
    partly = Attributes(dress=Dress(hat="yes"))
    assert shapes.attributes(partly, {Attribute.DRESS, Attribute.PHOTOTYPE, Attribute.AGE}) == {
        "dress": {"glass": "unknown", "hat": "yes"}
    }
