"""Searches below HTTP on synthetic face sets: ours and others', on the same data in one run."""

import functools
import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from openfrs.bench import brute_force, measure, rivals
from openfrs.bench.asking import Ask, Rows, ask_openfrs, ask_rival
from openfrs.bench.bandwidth import read_bandwidth
from openfrs.bench.people import People, make_people
from openfrs.bench.rows import SearchRow
from openfrs.bench.service import Loaded, Start, assembled, empty_set, fill, project_of
from openfrs.bench.synthetic import SEED, Templates, make_templates
from openfrs.bench.writers import updates_beside

OURS = "openfrs"
ENGINES = (OURS, "faiss-flat", "numpy", "hnsw")
HNSW_FACES = 200_000  # a larger graph is built only for those who name it
WRITERS = 8
SECONDS_A_RATE = 1.0
ROUNDS_OF_RATES = 3

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure on one face set. ``big_graphs``: build even an HNSW that takes minutes."""

    faces: int
    dimension: int
    selectivities: Sequence[float]
    sorts: Sequence[bool]
    engines: Sequence[str]
    queries: int
    threads: int
    top_n: int
    writes: bool
    big_graphs: bool
    seconds: float
    seed: int = SEED


@dataclass(frozen=True, slots=True)
class Subject:
    """The data of a run, the right answers by selectivity, and the memory's speed in bytes/s."""

    plan: Plan
    templates: Templates
    people: People
    truth: dict[float, Sequence[Rows]]
    bandwidth: float


def run(plan: Plan, start: Start, tell: Tell) -> Iterator[SearchRow]:
    """One row after the other; ``tell`` hears what else there is to know."""
    subject = yield from _stored(plan, start, tell)
    for name in plan.engines:
        rival = None if name == OURS else _rival(name, subject, tell)
        if rival is not None:
            ask = functools.partial(ask_rival, rival, subject.people, plan.top_n)
            yield from _rows(subject, name, ask)


def _stored(plan: Plan, start: Start, tell: Tell) -> Generator[SearchRow, None, Subject]:
    """Our own rows; returns what is left for the others when the service's memory is free again."""
    bandwidth = read_bandwidth()
    templates = make_templates(plan.faces, plan.dimension, plan.queries, seed=plan.seed)
    crowd = make_people(plan.faces, seed=plan.seed)
    with assembled(start, plan.dimension) as openfrs:
        face_set = empty_set(openfrs, project_of(openfrs), plan.faces)
        loaded = fill(openfrs, face_set, templates.matrix, crowd)
        tell(
            f"store: {plan.faces} faces x {plan.dimension} added in {loaded.seconds:.1f} s "
            f"({plan.faces / loaded.seconds:.0f} faces/s, {loaded.cpu_seconds:.1f} s CPU)"
        )
        truth = {
            share: brute_force.best_rows(
                templates.matrix,
                loaded.face_ids,
                crowd.selected(share),
                templates.queries,
                plan.top_n,
            )
            for share in plan.selectivities
        }
        # Twice, as other programs may have been busy the first time.
        bandwidth = max(bandwidth, read_bandwidth())
        tell(f"memory: one thread reads {bandwidth / 1e9:.1f} GB/s")
        subject = Subject(plan, templates, crowd, truth, bandwidth)
        if OURS in plan.engines:
            yield from _ours(subject, loaded, tell)
    return subject


def _ours(subject: Subject, loaded: Loaded, tell: Tell) -> Iterator[SearchRow]:
    plan = subject.plan

    def ask(selectivity: float, *, sort: bool) -> Ask:
        return ask_openfrs(loaded, plan.top_n, selectivity, sort=sort)

    started, cpu = time.perf_counter(), time.process_time()
    ask(1.0, sort=False)(subject.templates.queries[0])
    tell(
        f"first search, which loads the index: {time.perf_counter() - started:.2f} s "
        f"({time.process_time() - cpu:.2f} s CPU)"
    )
    yield from _rows(subject, OURS, ask)
    several = max(2, plan.threads)
    one, more = _best_rates(subject, ask(1.0, sort=False), (1, several))
    tell(
        f"{plan.faces} x {plan.dimension}: one client {one:.0f} queries/s, "
        f"{several} client threads {more:.0f} ({more / one:.2f} times)"
    )
    if plan.writes:
        yield from _rows(subject, OURS, ask, written=loaded)


