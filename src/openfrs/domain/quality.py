"""How useful a picture of a face is for recognition (spec 7, code 12)."""

from dataclasses import dataclass

DIGITS = 4
"""To so many digits after the point values are told, and compared with bounds."""


@dataclass(frozen=True, slots=True)
class Quality:
    """All from 0 to 1. Of ``total_score`` more is better; the others measure a fault each."""

    total_score: float
    blur: float
    pose: float
    occlusion: float
    illumination: float
