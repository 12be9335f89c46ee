"""How things stand at this moment: of this process, and of the whole service."""

import platform
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import ProcessCollector

from openfrs.api.gateway import Queue
from openfrs.domain.census import Census
from openfrs.observation.metrics import (
    BUILD,
    CPU,
    DISK_FREE,
    MIRROR_BUDGET,
    MIRROR_BYTES,
    MIRROR_FACES,
    MIRROR_SETS,
    MODEL,
    MOST_FILES,
    OPEN_FILES,
    PROJECT_FACES,
    PROJECT_SETS,
    RESIDENT,
    SET_CAPACITY,
    SET_FACES,
    SET_MIRROR_BYTES,
    SLOTS,
    STARTED,
    STORE_BYTES,
    STORE_READABLE,
    VIRTUAL,
    WAITING,
    WORKING,
    Metric,
)
from openfrs.observation.sheet import Series
from openfrs.operations.mirror import MirrorUsage

_OF_PROCESS = {
    metric.name: metric for metric in (CPU, RESIDENT, VIRTUAL, STARTED, OPEN_FILES, MOST_FILES)
}


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Which models the service runs, and where."""

    pack: str
    identity: str
    dimension: int
    provider: str
    liveness: str


def of_queues(queues: Sequence[Queue]) -> Iterator[Series]:
    for queue in queues:
        yield _series(WAITING, queue.waiting, queue.name)
        yield _series(WORKING, queue.working, queue.name)
        yield _series(SLOTS, queue.slots, queue.name)


def of_mirror(
    usage: MirrorUsage, budget: int, sizes: Mapping[int, int], most: int
) -> Iterator[Series]:
    """``sizes`` are bytes by the key of the face set; only the ``most`` largest are told of.

    Their series carry the key; the names come from the store when the page is made.
    """
    yield _series(MIRROR_BYTES, usage.bytes)
    yield _series(MIRROR_BUDGET, budget)
    yield _series(MIRROR_SETS, usage.sets)
    yield _series(MIRROR_FACES, usage.faces)
    for key in sorted(sizes, key=sizes.__getitem__, reverse=True)[:most]:
        yield _series(SET_MIRROR_BYTES, sizes[key], str(key))


def of_process(worker: int) -> Iterator[Series]:
    """Processor time, memory and open files of this process."""
    for family in ProcessCollector(registry=None).collect():
        for sample in family.samples:
            if sample.name in _OF_PROCESS:
                yield _series(_OF_PROCESS[sample.name], sample.value, str(worker))


def of_store(take_census: Callable[[], Census], database: Path) -> tuple[list[Series], Census]:
    """What the store holds. Where it cannot be read, that is what is told."""
    census = Census((), ())
    try:
        census = take_census()
        readable = 1.0
    except Exception:  # whatever the store's reason; the rest of the page is the more welcome
        readable = 0.0
    found = [_series(STORE_READABLE, readable)]
    for project in census.projects:
        found.append(_series(PROJECT_SETS, project.face_sets, project.project_id))
        found.append(_series(PROJECT_FACES, project.faces, project.project_id))
    for face_set in census.largest:
        labels = (face_set.project_id, face_set.name)
        found.append(_series(SET_FACES, face_set.faces, *labels))
        found.append(_series(SET_CAPACITY, face_set.capacity, *labels))
    files = (database, database.with_name(database.name + "-wal"))
    found.append(_series(STORE_BYTES, sum(file.stat().st_size for file in files if file.exists())))
    found.append(_series(DISK_FREE, shutil.disk_usage(database.parent).free))
    return found, census


def of_build(version: str, model: ModelFacts) -> Iterator[Series]:
    yield _series(BUILD, 1, version, platform.python_version())
    yield _series(
        MODEL, 1, model.pack, model.identity, str(model.dimension), model.provider, model.liveness
    )


def _series(metric: Metric, value: float, *labels: str) -> Series:
    return Series(metric.name, labels, (float(value),))
