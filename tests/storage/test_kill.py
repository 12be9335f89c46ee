"""kill -9 at any moment loses nothing acknowledged and leaves nothing half-written."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from openfrs.domain.faces import FaceChange, FaceSet
from openfrs.domain.query import Equals, Not
from openfrs.index.quantised import QuantisedIndex
from openfrs.operations.mirror import Mirror
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from tests.index import slowly
from tests.index.samples import changes_of
from tests.storage.samples import DIMENSION, NOON, PROJECT, add_project, make_face_set, vector

ROOT = Path(__file__).parents[2]
ROUNDS = 14
"""Each kills one writer or, in turn, two: 21 in all."""


class Expected:
    """What a store must hold after what its writers have said, kill or no kill.

    A write that had begun when the process died may have been made or not.
    """

    def __init__(self) -> None:
        self.seeds: dict[str, int] = {}
        self.stamps: dict[str, set[int | None]] = {}
        self.may_be_gone: set[str] = set()
        self.may_be_new: list[tuple[int, ...]] = []

    def follow(self, lines: Sequence[str]) -> int:
        """Takes in what one process said; how many writes it had acknowledged."""
        begun = 0
        for line in lines:
            if not line.endswith("\n"):
                continue  # the process died in the middle of the word
            match json.loads(line):
                case ["begin", "add", seeds]:
                    self.may_be_new.append(tuple(seeds))
                case ["begin", "update", face_id, stamp]:
                    self.stamps[face_id].add(stamp)
                case ["begin", "delete", ids]:
                    self.may_be_gone.update(ids)
                case ["add", ids, seeds]:
                    self.may_be_new.remove(tuple(seeds))
                    self.seeds.update(zip(ids, seeds, strict=True))
                    self.stamps.update((face_id, {None}) for face_id in ids)
                case ["update", face_id, stamp]:
                    self.stamps[face_id] = {stamp}
                case ["delete", ids]:
                    for face_id in ids:
                        self.may_be_gone.remove(face_id)
                        del self.seeds[face_id]
                case ["search", _, True]:
                    pass
                case _:
                    raise AssertionError(line)
            begun += json.loads(line)[0] not in ("begin", "search")
        return begun

    def check(self, store: SqliteStore, face_set: FaceSet) -> None:
        """Compares, and takes what is found for what is expected from now on."""
        faces = {face.face_id: face for face in store.faces(face_set, 0, 10**9)}
        assert set(self.seeds) - self.may_be_gone <= set(faces)
        for face_id in self.may_be_gone - set(faces):
            del self.seeds[face_id]
        unsaid = [face for face_id, face in faces.items() if face_id not in self.seeds]
        while unsaid:  # additions that were made, but whose answer was cut off
            [group] = [
                seeds for seeds in self.may_be_new if unsaid[0].external_fields["floor"] == seeds[0]
            ]
            here, unsaid = unsaid[: len(group)], unsaid[len(group) :]
            assert [face.external_fields["floor"] for face in here] == list(group)
            self.seeds.update((face.face_id, seed) for face, seed in zip(here, group, strict=True))
            self.stamps.update((face.face_id, {None}) for face in here)
        for face_id, seed in self.seeds.items():
            stamp = faces[face_id].external_fields.get("stamp")
            assert stamp in self.stamps[face_id]
            self.stamps[face_id] = {stamp} if isinstance(stamp, int) else {None}
            assert faces[face_id].external_fields["floor"] == seed
            np.testing.assert_array_equal(store.template(face_set, face_id).vector, vector(seed))
        self.may_be_gone, self.may_be_new = set(), []


def start(path: Path, seed: int, writes: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.storage.writing_process", path, str(seed), str(writes)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def said_before_kill(process: "subprocess.Popen[str]", seconds: float) -> Iterator[str]:
    """What the process says from now on; after its first word it has ``seconds`` to live."""
    assert process.stdout is not None
    yield process.stdout.readline()
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    yield from process.stdout
    process.wait()
    process.stdout.close()


def nothing_half_written(path: Path) -> None:
    connection = sqlite3.connect(path)

    def one(sql: str) -> int | str:
        [value] = connection.execute(sql).fetchone()
        assert isinstance(value, int | str)
        return value

    assert one("PRAGMA integrity_check") == "ok"
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    bare = "SELECT count(*) FROM face LEFT JOIN template USING (face_key) WHERE vector IS NULL"
    assert one(bare) == 0
    assert one("SELECT count(*) FROM template") == one("SELECT count(*) FROM face")
    assert one("SELECT face_number FROM face_set") == one("SELECT count(*) FROM face")
    latest = "SELECT max(revision) FROM face_change WHERE face_change.face_key = face.face_key"
    unlogged = f"SELECT count(*) FROM face WHERE revision IS NOT ({latest})"  # noqa: S608
    assert one(unlogged) == 0
    assert one("SELECT revision FROM face_set") == one(
        "SELECT coalesce(max(revision), 0) FROM face_change"
    )
    connection.close()


def everything(store: SqliteStore, face_set: FaceSet) -> list[FaceChange]:
    return changes_of(store.changes(face_set, 0).blocks)


def index_equals_store(mirror: Mirror, face_set: FaceSet, whole: Sequence[FaceChange]) -> None:
    """Every face with its client data and template, as the slow obvious search finds it."""
    somewhere = Not(Equals("floor", -1))
    for probe in (vector(1), vector(2)):
        hits = mirror.search(face_set, probe, len(whole) + 1, somewhere)
        assert [(hit.face.face_key, hit.score) for hit in hits] == slowly.best(
            whole, probe, len(whole) + 1, somewhere
        )
        stored = {change.face.face_key: change.face for change in whole}
        assert all(hit.face == stored[hit.face.face_key] for hit in hits)
    for change in whole[-20:]:
        for name, value in change.face.external_fields.items():
            assert change.face.face_key in mirror.select(face_set, Equals(name, value))[0]


def test_killed_writers_lose_nothing_they_acknowledged_and_halve_nothing(path: Path) -> None:
    """Kills in mixed load; one mirror watches all of it from outside, by the log of changes."""
    watching = Database(path)
    add_project(watching)
    store = SqliteStore(watching, lambda: NOON)
    face_set = make_face_set(store)
    watcher = Mirror(store, QuantisedIndex, DIMENSION)
    dice = random.Random()
    expected = Expected()
    acknowledged = 0
    for number in range(ROUNDS):
        processes = [start(path, dice.randrange(10**9), 0) for _ in range(1 + number % 2)]
        said = [said_before_kill(process, dice.uniform(0.0, 0.3)) for process in processes]
        for process, lines in zip(processes, said, strict=True):
            acknowledged += expected.follow(list(lines))
            assert process.returncode == -signal.SIGKILL
        database = Database(path)
        restarted = SqliteStore(database, lambda: NOON)
        expected.check(restarted, face_set)
        whole = everything(restarted, face_set)
        index_equals_store(Mirror(restarted, QuantisedIndex, DIMENSION), face_set, whole)
        index_equals_store(watcher, face_set, whole)
        database.close()
        nothing_half_written(path)
    watching.close()
    assert acknowledged > ROUNDS


def test_two_processes_write_one_file(path: Path) -> None:
    database = Database(path)
    add_project(database)
    store = SqliteStore(database, lambda: NOON)
    face_set = make_face_set(store)
    processes = [start(path, seed, 40) for seed in (1, 2)]
    expected = Expected()
    writes = 0
    for process in processes:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        writes += expected.follow(output.splitlines(keepends=True))
    assert writes == 2 * 4 * 40
    expected.check(store, face_set)
    assert 0 < store.revision(face_set) <= writes  # what waits together is one step
    assert store.face_set(PROJECT, "staff").face_number == len(expected.seeds)
    database.close()
    nothing_half_written(path)
