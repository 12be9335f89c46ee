"""Adds and updates below HTTP by concurrent callers, and searches beside the updates."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from openfrs.app import OpenFRS
from openfrs.bench import measure
from openfrs.bench.asking import ask_openfrs
from openfrs.bench.people import make_people
from openfrs.bench.rows import LoadRow
from openfrs.bench.service import Loaded, Start, assembled, empty_set, fill, project_of
from openfrs.bench.synthetic import SEED, make_templates
from openfrs.bench.synthetic_engine import SyntheticEngine
from openfrs.bench.writers import by_callers, updater, updates_beside
from openfrs.domain.faces import Image, Vector
from openfrs.domain.pictures import PictureFile, PictureSource
from openfrs.domain.quality_gate import NO_GATE
from openfrs.operations import faces

QUERIES = 200
SECONDS_A_SEARCH = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WritePlan:
    """For each number of callers, at most ``most`` operations and at most so many seconds."""

    faces: int
    dimension: int
    callers: Sequence[int]
    most: int
    seconds: float


def measure_adds(plan: WritePlan, start: Start) -> Iterator[LoadRow]:
    """Adds of one face each by ``operations.faces.add``, whose engine costs nothing here."""
    templates = make_templates(max(plan.faces, 1), plan.dimension, 0)
    pictures = [PictureFile(template.tobytes()) for template in templates.matrix]
    crowd = make_people(len(pictures), seed=SEED)
    engine = SyntheticEngine(plan.dimension)
    with assembled(start, plan.dimension) as openfrs:
        store = openfrs.services.faces
        capacity = plan.most * len(plan.callers)
        face_set = empty_set(openfrs, project_of(openfrs), capacity)

        def add(number: int) -> None:
            row = number % len(pictures)
            faces.add(
                store,
                engine,
                engine,
                _read,
                face_set,
                pictures[row],
                external_image_id=f"person-{number}",
                external_fields=crowd.fields(row),
                single=True,
                quality_gate={},
                limit=openfrs.services.limits.faces,
                thumbnails=openfrs.services.thumbnails,
                server_gate=NO_GATE,
            )

        yield from _by_callers("add", openfrs, add, plan)


def measure_updates(
    plan: WritePlan, start: Start, tell: Callable[[str], None]
) -> Iterator[LoadRow]:
    """Updates of one field each, then a search alone and beside the most callers."""
    templates = make_templates(plan.faces, plan.dimension, QUERIES)
    crowd = make_people(plan.faces, seed=SEED)
    with assembled(start, plan.dimension) as openfrs:
        face_set = empty_set(openfrs, project_of(openfrs), plan.faces)
        loaded = fill(openfrs, face_set, templates.matrix, crowd)
        yield from _by_callers("update", openfrs, updater(loaded, seed=SEED), plan)
        queries = list(templates.queries)
        ask_openfrs(loaded, 10, 1.0, sort=False)(queries[0])  # loads the index
        alone = _search_row("search alone", loaded, queries, callers=0)
        yield alone
        with updates_beside(loaded, max(plan.callers), seed=SEED) as writes:
            beside = _search_row("search beside", loaded, queries, callers=max(plan.callers))
        yield beside
        tell(
            f"search beside {writes.per_second:.0f} updates/s: p50 {beside.p50_ms:.2f} ms, "
            f"{beside.p50_ms / alone.p50_ms:.2f} times that of a search alone"
        )


def _by_callers(
    name: str, openfrs: OpenFRS, operation: Callable[[int], object], plan: WritePlan
) -> Iterator[LoadRow]:
    for callers in plan.callers:
        yield by_callers(
            name,
            operation,
            callers=callers,
            most=plan.most,
            seconds=plan.seconds,
            commits=lambda: openfrs.database.commits,
        )


def _search_row(name: str, loaded: Loaded, queries: Sequence[Vector], *, callers: int) -> LoadRow:
    timing = measure.one_client(
        ask_openfrs(loaded, 10, 1.0, sort=False),
        queries,
        seconds=SECONDS_A_SEARCH,
        alone=not callers,
    )
    return LoadRow(
        operation=name,
        callers=callers,
        done=timing.asked,
        rate_per_s=timing.asked / timing.seconds,
        p50_ms=timing.p50_ms,
        p99_ms=timing.p99_ms,
        cpu_us=timing.cpu_ms * 1000,
        commits=None,
    )


def _read(source: PictureSource) -> Image:
    assert isinstance(source, PictureFile)
    return np.frombuffer(source.data, np.uint8)[np.newaxis]
