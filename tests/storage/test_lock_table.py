"""Five failures lock a name, however many threads and processes see them."""

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.storage.lock_table import LockTable


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.moment = 1000.0

    def __call__(self) -> float:
        return self.moment

    def pass_by(self, minutes: float = 0, seconds: float = 0) -> None:
        self.moment += 60 * minutes + seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lockout(tmp_path: Path, clock: Clock) -> Iterator[LockTable]:
    with closing(LockTable(tmp_path / "locks", clock)) as table:
        yield table


def fail(lockout: LockTable, name: str, times: int) -> None:
    for _ in range(times):
        lockout.failed(name)


def test_the_fifth_failure_locks_and_the_fourth_does_not(lockout: LockTable) -> None:
    fail(lockout, "a", 4)
    assert not lockout.locked("a")
    lockout.failed("a")
    assert lockout.locked("a")
    assert not lockout.locked("b")


def test_the_lock_lasts_five_minutes(lockout: LockTable, clock: Clock) -> None:
    fail(lockout, "a", 5)
    clock.pass_by(minutes=4, seconds=59)
    assert lockout.locked("a")
    clock.pass_by(seconds=1)
    assert not lockout.locked("a")
    fail(lockout, "a", 4)
    assert not lockout.locked("a")


def test_failures_while_locked_do_not_prolong_the_lock(lockout: LockTable, clock: Clock) -> None:
    fail(lockout, "a", 5)
    clock.pass_by(minutes=4)
    fail(lockout, "a", 5)
    clock.pass_by(minutes=1)
    assert not lockout.locked("a")


def test_a_success_starts_the_count_again(lockout: LockTable) -> None:
    fail(lockout, "a", 4)
    lockout.succeeded("a")
    fail(lockout, "a", 4)
    assert not lockout.locked("a")


def test_failures_more_than_five_minutes_apart_do_not_add_up(
    lockout: LockTable, clock: Clock
) -> None:
    for _ in range(10):
        lockout.failed("a")
        clock.pass_by(minutes=5)
    assert not lockout.locked("a")


def test_the_names_that_failed_last_are_kept_where_room_is_short(
    tmp_path: Path, clock: Clock
) -> None:
    with closing(LockTable(tmp_path / "few", clock, capacity=3)) as lockout:
        for name in ("first", "second", "third" * 1000):
            fail(lockout, name, 4)
            clock.pass_by(seconds=1)
        lockout.failed("first")
        clock.pass_by(seconds=1)
        fail(lockout, "fourth", 5)  # takes the place of the second
        assert lockout.locked("first")
        assert lockout.locked("fourth")
        lockout.failed("third" * 1000)
        assert lockout.locked("third" * 1000)
        fail(lockout, "second", 1)
        assert not lockout.locked("second")


def test_asking_for_names_takes_no_room(tmp_path: Path, clock: Clock) -> None:
    with closing(LockTable(tmp_path / "few", clock, capacity=1)) as lockout:
        fail(lockout, "a", 5)
        assert not lockout.locked("b")
        lockout.succeeded("b")
        assert lockout.locked("a")


def failing(path: Path, times: int) -> None:
    with closing(LockTable(path)) as lockout:
        fail(lockout, "a", times)


def test_processes_count_together(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        pool.starmap(failing, [(tmp_path / "locks", 1)] * 4)
        with closing(LockTable(tmp_path / "locks")) as lockout:
            assert not lockout.locked("a")
            pool.apply(failing, (tmp_path / "locks", 1))
            assert lockout.locked("a")


def test_a_lock_of_before_the_machine_started_anew_says_nothing(
    tmp_path: Path, clock: Clock
) -> None:
    clock.moment = 1_000_000.0
    with closing(LockTable(tmp_path / "locks", clock)) as lockout:
        fail(lockout, "a", 5)
        clock.moment = 10.0
        assert not lockout.locked("a")
        fail(lockout, "a", 5)
        assert lockout.locked("a")


def test_many_threads_count_every_failure(lockout: LockTable) -> None:
    names = [f"name-{number}" for number in range(50)]

    def fail_each() -> None:
        for name in names:
            lockout.failed(name)

    threads = [threading.Thread(target=fail_each) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(lockout.locked(name) for name in names)


@given(st.lists(st.tuples(st.sampled_from(["fail", "succeed", "wait"]), st.sampled_from("ab"))))
def test_it_agrees_with_a_plain_count(steps: list[tuple[str, str]]) -> None:
    clock = Clock()
    failures: dict[str, list[float]] = {"a": [], "b": []}

    def counted(name: str) -> list[float]:
        past = failures[name]
        return [] if past and clock.moment - past[-1] >= 300 else past

    with TemporaryDirectory() as directory, closing(LockTable(Path(directory) / "l", clock)) as one:
        for step, name in steps:
            if step == "wait":
                clock.pass_by(minutes=2)
            elif step == "succeed":
                one.succeeded(name)
                failures[name] = []
            else:
                one.failed(name)
                past = counted(name)
                failures[name] = past if len(past) == 5 else [*past, clock.moment]
            for each in "ab":
                assert one.locked(each) == (len(counted(each)) == 5)
