"""One question, put to our service and to the others: a probe goes in, rows come out."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from openfrs.api import shapes
from openfrs.bench import people
from openfrs.bench.people import People
from openfrs.bench.rivals import Rival
from openfrs.bench.service import Loaded
from openfrs.bench.synthetic_engine import MODEL
from openfrs.domain.faces import Template, Vector
from openfrs.operations import search

Rows = NDArray[np.intp]
Ask = Callable[[Vector], Rows]


def ask_openfrs(loaded: Loaded, top_n: int, selectivity: float, *, sort: bool) -> Ask:
    """A search as a request makes it: query parsed, faces read from the store, answer in shape."""
    services = loaded.openfrs.services

    def ask(probe: Vector) -> Rows:
        query = search.parse_query(
            loaded.face_set,
            top_n=top_n,
            threshold=0.0,
            filter_text=people.filter_text(selectivity),
            sort=people.SORT if sort else (),
            return_fields=people.RETURN_FIELDS,
        )
        candidates = search.by_template(
            services.mirror,
            services.engine,
            loaded.face_set,
            Template(probe, MODEL),
            query,
        )
        for candidate in candidates:
            shapes.search_face(candidate, query.return_fields)
        # Keys rise in the order of enrolment, so they lead back to the rows.
        return np.searchsorted(loaded.keys, [found.face.face_key for found in candidates])

    return ask


def ask_rival(rival: Rival, crowd: People, top_n: int, selectivity: float, *, sort: bool) -> Ask:
    """The same question: filter evaluated over a column, search, rows ordered by a column."""

    def ask(probe: Vector) -> Rows:
        rows = rival.search(probe, top_n, crowd.selected(selectivity))
        return rows[np.argsort(crowd.age[rows], kind="stable")] if sort else rows

    return ask
