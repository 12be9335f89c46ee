"""Faces are erased when their time has come: by the server, by one of several, and on demand."""

import signal
import sqlite3
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openfrs.cli.commands import application
from openfrs.domain.errors import FaceSetNotFound
from openfrs.operations.retention import erase_expired
from openfrs.storage import faces as faces_module
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from openfrs.testing import TestService
from openfrs.upkeep.retention_worker import RetentionWorker
from tests.api.calls import code_of, listed, make_set, search
from tests.storage.samples import NOON, PROJECT, add_project, enrolment, make_face_set
from tests.upkeep.conftest import CommandLine
from tests.upkeep.test_under_load import start


def age(command: CommandLine, days: float, face_id: str) -> None:
    """Makes a face as old as that."""
    connection = sqlite3.connect(command.data_dir / "openfrs.db")
    connection.execute(
        "UPDATE face SET enrolled_at = enrolled_at - ? WHERE face_id = ?",
        (int(days * 86400), face_id),
    )
    connection.commit()
    connection.close()


def test_faces_older_than_the_days_of_their_set_go_and_mirrors_follow(
    service: TestService, command: CommandLine
) -> None:
    old, *young = [face["face_id"] for face in listed(service)]
    assert len(search(service, face_id=young[0], top_n=10)) == 3
    age(command, 31, old)
    assert command.json("retention", "run") == []
    command.run("retention", "set", "staff", "30")
    assert command.json("retention", "run") == [{"face_set_name": "staff", "erased": 1}]
    assert [face["face_id"] for face in listed(service)] == young
    assert {face["face_id"] for face in search(service, face_id=young[0], top_n=10)} == set(young)
    assert command.json("retention", "run") == [{"face_set_name": "staff", "erased": 0}]


def test_an_update_makes_no_face_younger(service: TestService, command: CommandLine) -> None:
    old = listed(service)[0]["face_id"]
    age(command, 31, old)
    service.client.put(
        service.path("face-sets/staff/faces"),
        json={"face_id": old, "external_fields": {"floor": 9}},
    )
    command.run("retention", "set", "staff", "30")
    assert "1 faces erased" in command.run("retention", "run")


def test_the_days_are_set_shown_and_switched_off(command: CommandLine) -> None:
    assert "until they are deleted" in command.run("retention", "show")
    command.run("retention", "set", "staff", "30")
    [row] = command.json("retention", "show")
    assert (row["face_set_name"], row["faces"], row["retention_days"]) == ("staff", 3, 30)
    command.run("retention", "set", "staff", "off")
    assert "retention_days" not in command.json("retention", "show")[0]


@pytest.mark.parametrize("days", ["0", "-1", "36501", "many", "1.5"])
def test_other_days_are_refused(command: CommandLine, days: str) -> None:
    words = ("retention", "set", "staff", *(("--",) if days.startswith("-") else ()), days)
    before = command.json("retention", "show")
    result = CliRunner().invoke(
        application(), ["retention", "set", "--data-dir", str(command.data_dir), *words[2:]]
    )
    assert result.exit_code == 1
    assert "days" in result.stderr
    assert command.json("retention", "show") == before


def test_a_new_set_may_have_days_that_no_answer_shows(
    service: TestService, command: CommandLine
) -> None:
    answer = make_set(service, "visitors", retention_days=7)
    assert answer.status_code == 200
    assert "retention_days" not in answer.json()["face_set_info"]
    shown = service.client.get(service.path("face-sets/visitors")).json()["face_set_info"]
    assert "retention_days" not in shown
    rows = {
        row["face_set_name"]: row.get("retention_days") for row in command.json("retention", "show")
    }
    assert rows == {"staff": None, "visitors": 7}


@pytest.mark.parametrize("days", [0, -3, 36501, "many", 1.5, True])
def test_a_new_set_with_other_days_is_refused(service: TestService, days: object) -> None:
    assert code_of(make_set(service, "visitors", retention_days=days)) == "FRS.0012"


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    database = Database(tmp_path / "openfrs.db")
    add_project(database)
    return SqliteStore(database, lambda: NOON)


def test_the_last_moment_is_still_kept(store: SqliteStore) -> None:
    face_set = make_face_set(store)
    store.add_faces(face_set, [enrolment(1)])
    store.set_retention(face_set, 10)
    now = NOON.replace(microsecond=0) + timedelta(days=10)
    assert [one.faces for one in erase_expired(store, now)] == [0]
    assert [one.faces for one in erase_expired(store, now + timedelta(seconds=1))] == [1]
    assert store.face_set(PROJECT, "staff").face_number == 0


def test_many_faces_go_in_portions(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openfrs.operations.retention.FACES_AT_ONCE", 3)
    monkeypatch.setattr(faces_module, "DELETED_AT_ONCE", 2)
    face_set = make_face_set(store)
    store.add_faces(face_set, [enrolment(seed) for seed in range(10)])
    store.set_retention(face_set, 1)
    assert [one.faces for one in erase_expired(store, NOON + timedelta(days=2))] == [10]


def test_a_set_that_is_gone_has_no_days(store: SqliteStore) -> None:
    face_set = make_face_set(store)
    store.delete_face_set(face_set)
    with pytest.raises(FaceSetNotFound):
        store.set_retention(face_set, 1)


def until_empty(store: SqliteStore) -> None:
    give_up = time.monotonic() + 30
    while store.face_set(PROJECT, "staff").face_number:
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_one_worker_of_several_erases_at_its_start_and_another_takes_its_place(
    store: SqliteStore, tmp_path: Path
) -> None:
    face_set = make_face_set(store)
    store.set_retention(face_set, 1)
    store.add_faces(face_set, [enrolment(1)])

    def later() -> datetime:
        return NOON + timedelta(days=2)

    first = RetentionWorker(store, tmp_path, later, period=0.02)
    until_empty(store)
    second = RetentionWorker(store, tmp_path, later, period=0.02)
    first.close()
    store.add_faces(face_set, [enrolment(2)])
    until_empty(store)
    second.close()
    store.add_faces(face_set, [enrolment(3)])
    assert store.face_set(PROJECT, "staff").face_number == 1


def test_a_server_erases_at_its_start(service: TestService, command: CommandLine) -> None:
    old, *young = [face["face_id"] for face in listed(service)]
    age(command, 31, old)
    command.run("retention", "set", "staff", "30")
    process = start(command.data_dir)
    assert process.stdout is not None
    try:
        give_up = time.monotonic() + 60
        while [face["face_id"] for face in listed(service)] != young:
            assert time.monotonic() < give_up
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()
