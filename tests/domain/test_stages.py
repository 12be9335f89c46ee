"""Steps are told to who listens, and to nobody else."""

import threading
import time
from contextvars import copy_context

import pytest

from openfrs.domain.stages import MEANINGS, Step, listening, since, stage


def test_steps_are_heard_in_the_order_in_which_they_end() -> None:
    before = time.perf_counter()
    with listening() as heard:
        with stage(Step.DECODE):
            pass
        since(Step.QUEUE, before)
    assert [timing.step for timing in heard] == [Step.DECODE, Step.QUEUE]
    decode, queue = heard
    assert before == queue.started <= decode.started
    assert 0 <= decode.seconds <= queue.seconds <= time.perf_counter() - before


def test_a_step_that_fails_is_heard_too() -> None:
    with listening() as heard, pytest.raises(ZeroDivisionError), stage(Step.SCAN):
        _ = 1 / 0
    assert [timing.step for timing in heard] == [Step.SCAN]


def test_nothing_is_heard_before_and_after() -> None:
    with stage(Step.SCAN):
        pass
    with listening() as heard:
        pass
    with stage(Step.SCAN):
        pass
    since(Step.QUEUE, 0.0)
    assert heard == []


def test_a_thread_is_heard_in_the_context_of_who_listens_and_no_other() -> None:
    def work() -> None:
        with stage(Step.DETECT):
            pass

    with listening() as heard:
        inside = threading.Thread(target=copy_context().run, args=(work,))
        outside = threading.Thread(target=work)
        for thread in (inside, outside):
            thread.start()
            thread.join()
    assert [timing.step for timing in heard] == [Step.DETECT]


def test_every_step_is_explained() -> None:
    steps = {value for name, value in vars(Step).items() if name.isupper()}
    assert set(MEANINGS) == steps
