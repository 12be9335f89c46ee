"""Templates of picture files, by the very path a request takes: decode, detect, largest, embed."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from openfrs.domain.errors import ImageRefused
from openfrs.domain.faces import Image, Vector, largest
from openfrs.domain.ports import FaceEngine

Decode = Callable[[bytes], Image]
"""Decodes a picture. Raises a leaf of ImageRefused."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The template of each picture, None where it could not be enrolled, and what it took.

    ``failures`` counts pictures without a template, ``seconds`` is the time of all pictures
    together, reading the files left out.
    """

    vectors: dict[str, Vector | None]
    seconds: float

    @property
    def failures(self) -> int:
        return sum(vector is None for vector in self.vectors.values())

    @property
    def ms_per_picture(self) -> float:
        return 1000 * self.seconds / max(len(self.vectors), 1)


def enrol(
    root: Path,
    names: Iterable[str],
    engine: FaceEngine,
    decode: Decode,
    progress: Callable[[], None] = lambda: None,
) -> Enrolled:
    """Each named picture under ``root``, embedded once. Raises OSError where one cannot be read."""
    vectors: dict[str, Vector | None] = {}
    seconds = 0.0
    for name in names:
        data = (root / name).read_bytes()
        start = time.perf_counter()
        vectors[name] = _template(data, engine, decode)
        seconds += time.perf_counter() - start
        progress()
    return Enrolled(vectors, seconds)


def _template(data: bytes, engine: FaceEngine, decode: Decode) -> Vector | None:
    try:
        image = decode(data)
    except ImageRefused:
        return None
    face = largest(engine.detect(image))
    if face is None:
        return None
    [template] = engine.templates(image, [face])
    return template.vector
