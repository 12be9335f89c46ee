"""What a search of the index costs: CPU per query, beside brute force and the least possible.

    OPENBLAS_NUM_THREADS=1 python benchmarks/index.py [--faces 100000,1000000] [--dim 128,512]

Templates are made up: five samples a person, spread like those of a face network. CPU is that of
the searching thread; the least is the time to read one byte a number at the bandwidth measured in
the same run. ``differ`` counts queries whose answer was not that of the four lines of NumPy.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import BoundingBox, Face, FaceChange, Hit
from openfrs.domain.fields import FieldType
from openfrs.domain.query import Filter, Range
from openfrs.index.quantised import QuantisedIndex

Rows = NDArray[np.float32]

SAMPLES = 5  # of a person
SPREAD = 0.75  # of the samples around the person; makes genuine scores about 0.64
DECAY = 0.35
RANKS = 1_000_000
BOX = BoundingBox(90, 90, 10, 10)
SCHEMA = {"rank": FieldType.INTEGER}
QUERIES = 60
SLOW_QUERIES = 5


def templates(faces: int, dimension: int, queries: int) -> tuple[Rows, Rows]:
    """Stored rows, and new samples of people who are among them."""
    dice = np.random.default_rng(20)
    spectrum = np.arange(1, dimension + 1, dtype=np.float32) ** np.float32(-DECAY)
    people = dice.standard_normal((faces // SAMPLES + 1, dimension), np.float32) * spectrum
    rows = np.empty((faces, dimension), np.float32)
    for first in range(0, faces, 10_000):
        owners = np.arange(first, min(first + 10_000, faces)) // SAMPLES
        rows[first : first + 10_000] = _samples(people[owners], spectrum, dice)
    return rows, _samples(people[dice.integers(0, len(people), queries)], spectrum, dice)


def _samples(people: Rows, spectrum: Rows, dice: np.random.Generator) -> Rows:
    rows = people + np.float32(SPREAD) * dice.standard_normal(people.shape, np.float32) * spectrum
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def filled(rows: Rows, ranks: NDArray[np.int64]) -> tuple[QuantisedIndex, float]:
    """The index of all rows, and the CPU seconds that its puts took."""
    index = QuantisedIndex(SCHEMA, rows.shape[1])
    spent = 0.0
    for first in range(0, len(rows), 10_000):
        part = range(first, min(first + 10_000, len(rows)))
        changes = [
            FaceChange(
                Face(key, f"{key:08x}", f"image-{key}", {"rank": int(ranks[key])}, BOX), rows[key]
            )
            for key in part
        ]
        start = time.thread_time()
        for change in changes:
            index.put(change)
        spent += time.thread_time() - start
    return index, spent


def bandwidth() -> float:
    """Bytes a second that one thread reads from memory: the best of several ways to look."""
    flags = np.ones(1 << 28, np.bool_)
    numbers = flags.view(np.uint64)
    ways: Sequence[Callable[[], object]] = [
        lambda: np.count_nonzero(flags),
        numbers.max,
        lambda: np.bitwise_or.reduce(numbers),
    ]
    best = 0.0
    for way in ways:
        for _ in range(5):
            start = time.thread_time()
            way()
            best = max(best, flags.nbytes / (time.thread_time() - start))
    return best


def timed(search: Callable[[Rows], object], probes: Rows) -> tuple[float, float]:
    """Median CPU and wall time of a query, in milliseconds, after one that warms up."""
    search(probes[0])
    cpu, wall = [], []
    for probe in probes:
        started, ticks = time.perf_counter(), time.thread_time()
        search(probe)
        cpu.append(time.thread_time() - ticks)
        wall.append(time.perf_counter() - started)
    return 1000 * float(np.median(cpu)), 1000 * float(np.median(wall))


def by_numpy(rows: Rows, probe: Rows, top: int, chosen: NDArray[np.intp] | None) -> list[Hit]:
    """The four lines that the index must equal (ids ascend with the keys here)."""
    slots = np.arange(len(rows)) if chosen is None else chosen
    scores = np.concatenate(
        [
            (rows[part].astype(np.float64) * probe).sum(axis=1)
            for part in np.array_split(slots, 1 + len(slots) // 10_000)
        ]
    )
    order = np.lexsort((slots, -scores))[:top]
    return list(map(Hit, slots[order].tolist(), scores[order].tolist()))


def report(engine: str, share: float, cost: tuple[float, float], note: str = "") -> None:
    print(f"  {engine:<12} {share:>8.2%} {cost[0]:>9.3f} {cost[1]:>9.3f}  {note}", flush=True)


def measure(faces: int, dimension: int, top: int, shares: Sequence[float], *, others: bool) -> None:
    rows, probes = templates(faces, dimension, QUERIES)
    ranks = np.random.default_rng(21).integers(0, RANKS, faces)
    index, spent = filled(rows, ranks)
    least = 1000 * faces * dimension / bandwidth()
    print(
        f"\n{faces} x {dimension}, top {top}: least {least:.2f} ms; "
        f"put {spent / faces * 1e6:.1f} us and {index.nbytes / faces:.0f} bytes a face"
    )
    print("  engine          share    cpu ms    p50 ms")
    for share in shares:
        where: Filter | None = None
        chosen = None
        if share < 1:
            below = int(share * RANKS)
            where = Range("rank", None, below, low_included=True, high_included=False)
            chosen = np.flatnonzero(ranks < below)
        before = index.widened
        cost = timed(partial(index.search, top_n=top, where=where), probes)
        widened = index.widened - before
        differ = sum(
            list(index.search(probe, top, where)) != by_numpy(rows, probe, top, chosen)
            for probe in probes[:SLOW_QUERIES]
        )
        ratio = f"{cost[0] / least:.2f} x least" if share == 1 else ""
        report("openfrs", share, cost, f"widened {widened}, differ {differ}  {ratio}")
    if others:
        measure_others(rows, probes, ranks, top, shares)


def measure_others(
    rows: Rows, probes: Rows, ranks: NDArray[np.int64], top: int, shares: Sequence[float]
) -> None:
    library: Any = faiss
    library.omp_set_num_threads(1)
    flat = library.IndexFlatIP(rows.shape[1])
    flat.add(rows)
    for share in shares:
        chosen = library.IDSelectorBitmap(np.packbits(ranks < share * RANKS, bitorder="little"))
        parameters = library.SearchParameters(sel=chosen) if share < 1 else None
        search = partial(flat.search, k=top, params=parameters)
        report("faiss Flat", share, timed(partial(_one, search), probes[:20]))
    report(
        "numpy",
        1,
        timed(lambda probe: np.argpartition(rows @ probe, -top)[-top:], probes[:SLOW_QUERIES]),
    )


def _one(search: Callable[[Rows], object], probe: Rows) -> object:
    return search(probe[np.newaxis])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--faces", default="100000,1000000")
    parser.add_argument("--dim", default="128,512")
    parser.add_argument("--top", type=int, default=10)
    parser.add_argument("--share", default="1,0.5,0.1,0.01,0.0001")
    parser.add_argument("--alone", action="store_true", help="without faiss Flat and NumPy")
    arguments = parser.parse_args()
    shares = [float(share) for share in arguments.share.split(",")]
    for faces in map(int, arguments.faces.split(",")):
        for dimension in map(int, arguments.dim.split(",")):
            measure(faces, dimension, arguments.top, shares, others=not arguments.alone)


if __name__ == "__main__":
    main()
