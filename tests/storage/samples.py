"""Face sets, templates and enrolments that mean nothing, for tests of storage and mirrors."""

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from openfrs.domain.faces import BoundingBox, Enrolment, FaceSet, Template, Vector
from openfrs.domain.fields import FieldType, FieldValue
from openfrs.domain.ports import FaceSetStore
from openfrs.storage.database import Database

NOON = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)
PROJECT = "project-1"
MODEL = "pack-1"
DIMENSION = 8
BOX = BoundingBox(width=30, height=40, top_left_x=1, top_left_y=2)
SCHEMA = {
    "name": FieldType.STRING,
    "floor": FieldType.INTEGER,
    "stamp": FieldType.LONG,
    "ratio": FieldType.DOUBLE,
    "active": FieldType.BOOLEAN,
}


def add_project(database: Database, project_id: str = PROJECT) -> None:
    def insert(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO project VALUES (?, ?)", (project_id, project_id))

    database.write(insert)


def make_face_set(store: FaceSetStore, name: str = "staff", capacity: int = 100_000) -> FaceSet:
    return store.create_face_set(
        PROJECT, name, capacity=capacity, schema=SCHEMA, model=MODEL, limit=100
    )


def vector(seed: int, dimension: int = DIMENSION) -> Vector:
    """(D,) float32 of unit length, the same for the same seed."""
    numbers = np.random.default_rng(seed).standard_normal(dimension)
    return (numbers / np.linalg.norm(numbers)).astype(np.float32)


def enrolment(
    seed: int, fields: Mapping[str, FieldValue] | None = None, image_id: str | None = None
) -> Enrolment:
    return Enrolment(
        Template(vector(seed), MODEL),
        BOX,
        f"image-{seed}" if image_id is None else image_id,
        {"floor": seed} if fields is None else fields,
    )
