"""``openfrs check``: silent where all is well, and each planted fault is told in words."""

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openfrs.domain.faces import Hit, Vector
from openfrs.domain.ports import FaceIndex
from openfrs.domain.query import Filter
from openfrs.index.quantised import QuantisedIndex
from openfrs.storage.faces import SqliteStore
from openfrs.testing import TestService
from openfrs.upkeep.index_check import index_faults
from tests.api.calls import RED, add
from tests.storage.samples import enrolment, make_face_set
from tests.upkeep.conftest import CommandLine

ONE = "(SELECT min(face_key) FROM face)"

PLANTED = {
    "DELETE FROM template WHERE face_key = " + ONE: "has no template",
    "INSERT INTO template VALUES (999, zeroblob(64))": "belongs to no face",
    f"UPDATE face SET face_set_key = 77 WHERE face_key = {ONE}": "belongs to face set number 77",
    "UPDATE face_set SET face_number = 8": "counts 8 faces and holds 3",
    "UPDATE face_set SET revision = 1": "has got no further than 1",
    f"UPDATE face SET enrolled = 9 WHERE face_key = {ONE}": "after it was last written",
    "UPDATE face_set SET pruned = 99": "has forgotten face set staff up to revision 99",
    "INSERT INTO face_change VALUES (1, 99, 1)": "goes on to revision 99",
    "DELETE FROM face_change": "does not tell of face",
    "INSERT INTO face_change VALUES (55, 1, 1)": "tells of face set number 55",
    "UPDATE face SET width = 0": "has a box of 0 by",
    "UPDATE face_set SET retention_days = 0": "for 0 days",
    "DELETE FROM enrolment_times": "stands 0 times",
    f"UPDATE template SET vector = zeroblob(60) WHERE face_key = {ONE}": "60 bytes instead of 64",
    f"UPDATE template SET vector = zeroblob(64) WHERE face_key = {ONE}": "no unit vector",
    f"UPDATE template SET vector = X'{'ff' * 64}' WHERE face_key = {ONE}": "no unit vector",
    f"UPDATE face SET external_fields = 'x' WHERE face_key = {ONE}": "external_fields of face",
    f"UPDATE face SET external_fields = '[]' WHERE face_key = {ONE}": "external_fields of face",
    """UPDATE face SET external_fields = '{"floor":"up"}'""": "external_fields of face",
    """UPDATE face SET external_fields = '{"of":1}'""": "external_fields of face",
    "UPDATE face_set SET schema = '[1]'": "fields of face set staff",
    "UPDATE face_set SET project_id = 'nobody'": "face_set refers to a project",
    "PRAGMA user_version = 3": "version 3",
}


def plant(data_dir: Path, *statements: str) -> None:
    connection = sqlite3.connect(data_dir / "openfrs.db")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def faults(command: CommandLine, *words: str) -> dict[str, list[str]]:
    """What is told of each area. The pack is left out: there is none for the fake engine."""
    told = command.json("check", *words, fails=True)
    assert not told["sound"]
    return {area["area"]: area["faults"] for area in told["areas"]}


def test_all_is_well_beside_a_running_server(command: CommandLine) -> None:
    told = faults(command)
    assert (told["store"], told["index"], told["key"]) == ([], [], [])
    printed = command.run("check", fails=True)
    assert "openfrs models pull default" in printed


@pytest.mark.models
def test_a_sound_installation_with_its_pack_ends_with_status_0(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from openfrs.app import first_start
    from openfrs.settings import load_settings

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "openfrs.toml").write_text(f'models_dir = "{models_dir}"\n')
    first_start(load_settings(tmp_path / "data"))
    told = CommandLine(tmp_path / "data").json("check")
    assert told["sound"]
    assert [area["area"] for area in told["areas"]] == ["store", "index", "key", "packs"]


@pytest.mark.parametrize(("statement", "words"), PLANTED.items())
def test_a_fault_in_the_store_is_told(
    service: TestService, command: CommandLine, statement: str, words: str
) -> None:
    service.openfrs.close()
    plant(command.data_dir, statement)
    told = faults(command)
    assert any(words in fault for fault in told["store"]), told
    assert set(told) == {"store"}  # what rests on it is not looked at


