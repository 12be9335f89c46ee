"""``openfrs erase``: the faces are gone, and the report says so only where they are."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.domain.errors import NothingToDelete
from openfrs.domain.query import Equals
from openfrs.index.quantised import QuantisedIndex
from openfrs.operations.mirror import Mirror
from openfrs.storage.traces import Traces
from openfrs.testing import TestService
from openfrs.upkeep.byte_scan import count_pieces, places
from openfrs.upkeep.erasure import Eraser
from tests.api.calls import RED, add, listed, make_set, search, text
from tests.storage.samples import NOON, vector
from tests.upkeep.conftest import CommandLine


def looks(report: dict[str, Any]) -> dict[str, bool]:
    return {Path(look["where"]).name: look["as_it_must_be"] for look in report["looks"]}


def template_of(service: TestService, face_id: str) -> bytes:
    store = service.openfrs.services.faces
    face_set = service.openfrs.services.face_sets.face_set(service.established.project_id, "staff")
    return store.template(face_set, face_id).vector.tobytes()


def files(command: CommandLine) -> list[Path]:
    return [command.data_dir / "openfrs.db", command.data_dir / "openfrs.db-wal"]


def test_a_face_is_erased_beside_a_running_server_and_proven_to_be(
    service: TestService, command: CommandLine
) -> None:
    gone, *kept = [face["face_id"] for face in listed(service)]
    search(service, face_id=gone)
    template = template_of(service, gone)
    assert sum(places(files(command), [template]).values()) > 0
    report = command.json("erase", "--face-set", "staff", "--face-id", gone)
    assert report["proven"]
    assert report["face_ids"] == [gone]
    assert all(looks(report).values())
    assert set(looks(report)) == {
        "rows of the faces",
        "rows of their templates",
        "the log of changes",
        "the write-ahead log",
        "openfrs.db",
        "openfrs.db-wal",
        "searches of a new index with each template",
        "thumbnails in their store",
    }
    assert sum(places(files(command), [template]).values()) == 0
    assert [face["face_id"] for face in listed(service)] == kept
    assert gone not in {face["face_id"] for face in search(service, face_id=kept[0])}


@pytest.mark.parametrize(
    "words", [("--external-image-id", "image-1"), ("--filter", "floor:[1 TO 1]")]
)
def test_faces_are_erased_by_what_they_carry(
    service: TestService, command: CommandLine, words: tuple[str, str]
) -> None:
    printed = command.run("erase", "--face-set", "staff", *words)
    assert "Erased 1 faces of staff" in printed
    assert "LEFT" not in printed
    assert {face["external_image_id"] for face in listed(service)} == {"image-0", "image-2"}


def test_a_template_that_another_face_has_too_is_told_and_not_taken_for_a_trace(
    service: TestService, command: CommandLine
) -> None:
    [twin] = add(service, RED)
    report = command.json("erase", "--face-set", "staff", "--face-id", twin["face_id"])
    assert report["proven"]
    assert any("still enrolled" in look["found"] for look in report["looks"])


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--face-set", "staff", "--face-id", "nobody00"), "has no face nobody00"),
        (("--face-set", "staff", "--external-image-id", "nobody"), "has no face nobody"),
        (("--face-set", "staff", "--filter", "badge:b7"), "has no face badge:b7"),
        (("--face-set", "other", "--face-id", "x"), "no face set is called other"),
        (("--face-set", "staff", "--face-id", "x", "--project", "y"), "no project is called y"),
        (("--face-set", "staff", "--filter", "floor:["), "filter"),
        (
            (
                "--face-set",
                "staff",
            ),
            "give one of",
        ),
        (("--face-set", "staff", "--face-id", "x", "--filter", "floor:1"), "give one of"),
    ],
)
def test_what_cannot_be_erased_is_said(
    service: TestService, command: CommandLine, words: tuple[str, ...], reason: str
) -> None:
    assert reason in command.run("erase", *words, fails=True)
    assert len(listed(service)) == 3


def eraser(service: TestService, command: CommandLine, *, rewrite: bool = False) -> Eraser:
    store: Any = service.openfrs.store
    return Eraser(
        command.data_dir,
        store,
        Traces(service.openfrs.database, command.data_dir / "openfrs.db"),
        lambda dimension: Mirror(store, QuantisedIndex, dimension),
        lambda: NOON,
        thumbnails=None,
        rewrite=rewrite,
    )


def test_a_filter_that_matches_nothing_erases_nothing(
    service: TestService, command: CommandLine
) -> None:
    face_set = service.openfrs.services.face_sets.face_set(service.established.project_id, "staff")
    with pytest.raises(NothingToDelete):
        eraser(service, command).by_filter(face_set, Equals("floor", 77))


@pytest.fixture
def pictured(service: TestService) -> str:
    """The id of a face whose thumbnail lies in its store."""
    made = make_set(service, "pictured", thumbnails=True)
    assert made.status_code == 200
    answer = service.client.post(
        service.path("face-sets/pictured/faces"), json={"image_base64": text(RED)}
    )
    service.openfrs.thumbnail_keeper.settle()
    return str(answer.json()["faces"][0]["face_id"])


def test_a_thumbnail_goes_with_its_face(
    pictured: str, service: TestService, command: CommandLine
) -> None:
    objects = service.openfrs.services.thumbnails.objects
    assert len(list(objects.keys())) == 1
    report = command.json("erase", "--face-set", "pictured", "--face-id", pictured)
    assert report["proven"]
    assert report["looks"][-1]["found"] == "0 of 1 objects"
    assert list(objects.keys()) == []


def test_a_store_of_thumbnails_that_is_away_is_told(
    pictured: str, service: TestService, command: CommandLine
) -> None:
    service.openfrs.thumbnail_keeper.close()  # or its warning may get into the command's output
    directory = command.data_dir / "thumbnails"
    directory.rename(command.data_dir / "elsewhere")
    directory.touch()
    report = command.json("erase", "--face-set", "pictured", "--face-id", pictured, fails=True)
    assert not report["proven"]
    assert not looks(report)["thumbnails in their store"]
    assert "1 to erase as soon as" in report["looks"][-1]["found"]


def test_stray_bytes_are_told_and_gone_when_the_file_is_built_anew(
    service: TestService, command: CommandLine
) -> None:
    """A copy of a template, in a page that nothing uses, is put there by a careless connection."""
    import sqlite3

    one, two, _ = [face["face_id"] for face in listed(service)]
    path = command.data_dir / "openfrs.db"
    careless = sqlite3.connect(path, isolation_level=None)
    careless.execute("PRAGMA secure_delete = OFF")
    for face_id in (one, two):
        careless.execute("CREATE TABLE stray (bytes BLOB)")
        careless.execute("INSERT INTO stray VALUES (?)", [template_of(service, face_id)])
        careless.execute("DROP TABLE stray")
    careless.close()
    told = command.json("erase", "--face-set", "staff", "--face-id", two, fails=True)
    assert not looks(told)["openfrs.db"]
    assert any("--rewrite" in look["found"] for look in told["looks"])
    careless = sqlite3.connect(path, isolation_level=None)
    careless.execute("PRAGMA secure_delete = OFF")
    careless.execute("CREATE TABLE stray (bytes BLOB)")
    careless.execute("INSERT INTO stray VALUES (?)", [template_of(service, one)])
    careless.execute("DROP TABLE stray")
    careless.close()
    assert command.json("erase", "--face-set", "staff", "--face-id", one, "--rewrite")["proven"]
    assert len(listed(service)) == 1


def test_a_log_that_a_reader_holds_is_told(
    service: TestService, command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openfrs.upkeep.erasure.PATIENCE", 0.2)
    gone = listed(service)[0]["face_id"]
    with service.openfrs.database.read() as connection:
        connection.execute("SELECT count(*) FROM face").fetchone()
        report = command.json("erase", "--face-set", "staff", "--face-id", gone, fails=True)
    assert not looks(report)["the write-ahead log"]
    assert not looks(report)["openfrs.db-wal"]


@given(st.integers(0, 600), st.integers(0, 100), st.integers(23, 64))
def test_any_23_bytes_of_a_template_are_found_wherever_they_stand(
    offset: int, start: int, length: int
) -> None:
    import tempfile

    template = vector(3, 128).tobytes()
    noise = random.Random(offset).randbytes(700)
    with tempfile.NamedTemporaryFile() as file:
        file.write(noise[:offset] + template[start : start + length] + noise[offset:])
        file.flush()
        assert count_pieces(Path(file.name), [vector(4, 128).tobytes(), template]) > 0


def test_a_piece_across_two_parts_of_a_file_is_found_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openfrs.upkeep.byte_scan.CHUNK", 64)
    template = np.arange(1, 5, dtype="<f4").tobytes()
    for offset in range(40, 70):
        (tmp_path / "file").write_bytes(bytes(offset) + template + bytes(100))
        assert count_pieces(tmp_path / "file", [template]) == 1
    assert count_pieces(tmp_path / "absent", [template]) == 0
