"""The audit log: nothing written without its entry, and no entry changed unseen."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openfrs.domain.audit import Record, Touched, on_behalf_of
from openfrs.domain.audit_chain import Head, link, seal
from openfrs.domain.errors import FaceNotFound
from openfrs.domain.faces import FaceUpdate
from openfrs.storage.audit_history import AuditHistory, Wanted
from openfrs.storage.audit_log import AuditLog, read_head
from openfrs.storage.audit_trail import AuditTrail
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from tests.storage.audited import KEY, audit_log, deed, keep_log
from tests.storage.samples import NOON, add_project, enrolment, make_face_set

ROOT = Path(__file__).parents[2]
ENTRIES = 6


@contextmanager
def opened(path: Path) -> Iterator[tuple[Database, SqliteStore, AuditHistory]]:
    with closing(Database(path / "openfrs.db")) as database:
        log = keep_log(database)
        yield database, SqliteStore(database, lambda: NOON), AuditHistory(database, log)


@pytest.fixture
def audited(tmp_path: Path) -> Iterator[tuple[Database, SqliteStore, AuditHistory]]:
    with opened(tmp_path) as found:
        add_project(found[0])
        yield found


Audited = tuple[Database, SqliteStore, AuditHistory]


def fill(database: Database, log: AuditLog, number: int = ENTRIES) -> None:
    for place in range(number):
        record = Record(deed(f"request-{place}").act, Touched("staff", [f"face{place}"], 1))
        database.write(partial(_append, log, record))


def _append(log: AuditLog, record: Record, connection: sqlite3.Connection) -> None:
    log.append(connection, [record])


def test_a_write_and_its_entry_are_one_transaction(audited: Audited) -> None:
    database, store, history = audited
    face_set = make_face_set(store)  # on nobody's behalf
    before = database.commits
    with on_behalf_of(deed("r-1", "AddFaces")):
        faces = store.add_faces(face_set, [enrolment(1), enrolment(2)])
    with on_behalf_of(deed("r-2")):
        store.update_face(face_set, faces[0].face_id, FaceUpdate("other", {"floor": 9}))
    assert database.commits == before + 2
    first, second = history.entries(Wanted())
    assert first == {
        "number": 1,
        "time": "2026-11-23T12:00:00.250000Z",
        "actor": "token",
        "user": "ann",
        "operation": "AddFaces",
        "face_set": "staff",
        "faces": [face.face_id for face in faces],
        "count": 2,
        "status": 200,
        "request_id": "r-1",
    }
    assert (second["request_id"], second["faces"]) == ("r-2", [faces[0].face_id])
    assert history.verify()[1] is None


def test_what_was_refused_is_not_told_as_done(audited: Audited) -> None:
    _, store, history = audited
    face_set = make_face_set(store)
    refused = deed()
    with on_behalf_of(refused), pytest.raises(FaceNotFound):
        store.update_face(face_set, "Zx81mQpL", FaceUpdate(None, {}))
    assert not refused.recorded
    assert list(history.entries(Wanted())) == []


def test_where_the_entry_cannot_be_written_nothing_is(audited: Audited) -> None:
    database, store, _ = audited
    face_set = make_face_set(store)
    database.write(lambda connection: connection.execute("DROP TABLE audit_head"))
    with on_behalf_of(deed()), pytest.raises(sqlite3.OperationalError, match="nothing is stored"):
        store.add_faces(face_set, [enrolment(1)])
    assert store.faces(face_set, 0, 10) == []


def test_many_writers_of_several_processes_make_one_chain(tmp_path: Path) -> None:
    with opened(tmp_path) as (database, store, history), opened(tmp_path) as (_, other, _):
        add_project(database)
        face_set = make_face_set(store)

        def add(number: int) -> None:
            with on_behalf_of(deed(f"r-{number}", "AddFaces")):
                (store, other)[number % 2].add_faces(face_set, [enrolment(number)])

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(add, range(200)))
        entries = list(history.entries(Wanted()))
        assert {entry["request_id"] for entry in entries} == {f"r-{n}" for n in range(200)}
        assert history.verify()[1] is None


def test_every_acknowledged_write_has_its_entry_after_a_kill(tmp_path: Path) -> None:
    with opened(tmp_path) as (database, store, history):
        add_project(database)
        make_face_set(store)
        acknowledged: dict[str, str] = {}
        for rounds in range(3):
            processes = [
                subprocess.Popen(
                    [
                        *(sys.executable, "-m", "tests.storage.audited_process"),
                        *(str(tmp_path / "openfrs.db"), f"{rounds}-{number}"),
                    ],
                    cwd=ROOT,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                for number in range(2)
            ]
            for process in processes:
                assert process.stdout is not None
                lines = [process.stdout.readline() for _ in range(40)]
                os.kill(process.pid, signal.SIGKILL)
                lines += process.stdout.readlines()
                process.wait()
                process.stdout.close()
                whole = (line.split() for line in lines if line.endswith("\n"))
                acknowledged.update((request, face) for request, face in whole)
            assert history.verify()[1] is None
        recorded = {entry["request_id"]: entry["faces"] for entry in history.entries(Wanted())}
        assert len(acknowledged) >= 240
        assert {request: [face] for request, face in acknowledged.items()}.items() <= (
            recorded.items()
        )


@pytest.fixture(scope="module")
def whole_log(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[sqlite3.Connection, AuditHistory]]:
    """A log, and a connection of somebody who can write to the file and has not the key."""
    directory = tmp_path_factory.mktemp("log")
    with (
        opened(directory) as (database, _, history),
        closing(sqlite3.connect(directory / "openfrs.db", isolation_level=None)) as intruder,
    ):
        fill(database, audit_log())
        yield intruder, history


Change = Callable[[sqlite3.Connection, st.DataObject], object]
numbers = st.integers(1, ENTRIES)


def other_text(text: str, data: st.DataObject) -> str:
    """The text with one character changed, added or taken away."""
    place = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(place, place + 1))
    middle = data.draw(st.text('abcdef0123456789,:"{} ', max_size=1))
    changed = text[:place] + middle + text[end:]
    return changed if changed != text else text + " "


def edit(column: str) -> Change:
    def change(connection: sqlite3.Connection, data: st.DataObject) -> None:
        number = data.draw(numbers)
        [text] = connection.execute(
            f"SELECT {column} FROM audit_entry WHERE number = ?",  # noqa: S608
            (number,),
        ).fetchone()
        connection.execute(
            f"UPDATE audit_entry SET {column} = ? WHERE number = ?",  # noqa: S608
            (other_text(text, data), number),
        )

    return change


def remove(connection: sqlite3.Connection, data: st.DataObject) -> None:
    connection.execute("DELETE FROM audit_entry WHERE number = ?", (data.draw(numbers),))


def renumber(connection: sqlite3.Connection, data: st.DataObject) -> None:
    new = data.draw(st.integers(-3, 0) | st.integers(ENTRIES + 1, ENTRIES + 9))
    connection.execute(
        "UPDATE audit_entry SET number = ? WHERE number = ?", (new, data.draw(numbers))
    )


def swap(connection: sqlite3.Connection, data: st.DataObject) -> None:
    one = data.draw(numbers)
    two = data.draw(numbers.filter(lambda number: number != one))
    rows = {
        number: (entry, digest)
        for number, entry, digest in connection.execute(
            "SELECT number, entry, hash FROM audit_entry"
        )
    }
    for number, other in ((one, two), (two, one)):
        connection.execute(
            "UPDATE audit_entry SET entry = ?, hash = ? WHERE number = ?", (*rows[other], number)
        )


def cut_off(connection: sqlite3.Connection, data: st.DataObject) -> None:
    """Removes the end, and says that the log ended there all along."""
    last = data.draw(st.integers(0, ENTRIES - 1))
    connection.execute("DELETE FROM audit_entry WHERE number > ?", (last,))
    row = connection.execute("SELECT hash FROM audit_entry WHERE number = ?", (last,)).fetchone()
    connection.execute(
        "UPDATE audit_head SET last = ?, hash = ?", (last, row[0] if row else Head().hash)
    )


def cut_off_the_beginning(connection: sqlite3.Connection, data: st.DataObject) -> None:
    first = data.draw(st.integers(2, ENTRIES))
    [anchor] = connection.execute(
        "SELECT hash FROM audit_entry WHERE number = ?", (first - 1,)
    ).fetchone()
    connection.execute("DELETE FROM audit_entry WHERE number < ?", (first,))
    connection.execute("UPDATE audit_head SET first = ?, anchor = ?", (first, anchor))


def rewrite(connection: sqlite3.Connection, data: st.DataObject) -> None:
    """Changes an entry and every hash from there on, as somebody without the key can."""
    number = data.draw(numbers)
    head, _ = read_head(connection)
    previous = head.anchor
    for place, text in connection.execute(
        "SELECT number, entry FROM audit_entry ORDER BY number"
    ).fetchall():
        new = text.replace('"ann"', '"bob"') if place == number else text
        previous = link(previous, new)
        connection.execute(
            "UPDATE audit_entry SET entry = ?, hash = ? WHERE number = ?", (new, previous, place)
        )
    forged = replace(head, hash=previous)
    wrong = seal(data.draw(st.binary(min_size=32, max_size=32).filter(lambda k: k != KEY)), forged)
    connection.execute("UPDATE audit_head SET hash = ?, seal = ?", (previous, wrong))


def add_one(connection: sqlite3.Connection, data: st.DataObject) -> None:
    """Adds an entry that fits the chain, with or without saying so in the head."""
    head, _ = read_head(connection)
    text = f'{{"number":{ENTRIES + 1},"status":200}}'
    digest = link(head.hash, text)
    connection.execute("INSERT INTO audit_entry VALUES (?, ?, ?)", (ENTRIES + 1, text, digest))
    if data.draw(st.booleans()):
        connection.execute("UPDATE audit_head SET last = last + 1, hash = ?", (digest,))


def change_head(connection: sqlite3.Connection, data: st.DataObject) -> None:
    column = data.draw(st.sampled_from(["anchor", "hash", "seal", "first", "last"]))
    [value] = connection.execute(f"SELECT {column} FROM audit_head").fetchone()  # noqa: S608
    new = (
        data.draw(st.integers(-2, 20).filter(lambda number: number != value))
        if isinstance(value, int)
        else other_text(value, data)
    )
    connection.execute(f"UPDATE audit_head SET {column} = ?", (new,))  # noqa: S608


CHANGES: list[Change] = [
    edit("entry"),
    edit("hash"),
    remove,
    renumber,
    swap,
    cut_off,
    cut_off_the_beginning,
    rewrite,
    add_one,
    change_head,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_single_change_is_found(
    whole_log: tuple[sqlite3.Connection, AuditHistory], change: Change, data: st.DataObject
) -> None:
    intruder, history = whole_log
    rows = intruder.execute("SELECT * FROM audit_entry").fetchall()
    head = intruder.execute("SELECT * FROM audit_head").fetchone()
    assert history.verify()[1] is None
    try:
        change(intruder, data)
        assert history.verify()[1] is not None
    finally:
        intruder.execute("DELETE FROM audit_entry")
        intruder.execute("DELETE FROM audit_head")
        intruder.executemany("INSERT INTO audit_entry VALUES (?, ?, ?)", rows)
        intruder.execute("INSERT INTO audit_head VALUES (?, ?, ?, ?, ?, ?)", head)


def test_the_first_broken_entry_is_named(audited: Audited) -> None:
    database, _, history = audited
    fill(database, audit_log())
    database.write(
        lambda connection: connection.execute(
            "UPDATE audit_entry SET entry = replace(entry, 'ann', 'bob') WHERE number >= 3"
        )
    )
    finding = history.verify()[1]
    assert finding is not None
    assert finding.number == 3


def test_a_broken_seal_is_not_mended_by_the_next_write(audited: Audited) -> None:
    database, _, history = audited
    fill(database, audit_log())
    database.write(lambda connection: connection.execute("UPDATE audit_head SET seal = 'forged'"))
    fill(database, audit_log())
    finding = history.verify()[1]
    assert finding is not None
    assert finding.number is None
    history.accept(deed(operation="audit accept").act)
    assert history.verify()[1] is None
    fill(database, audit_log())
    assert history.verify()[1] is None
    accepted = list(history.entries(Wanted(operation="audit accept")))
    assert [entry["target"] for entry in accepted] == [f"as of {2 * ENTRIES}"]


def test_writes_without_the_key_leave_the_log_unsealed(audited: Audited) -> None:
    database, _, history = audited
    fill(database, audit_log())
    fill(database, audit_log(None), 1)
    finding = history.verify()[1]
    assert finding is not None
    assert finding.number is None


def test_a_log_that_was_noted_elsewhere_is_recognised(audited: Audited) -> None:
    database, _, history = audited
    fill(database, audit_log())
    noted, _ = history.verify()
    fill(database, audit_log())
    assert history.verify((noted.last, noted.hash))[1] is None
    assert history.verify((noted.last, "0" * 64))[1] is not None
    assert history.verify((99, noted.hash))[1] is not None


def test_old_entries_are_pruned_and_the_rest_stays_whole(audited: Audited) -> None:
    database, _, history = audited
    early = AuditLog(KEY, lambda: NOON - timedelta(days=400))
    fill(database, early)
    noted, _ = history.verify()
    fill(database, audit_log())
    assert history.prune(NOON - timedelta(days=1), deed(operation="audit prune").act) == ENTRIES
    entries = list(history.entries(Wanted()))
    assert [entry["number"] for entry in entries] == list(range(ENTRIES + 1, 2 * ENTRIES + 2))
    assert (entries[-1]["operation"], entries[-1]["count"]) == ("audit prune", ENTRIES)
    head, finding = history.verify((noted.last, noted.hash))
    assert (head.first, finding) == (ENTRIES + 1, None)
    assert history.prune(NOON - timedelta(days=1), deed().act) == 0


def test_everything_may_be_pruned_but_the_entry_that_says_so(audited: Audited) -> None:
    database, _, history = audited
    fill(database, AuditLog(KEY, lambda: NOON - timedelta(days=400)))
    assert history.prune(NOON, deed(operation="audit prune").act) == ENTRIES
    assert [entry["operation"] for entry in history.entries(Wanted())] == ["audit prune"]
    assert history.verify()[1] is None


def test_entries_are_found_by_what_they_say(audited: Audited) -> None:
    database, _, history = audited
    fill(database, audit_log())

    def found(wanted: Wanted) -> list[object]:
        return [entry["number"] for entry in history.entries(wanted)]

    everything = list(range(1, ENTRIES + 1))
    assert found(Wanted(user="ann", operation="UpdateFace", face_set="staff")) == everything
    assert found(Wanted(user="bob")) == found(Wanted(face_set="x")) == []
    assert found(Wanted(face="face2")) == [3]
    assert found(Wanted(limit=2)) == [ENTRIES - 1, ENTRIES]
    assert found(Wanted(since=NOON)) == everything
    assert found(Wanted(until=NOON)) == []


def test_what_waits_for_the_log_is_written_at_the_end(audited: Audited) -> None:
    database, _, history = audited
    assert database.audit is not None
    trail = AuditTrail(database, database.audit)
    for number in range(5):
        trail.record(Record(deed(f"r-{number}").act, Touched()))
    trail.close()
    assert [entry["request_id"] for entry in history.entries(Wanted())] == [
        f"r-{number}" for number in range(5)
    ]