def test_many_faults_of_a_kind_are_not_all_told(service: TestService, command: CommandLine) -> None:
    for _ in range(8):
        add(service, RED)
    service.openfrs.close()
    plant(
        command.data_dir, "UPDATE face SET width = 0", "UPDATE template SET vector = zeroblob(64)"
    )
    told = faults(command)["store"]
    assert sum("a box of" in fault for fault in told) == 6
    assert any("there are more such" in fault for fault in told)
    assert any("11 faces in all" in fault for fault in told)


def test_damaged_pages_are_told(service: TestService, command: CommandLine) -> None:
    service.openfrs.close()
    path = command.data_dir / "openfrs.db"
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 16] = b"\x55" * 16
    path.write_bytes(content)
    told = faults(command)["store"]
    assert any("damaged" in fault or "cannot be read" in fault for fault in told)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "openfrs.db").write_bytes(b"something else" * 1000)
    told = faults(CommandLine(tmp_path / "data"))
    assert "cannot be read" in told["store"][0]


def test_a_key_file_that_is_missing_or_another_one_is_told(
    service: TestService, command: CommandLine
) -> None:
    path = command.data_dir / "secret.key"
    path.write_bytes(b"k" * 32)
    assert "another secret.key" in faults(command)["key"][0]
    path.unlink()
    assert "is missing" in faults(command)["key"][0]
    assert not path.exists()


def test_a_face_set_of_another_pack_is_told(command: CommandLine) -> None:
    assert any("templates of fake@1" in fault for fault in faults(command)["packs"])


def test_the_index_may_be_left_out(command: CommandLine) -> None:
    assert set(faults(command, "--without-index")) == {"store", "key", "packs"}


class Forgetful(QuantisedIndex):
    """Leaves one face of each search out."""

    def search(
        self, probe: Vector, top_n: int, where: Filter | None = None, *, at_least: float = -1e9
    ) -> list[Hit]:
        return list(super().search(probe, top_n, where, at_least=at_least))[1:]


class Careless(QuantisedIndex):
    """Lets every face match every filter."""

    def select(self, where: Filter) -> frozenset[int]:
        return super().select(where) | {10**6}


class Confused(QuantisedIndex):
    """Shows the second face as the first."""

    def search(
        self, probe: Vector, top_n: int, where: Filter | None = None, *, at_least: float = -1e9
    ) -> list[Hit]:
        hits = list(super().search(probe, top_n, where, at_least=at_least))
        return [Hit(hits[-1].face, hit.score) for hit in hits]


class Empty(QuantisedIndex):
    """Keeps nothing."""

    def fill(self, block: object) -> None:
        """Passes over what it is given."""


@pytest.mark.parametrize(
    ("make_index", "words"),
    [
        (Forgetful, "misses faces"),
        (Careless, "a filter on"),
        (Confused, "another's score"),
        (Empty, "holds 0 of 40 faces"),
    ],
)
def test_an_index_that_answers_wrongly_is_found(
    tmp_path: Path, make_index: Callable[..., FaceIndex], words: str
) -> None:
    store, face_set = filled(tmp_path)
    assert list(index_faults(store, face_set, QuantisedIndex, random.Random(1))) == []
    told = list(index_faults(store, face_set, make_index, random.Random(1)))
    assert any(words in fault for fault in told), told


def filled(directory: Path) -> tuple[SqliteStore, Any]:
    """Forty faces, some of one template, in a store that the test's end closes with the process."""
    from openfrs.storage.database import Database
    from tests.storage.samples import NOON, add_project

    database = Database(directory / "openfrs.db")
    add_project(database)
    store = SqliteStore(database, lambda: NOON)
    face_set = make_face_set(store)
    store.add_faces(
        face_set,
        [
            enrolment(
                seed % 30,
                {"floor": seed, "name": f"n{seed}", "ratio": seed / 3, "active": seed % 2 == 0},
            )
            for seed in range(40)
        ],
    )
    return store, face_set
