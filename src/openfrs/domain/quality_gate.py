"""What a face must be like to be enrolled: bounds on its quality and size.

A gate is a mapping from the name of a value to its bound. The server may have one, a face set
another, and a request a third; where several name a value, the face set's bound goes before the
server's, and the request's before both.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from openfrs.domain.errors import MalformedParameter
from openfrs.domain.faces import BoundingBox
from openfrs.domain.fields import quoted
from openfrs.domain.quality import DIGITS, Quality

QualityGate = Mapping[str, float]

NO_GATE: QualityGate = MappingProxyType({})

TOTAL, PIXELS = "total_score", "face_pixels"
AT_MOST = ("blur", "pose", "occlusion", "illumination")
MOST_PIXELS = 4096

PROFILE_GATES: Mapping[str, QualityGate] = MappingProxyType(
    {"open": NO_GATE, "cloud": MappingProxyType({PIXELS: 80})}
)
"""The server's gate by profile: the vendor takes no face below 80 x 80 pixels (spec 9.1, 10)."""


def parse_gate(values: Mapping[str, object]) -> QualityGate:
    """The bounds that a client gives: 0 to 1 for quality, whole pixels for ``face_pixels``.

    Raises MalformedParameter.
    """
    gate: dict[str, float] = {}
    for name, value in values.items():
        if name not in (TOTAL, PIXELS, *AT_MOST):
            known = ", ".join((TOTAL, *AT_MOST, PIXELS))
            raise MalformedParameter(f"quality_gate: {quoted(name)} is none of {known}")
        most = MOST_PIXELS if name == PIXELS else 1
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise MalformedParameter(f"quality_gate: {name} is a number from 0 to {most}")
        gate[name] = value
    return gate


def looks_at_quality(gate: QualityGate) -> bool:
    """Whether the gate needs more than the size of a face."""
    return any(name != PIXELS for name in gate)


def is_too_small(gate: QualityGate, box: BoundingBox) -> bool:
    """Whether the shorter side of a face is below ``face_pixels``."""
    return min(box.width, box.height) < gate.get(PIXELS, 0)


def reasons(gate: QualityGate, quality: Quality) -> Sequence[str]:
    """Why a face of that quality does not pass, value by value; empty where it passes.

    A value counts as ``face-detect`` tells it, so that who sets it as the bound passes.
    """
    values = {name: round(getattr(quality, name), DIGITS) for name in (TOTAL, *AT_MOST)}
    refused = []
    if values[TOTAL] < gate.get(TOTAL, 0):
        refused.append(f"{TOTAL} {values[TOTAL]:g} < {gate[TOTAL]:g}")
    return refused + [
        f"{name} {values[name]:g} > {gate[name]:g}"
        for name in AT_MOST
        if values[name] > gate.get(name, 1)
    ]
