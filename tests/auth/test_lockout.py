import threading
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from openfrs.auth.lockout import Lockout


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def pass_by(self, **duration: float) -> None:
        self.moment += timedelta(**duration)


def fail(lockout: Lockout, name: str, times: int) -> None:
    for _ in range(times):
        lockout.failed(name)


def test_the_fifth_failure_locks_and_the_fourth_does_not() -> None:
    lockout = Lockout(Clock())
    fail(lockout, "a", 4)
    assert not lockout.locked("a")
    lockout.failed("a")
    assert lockout.locked("a")
    assert not lockout.locked("b")


def test_the_lock_lasts_five_minutes() -> None:
    clock = Clock()
    lockout = Lockout(clock)
    fail(lockout, "a", 5)
    clock.pass_by(minutes=4, seconds=59)
    assert lockout.locked("a")
    clock.pass_by(seconds=1)
    assert not lockout.locked("a")
    fail(lockout, "a", 4)
    assert not lockout.locked("a")


def test_failures_while_locked_do_not_prolong_the_lock() -> None:
    clock = Clock()
    lockout = Lockout(clock)
    fail(lockout, "a", 5)
    clock.pass_by(minutes=4)
    fail(lockout, "a", 5)
    clock.pass_by(minutes=1)
    assert not lockout.locked("a")


def test_a_success_starts_the_count_again() -> None:
    lockout = Lockout(Clock())
    fail(lockout, "a", 4)
    lockout.succeeded("a")
    fail(lockout, "a", 4)
    assert not lockout.locked("a")


def test_failures_more_than_five_minutes_apart_do_not_add_up() -> None:
    clock = Clock()
    lockout = Lockout(clock)
    for _ in range(10):
        lockout.failed("a")
        clock.pass_by(minutes=5)
    assert not lockout.locked("a")


def test_memory_is_bounded_and_the_names_that_failed_last_are_kept() -> None:
    lockout = Lockout(Clock(), capacity=3)
    fail(lockout, "old", 5)
    for number in range(3):
        fail(lockout, f"name-{number}" * 1000, 5)
    assert len(lockout) == 3
    assert not lockout.locked("old")
    assert lockout.locked("name-0" * 1000)


def test_a_name_that_fails_again_is_kept_before_one_that_does_not() -> None:
    lockout = Lockout(Clock(), capacity=2)
    fail(lockout, "first", 4)
    fail(lockout, "second", 4)
    lockout.failed("first")
    lockout.failed("third")
    assert lockout.locked("first")
    lockout.failed("second")
    assert not lockout.locked("second")


def test_many_threads_count_every_failure() -> None:
    lockout = Lockout(Clock())
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
    lockout = Lockout(clock)
    failures: dict[str, list[datetime]] = {"a": [], "b": []}

    def counted(name: str) -> list[datetime]:
        past = failures[name]
        return [] if past and clock.moment - past[-1] >= timedelta(minutes=5) else past

    for step, name in steps:
        if step == "wait":
            clock.pass_by(minutes=2)
        elif step == "succeed":
            lockout.succeeded(name)
            failures[name] = []
        else:
            lockout.failed(name)
            past = counted(name)
            failures[name] = past if len(past) == 5 else [*past, clock.moment]
        for each in "ab":
            assert lockout.locked(each) == (len(counted(each)) == 5)
