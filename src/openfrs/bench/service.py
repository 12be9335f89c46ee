"""The assembled service on synthetic faces, in a directory of its own that goes afterwards."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openfrs.app import OpenFRS
from openfrs.bench.people import SCHEMA, People, image_id
from openfrs.bench.synthetic import Matrix
from openfrs.bench.synthetic_engine import BOX, MODEL, SyntheticEngine
from openfrs.domain.faces import Enrolment, FaceSet, Template
from openfrs.installed_models import Engine

FACES_A_TRANSACTION = 5000
FACE_SET = "bench"

Start = Callable[[Engine], OpenFRS]
"""Assembles the service around an engine, in an empty data directory."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A face set full of synthetic faces.

    ``keys`` is (N,) int64 and ``face_ids`` (N,) bytes, by row of the templates; ``seconds`` and
    ``cpu_seconds`` are what storing them took.
    """

    openfrs: OpenFRS
    face_set: FaceSet
    keys: NDArray[np.int64]
    face_ids: NDArray[np.bytes_]
    seconds: float
    cpu_seconds: float

    @property
    def ids(self) -> Sequence[str]:
        return [face_id.decode() for face_id in self.face_ids.tolist()]


@contextmanager
def assembled(start: Start, dimension: int) -> Iterator[OpenFRS]:
    """The service as ``openfrs serve`` assembles it, but for the engine."""
    openfrs = start(SyntheticEngine(dimension))
    try:
        yield openfrs
    finally:
        openfrs.close()


def empty_set(openfrs: OpenFRS, project_id: str, capacity: int) -> FaceSet:
    """A new face set with the schema of the synthetic people."""
    return openfrs.services.face_sets.create_face_set(
        project_id, FACE_SET, capacity=capacity, schema=SCHEMA, model=MODEL, limit=1
    )


def fill(openfrs: OpenFRS, face_set: FaceSet, matrix: Matrix, people: People) -> Loaded:
    """The faces, stored in transactions of FACES_A_TRANSACTION."""
    started, cpu = time.perf_counter(), time.process_time()
    keys = np.empty(len(matrix), np.int64)
    face_ids = np.empty(len(matrix), "S8")
    for first in range(0, len(matrix), FACES_A_TRANSACTION):
        rows = range(first, min(first + FACES_A_TRANSACTION, len(matrix)))
        faces = openfrs.services.faces.add_faces(
            face_set,
            [
                Enrolment(Template(matrix[row], MODEL), BOX, image_id(row), people.fields(row))
                for row in rows
            ],
        )
        keys[rows.start : rows.stop] = [face.face_key for face in faces]
        face_ids[rows.start : rows.stop] = [face.face_id for face in faces]
    return Loaded(
        openfrs,
        face_set,
        keys,
        face_ids,
        time.perf_counter() - started,
        time.process_time() - cpu,
    )


def project_of(openfrs: OpenFRS) -> str:
    """The project that the first start made."""
    if openfrs.established is None:
        raise ValueError("a benchmark starts in an empty directory")
    return openfrs.established.project_id
