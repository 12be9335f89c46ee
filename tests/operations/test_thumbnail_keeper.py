"""The object store follows the database, whatever dies, fails or runs beside it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from openfrs.domain.faces import Enrolment, FaceSet
from openfrs.domain.objects import ObjectRefused, ObjectStoreError, ObjectStoreUnavailable
from openfrs.domain.ports import ObjectStore
from openfrs.domain.thumbnails import Thumbnail
from openfrs.objects.local import LocalObjects
from openfrs.one_at_a_time import one_at_a_time
from openfrs.operations import thumbnail_keeper
from openfrs.operations.thumbnail_keeper import ThumbnailKeeper
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from openfrs.storage.thumbnails import SqliteThumbnails
from tests.storage.samples import NOON, add_project, enrolment, make_face_set


class Faulty(LocalObjects):
    """A directory whose calls fail as it is told to, before or after they have done their work."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.before: Exception | None = None
        self.after: Exception | None = None
        self.refused: set[str] = set()
        self.calls = 0

    def put(self, key: str, content: bytes) -> None:
        self._fail(key)
        super().put(key, content)
        if self.after:
            raise self.after

    def delete(self, key: str) -> None:
        self._fail(key)
        super().delete(key)
        if self.after:
            raise self.after

    def _fail(self, key: str) -> None:
        self.calls += 1
        if self.before:
            raise self.before
        if key in self.refused:
            raise ObjectRefused("not this one")


