"""How many updates of client data a store takes, each durable, and how searches fare beside them.

    python benchmarks/updates.py [--faces 100000] [--updates 100000] [--callers 1,32,128,256]

Every caller runs the operation that an HTTP request would (``operations.faces.update``), on random
faces of one set, and waits for its answer before the next. ``us CPU`` is the CPU of the whole
process a single update; ``fsyncs`` counts the commits. Searches run in a thread of this process:
alone, beside as many callers as come last in ``--callers``, and beside the same in another process.
"""

import argparse
import logging
import multiprocessing
import random
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import structlog

from openfrs.app import search_index
from openfrs.domain.faces import BoundingBox, Enrolment, FaceSet, Template
from openfrs.domain.fields import FieldType
from openfrs.operations import faces
from openfrs.operations.mirror import Mirror
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore

DIMENSION = 128
SCHEMA = {"floor": FieldType.INTEGER, "name": FieldType.STRING, "ratio": FieldType.DOUBLE}
SEARCHES = 1000
Stop = threading.Event | Event
DONE = [0] * 1024
"""Updates that are done, by caller."""


def open_store(directory: str) -> tuple[Database, SqliteStore]:
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=quiet)
    database = Database(Path(directory) / "openfrs.db")
    return database, SqliteStore(database, lambda: datetime.now(UTC))


def filled(store: SqliteStore, number: int) -> tuple[FaceSet, list[str]]:
    """A set of that many faces with random templates, and the faces' ids."""
    face_set = store.create_face_set(
        "p", "staff", capacity=number, schema=SCHEMA, model="bench", limit=10
    )
    dice = np.random.default_rng(7)
    ids: list[str] = []
    for start in range(0, number, 5000):
        vectors = dice.standard_normal((min(5000, number - start), DIMENSION), np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        enrolments = [
            Enrolment(
                Template(vector, "bench"),
                BoundingBox(90, 90, 10, 10),
                f"emp-{start + i}",
                {"floor": i % 40, "name": f"name-{i % 997}", "ratio": i / 7},
            )
            for i, vector in enumerate(vectors)
        ]
        ids += [face.face_id for face in store.add_faces(face_set, enrolments)]
    return face_set, ids


def call(
    store: SqliteStore, face_set: FaceSet, ids: Sequence[str], share: int, seed: int, stop: Stop
) -> None:
    dice = random.Random(seed)
    for count in range(share):
        if stop.is_set():
            return
        faces.update(
            store,
            face_set,
            ids[int(dice.random() * len(ids))],
            external_image_id=None,
            external_fields={"floor": count % 40, "ratio": count / 3},
        )
        DONE[seed] += 1


def run_callers(
    store: SqliteStore,
    face_set: FaceSet,
    ids: Sequence[str],
    callers: int,
    updates: int,
    stop: Stop,
) -> list[threading.Thread]:
    threads = [
        threading.Thread(target=call, args=(store, face_set, ids, updates // callers, n, stop))
        for n in range(callers)
    ]
    for thread in threads:
        thread.start()
    return threads


def measure_updates(
    database: Database,
    store: SqliteStore,
    face_set: FaceSet,
    ids: Sequence[str],
    callers: int,
    updates: int,
) -> None:
    commits, cpu, started = database.commits, time.process_time(), time.perf_counter()
    for thread in run_callers(store, face_set, ids, callers, updates, threading.Event()):
        thread.join()
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    done = updates // callers * callers
    print(
        f"{callers:4} callers  {done / wall:8.0f} updates/s  {cpu / done * 1e6:6.1f} us CPU"
        f"  {database.commits - commits:6} fsyncs  {done / (database.commits - commits):6.1f} each"
    )


def measure_searches(mirror: Mirror, face_set: FaceSet, name: str) -> None:
    dice = np.random.default_rng(8)
    times = []
    for _ in range(SEARCHES):
        probe = dice.standard_normal(DIMENSION, np.float32)
        probe /= np.linalg.norm(probe)
        started = time.perf_counter()
        mirror.search(face_set, probe, 10)
        times.append((time.perf_counter() - started) * 1000)
    p50, p99 = np.percentile(times, [50, 99])
    print(f"search {name:26} p50 {p50:7.2f} ms  p99 {p99:7.2f} ms", flush=True)


def write_until(
    directory: str, face_set: FaceSet, ids: Sequence[str], callers: int, ready: Event, stop: Event
) -> None:
    """The write load of another process; prints how many updates a second it made."""
    database, store = open_store(directory)
    started = time.perf_counter()
    threads = run_callers(store, face_set, ids, callers, 10**8, stop)
    ready.set()
    for thread in threads:
        thread.join()
    print(f"  ({sum(DONE) / (time.perf_counter() - started):.0f} updates/s beside)")
    database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, default=100_000)
    parser.add_argument("--updates", type=int, default=100_000)
    parser.add_argument("--callers", default="1,32,128,256")
    arguments = parser.parse_args()
    callers = [int(number) for number in arguments.callers.split(",")]
    with tempfile.TemporaryDirectory() as directory:
        database, store = open_store(directory)
        database.write(lambda c: c.execute("INSERT INTO project VALUES ('p', 'p')").rowcount)
        started, cpu = time.perf_counter(), time.process_time()
        face_set, ids = filled(store, arguments.faces)
        print(
            f"filled: {time.perf_counter() - started:.2f} s, {time.process_time() - cpu:.2f} s CPU"
        )
        for number in callers:
            updates = min(arguments.updates, 2000) if number == 1 else arguments.updates
            measure_updates(database, store, face_set, ids, number, updates)
        mirror = Mirror(store, search_index, DIMENSION)
        started, cpu = time.perf_counter(), time.process_time()
        mirror.search(face_set, np.eye(1, DIMENSION, dtype=np.float32)[0], 10)
        print(
            f"cold start: {time.perf_counter() - started:.2f} s,"
            f" {time.process_time() - cpu:.2f} s CPU"
        )
        measure_searches(mirror, face_set, "alone")
        stop = threading.Event()
        before, started = sum(DONE), time.perf_counter()
        threads = run_callers(store, face_set, ids, callers[-1], 10**8, stop)
        measure_searches(mirror, face_set, "beside writes, one process")
        stop.set()
        for thread in threads:
            thread.join()
        print(f"  ({(sum(DONE) - before) / (time.perf_counter() - started):.0f} updates/s beside)")
        context = multiprocessing.get_context("spawn")
        ready, halt = context.Event(), context.Event()
        other = context.Process(
            target=write_until, args=(directory, face_set, ids, callers[-1], ready, halt)
        )
        other.start()
        ready.wait()
        time.sleep(1)
        measure_searches(mirror, face_set, "beside another process")
        halt.set()
        other.join()
        database.close()


if __name__ == "__main__":
    main()
