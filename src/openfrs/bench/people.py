"""What is stored beside the synthetic templates: client data, and the filters that ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openfrs.bench.synthetic import SAMPLES
from openfrs.domain.fields import FieldType, FieldValue

DRAWS = 1_000_000
SITES = 100
SCHEMA = {"draw": FieldType.INTEGER, "age": FieldType.INTEGER, "site": FieldType.STRING}
SORT = ({"age": "asc"},)
RETURN_FIELDS = ("age", "site")


@dataclass(frozen=True, slots=True)
class People:
    """The client data of all faces, by row: (N,) int64 each.

    ``draw`` spreads 0 to DRAWS - 1 evenly over the faces in random order, so that those below
    ``DRAWS * s`` are the share s of the set, to a face.
    """

    draw: NDArray[np.int64]
    age: NDArray[np.int64]

    def fields(self, row: int) -> Mapping[str, FieldValue]:
        """The custom fields of a face."""
        return {
            "draw": int(self.draw[row]),
            "age": int(self.age[row]),
            "site": f"site-{row // SAMPLES % SITES}",
        }

    def selected(self, selectivity: float) -> NDArray[np.bool_] | None:
        """(N,) bool: the faces that the filter accepts; None where there is none to apply."""
        return None if selectivity >= 1 else self.draw < drawn_below(selectivity)


def make_people(faces: int, *, seed: int) -> People:
    dice = np.random.default_rng([seed, faces])
    draw = np.arange(faces) * DRAWS // faces
    dice.shuffle(draw)
    return People(draw, dice.integers(18, 90, size=faces))


def drawn_below(selectivity: float) -> int:
    """The bound of ``draw`` for that share of the set; at least the first draw is below it."""
    return max(1, round(selectivity * DRAWS))


def filter_text(selectivity: float) -> str | None:
    """The filter of a search among that share of the set; None for all of it."""
    return None if selectivity >= 1 else f"draw:[0 TO {drawn_below(selectivity)}}}"


def image_id(row: int) -> str:
    """The external_image_id of a face: one a person."""
    return f"person-{row // SAMPLES}"
