"""Videos as the operations see them: pictures with the times at which they are shown."""

from dataclasses import dataclass

from openfrs.domain.faces import Image


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One picture of a video; ``time`` is in seconds from the first picture."""

    time: float
    image: Image


SHORTEST_SECONDS = 1.0
LONGEST_SECONDS = 15.0
"""How long a video may be (spec 10)."""