class Installation:
    """A database, a store of objects, and what keeps them alike."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.database = Database(directory / "openfrs.db")
        add_project(self.database)
        self.store = SqliteStore(self.database, lambda: NOON)
        self.thumbnails = SqliteThumbnails(self.database)
        self.objects = Faulty(directory / "thumbnails")
        self.face_set: FaceSet = make_face_set(self.store)
        self.keeper = self.another_keeper()

    def another_keeper(self, objects: ObjectStore | None = None) -> ThumbnailKeeper:
        lock = self.directory / "lock"
        return ThumbnailKeeper(
            self.thumbnails, objects or self.objects, lambda: one_at_a_time(lock)
        )

    def add(self, *seeds: int) -> list[str]:
        faces = self.store.add_faces(self.face_set, [with_thumbnail(seed) for seed in seeds])
        return [face.face_id for face in faces]

    def kept(self) -> set[str]:
        return set(self.objects.keys())


def with_thumbnail(seed: int) -> Enrolment:
    key = f"{seed % 7}/{seed}"
    return replace(enrolment(seed), thumbnail=Thumbnail(key, b"sealed %d" % seed))


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    made.keeper.close()
    made.database.close()


def test_new_thumbnails_are_put_and_those_of_deleted_faces_erased(
    installation: Installation,
) -> None:
    one, _, three = installation.add(1, 2, 3)
    installation.keeper.settle()
    assert installation.kept() == {"1/1", "2/2", "3/3"}
    assert installation.objects.get("2/2", 100) == b"sealed 2"
    installation.store.delete_face(installation.face_set, one)
    installation.store.delete_face(installation.face_set, three)
    installation.keeper.settle()
    assert installation.kept() == {"2/2"}


def test_what_is_done_is_not_done_again(installation: Installation) -> None:
    [face_id] = installation.add(1)
    installation.keeper.settle()
    installation.keeper.settle()
    assert installation.objects.calls == 1
    installation.store.delete_face(installation.face_set, face_id)
    installation.keeper.settle()
    installation.keeper.settle()
    assert installation.objects.calls == 2


def test_more_than_a_turn_takes_several(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnail_keeper, "A_TURN", 4)
    installation.add(*range(1, 31))
    installation.keeper.settle()
    assert len(installation.kept()) == 30
    installation.store.delete_face_set(installation.face_set)
    installation.keeper.settle()
    assert installation.kept() == set()


@pytest.mark.parametrize("deleted", [False, True])
def test_a_death_between_a_put_and_its_note_leaves_nothing_behind(
    installation: Installation, *, deleted: bool
) -> None:
    [face_id] = installation.add(1)
    installation.objects.after = MemoryError("the process dies here")
    with pytest.raises(MemoryError):
        installation.keeper.settle()
    installation.objects.after = None
    assert installation.kept() == {"1/1"}
    if deleted:
        installation.store.delete_face(installation.face_set, face_id)
    installation.keeper.settle()
    assert installation.kept() == (set() if deleted else {"1/1"})
    assert installation.thumbnails.to_store(10) == []


def test_a_death_between_an_erasure_and_its_note_is_made_good(installation: Installation) -> None:
    [face_id] = installation.add(1)
    installation.keeper.settle()
    installation.store.delete_face(installation.face_set, face_id)
    installation.objects.after = MemoryError("the process dies here")
    with pytest.raises(MemoryError):
        installation.keeper.settle()
    installation.objects.after = None
    assert installation.thumbnails.to_erase(10) == ["1/1"]
    installation.keeper.settle()
    assert installation.thumbnails.to_erase(10) == []


def test_a_store_that_is_away_is_left_alone_after_few_calls(installation: Installation) -> None:
    installation.add(*range(1, 101))
    installation.objects.before = ObjectStoreUnavailable("away")
    with pytest.raises(ObjectStoreUnavailable):
        installation.keeper.settle()
    assert 1 <= installation.objects.calls <= thumbnail_keeper.AT_ONCE
    installation.objects.before = None
    installation.keeper.settle()
    assert len(installation.kept()) == 100


def test_an_object_that_is_refused_keeps_nobody_else_waiting(installation: Installation) -> None:
    ids = installation.add(*range(1, 41))
    installation.objects.refused = {"1/1"}
    with pytest.raises(ObjectRefused):
        installation.keeper.settle()
    assert len(installation.kept()) == 39
    for face_id in ids[1:]:
        installation.store.delete_face(installation.face_set, face_id)
    with pytest.raises(ObjectRefused):
        installation.keeper.settle()
    assert installation.kept() == set()
    installation.objects.refused = set()
    installation.keeper.settle()
    assert installation.kept() == {"1/1"}


def test_several_keepers_beside_writers_leave_what_the_database_says(
    installation: Installation,
) -> None:
    done = threading.Event()

    def keep() -> None:
        keeper = installation.another_keeper()
        while not done.is_set():
            keeper.settle()

    def write(start: int) -> None:
        for seed in range(start, start + 40, 2):
            first, _ = installation.add(seed, seed + 1)
            installation.store.delete_face(installation.face_set, first)

    with ThreadPoolExecutor(6) as pool:
        keepers = [pool.submit(keep) for _ in range(3)]
        list(pool.map(write, (1000, 2000, 3000)))
        done.set()
        for keeper in keepers:
            keeper.result()
    installation.keeper.settle()
    assert len(installation.kept()) == 60
    assert installation.kept() == set(installation.thumbnails.object_keys())


def eventually(true: Callable[[], bool]) -> None:
    waiting = threading.Event()
    for _ in range(3000):
        if true():
            return
        waiting.wait(0.01)
    raise AssertionError


def test_it_works_by_itself_and_comes_back_after_a_failure(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnail_keeper, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(thumbnail_keeper, "RETRY_SECONDS", 0.01)
    installation.keeper.start()
    [face_id] = installation.add(1)
    eventually(lambda: installation.kept() == {"1/1"})
    for failure in (ObjectStoreUnavailable("away"), MemoryError("something else")):
        installation.objects.before = failure
        enough = installation.objects.calls + 2
        installation.add(enough + 10)
        eventually(lambda: installation.objects.calls >= enough)  # noqa: B023
        installation.objects.before = None
        eventually(lambda: not installation.thumbnails.to_store(1))
    installation.store.delete_face(installation.face_set, face_id)
    eventually(lambda: "1/1" not in installation.kept())


def test_it_ends_quietly_with_the_database(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    installation.keeper.start()
    installation.keeper.close()
    installation.database.close()
    assert "Traceback" not in capsys.readouterr().out


def test_objects_of_no_face_and_faces_without_their_object_are_found(
    installation: Installation,
) -> None:
    installation.add(1, 2)
    installation.keeper.settle()
    assert (installation.keeper.orphans(), installation.keeper.missing()) == ([], [])
    installation.objects.put("9/9", b"of a face that this database never knew")
    installation.objects.delete("1/1")
    installation.add(3)  # on its way, and so neither
    assert installation.keeper.orphans() == ["9/9"]
    assert installation.keeper.missing() == ["1/1"]
    assert installation.keeper.erase_orphans() == 1
    assert installation.kept() == {"2/2"}


def test_a_put_that_was_not_noted_yet_is_no_orphan(installation: Installation) -> None:
    installation.add(1)
    installation.objects.put("1/1", b"sealed 1")
    assert installation.keeper.erase_orphans() == 0
    installation.keeper.settle()
    assert installation.kept() == {"1/1"}


def test_a_store_that_fails_to_answer_has_no_orphans_to_erase(installation: Installation) -> None:
    installation.directory.joinpath("thumbnails").write_bytes(b"")
    with pytest.raises(ObjectStoreError):
        installation.keeper.erase_orphans()