def _best_rates(subject: Subject, ask: Ask, clients: Sequence[int]) -> Sequence[float]:
    """Queries a second for each number of clients, at best: in turns, as other programs may run."""
    queries = list(subject.templates.queries)
    seconds = min(SECONDS_A_RATE, subject.plan.seconds)
    rounds = [
        [measure.rate(ask, queries, clients=number, seconds=seconds) for number in clients]
        for _ in range(ROUNDS_OF_RATES)
    ]
    return [max(rates) for rates in zip(*rounds, strict=True)]


def _rows(
    subject: Subject,
    engine: str,
    asking: Callable[..., Ask],
    written: Loaded | None = None,
) -> Iterator[SearchRow]:
    for selectivity in subject.plan.selectivities:
        for sort in subject.plan.sorts:
            ask = asking(selectivity, sort=sort)
            if written is None:
                yield _row(subject, engine, selectivity, ask, sort=sort)
                continue
            with updates_beside(written, WRITERS, seed=subject.plan.seed) as writes:
                time.sleep(0.2)  # until the writers are under way
                yield _row(
                    subject, engine, selectivity, ask, sort=sort, beside=lambda: writes.per_second
                )


def _row(
    subject: Subject,
    engine: str,
    selectivity: float,
    ask: Ask,
    *,
    sort: bool,
    beside: Callable[[], float] | None = None,
) -> SearchRow:
    plan = subject.plan
    queries = list(subject.templates.queries)
    timing = (
        measure.one_client(ask, queries, seconds=plan.seconds, alone=beside is None)
        if plan.threads == 1
        else measure.several_clients(ask, queries, clients=plan.threads, seconds=plan.seconds)
    )
    selected = subject.people.selected(selectivity)
    count = plan.faces if selected is None else int(np.count_nonzero(selected))
    return SearchRow(
        engine=engine,
        faces=plan.faces,
        dim=plan.dimension,
        selectivity=selectivity,
        sort=sort,
        p50_ms=timing.p50_ms,
        p99_ms=timing.p99_ms,
        cpu_ms=timing.cpu_ms,
        recall=brute_force.recall(
            timing.answers, subject.truth[selectivity][: len(timing.answers)]
        ),
        least_ms=count * plan.dimension / subject.bandwidth * 1000,
        qps_per_cpu_s=1000 / max(timing.cpu_ms, 1e-6),
        queries=timing.asked,
        top_n=plan.top_n,
        threads=plan.threads,
        writes=beside() if beside else 0.0,
    )


def _rival(name: str, subject: Subject, tell: Tell) -> rivals.Rival | None:
    matrix = subject.templates.matrix
    if name == "numpy":
        return rivals.NumpyScan(matrix)
    if name == "faiss-flat":
        return rivals.FaissFlat(matrix)
    if len(matrix) > HNSW_FACES and not subject.plan.big_graphs:
        tell(
            f"hnsw: left out, as its graph of {len(matrix)} faces takes many minutes to build; "
            "name it in --engines to have it"
        )
        return None
    started = time.perf_counter()
    graph = rivals.FaissHnsw(matrix, threads=len(os.sched_getaffinity(0)))
    tell(
        f"hnsw: built in {time.perf_counter() - started:.0f} s (M {rivals.HNSW_LINKS}, "
        f"efConstruction {rivals.HNSW_EF_CONSTRUCTION}, efSearch {rivals.HNSW_EF_SEARCH})"
    )
    return graph
