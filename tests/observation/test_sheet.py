"""The numbers of a worker: read by others while it writes, kept when another takes its place."""

import multiprocessing
import os
from collections.abc import Sequence

from openfrs.observation import sheet as sheets
from openfrs.observation.board import Board
from openfrs.observation.metrics import COMMIT_JOBS, REQUESTS, WAITING, WORKING, Metric
from openfrs.observation.sheet import Series, Sheet

ASKED = ("SearchFace", "200", "")
REFUSED = ("SearchFace", "400", "FRS.0302")
PATIENCE = 30.0


def sheet() -> Sheet:
    made = Sheet(memoryview(bytearray(sheets.SHEET_BYTES)))
    made.take_over()
    return made


def values(
    found: Sequence[Series], metric: Metric, labels: tuple[str, ...] = ()
) -> Sequence[float]:
    [series] = [one for one in found if (one.name, one.labels) == (metric.name, labels)]
    return series.values


def test_counters_rise_each_in_its_own_series() -> None:
    written = sheet()
    for _ in range(3):
        written.add(REQUESTS, ASKED)
    written.add(REQUESTS, REFUSED, 2.5)
    assert values(written.totals(), REQUESTS, ASKED) == (3,)
    assert values(written.totals(), REQUESTS, REFUSED) == (2.5,)


def test_an_observation_is_in_the_bucket_whose_bound_it_does_not_pass() -> None:
    written = sheet()
    written.observe(COMMIT_JOBS, [((), jobs) for jobs in (1, 2, 3, 1024, 1025)])
    *buckets, total = values(written.totals(), COMMIT_JOBS)
    assert total == 2055
    bounds = [*COMMIT_JOBS.buckets, None]
    assert {bound: count for bound, count in zip(bounds, buckets, strict=True) if count} == {
        1: 1,
        2: 1,
        4: 1,
        1024: 1,
        None: 1,
    }


def test_the_state_is_what_was_published_last() -> None:
    written = sheet()
    assert written.state() is None
    written.publish([Series(WAITING.name, ("pictures",), (3.0,))])
    written.publish([Series(WORKING.name, ("others",), (1.0,))])
    assert written.state() == [Series(WORKING.name, ("others",), (1.0,))]


def test_a_state_that_is_half_written_is_not_taken_for_one() -> None:
    memory = bytearray(sheets.SHEET_BYTES)
    written = Sheet(memoryview(memory))
    written.take_over()
    written.publish([Series(WAITING.name, ("pictures",), (3.0,))])
    start = memory.index(b"pictures")
    memory[start : start + 8] = b"others!!"
    assert written.state() is None


def test_a_state_without_end_is_left_out() -> None:
    written = sheet()
    written.publish(Series(WAITING.name, (f"{n:0100}",), (1.0,)) for n in range(10_000))
    assert written.state() == []


def test_more_series_than_there_is_room_for_are_left_out_and_the_others_stay() -> None:
    written = sheet()
    for number in range(sheets.VALUES + 100):
        written.add(REQUESTS, (str(number), "", ""))
    written.add(REQUESTS, ("0", "", ""))
    found = written.totals()
    assert values(found, REQUESTS, ("0", "", "")) == (2,)
    assert 1000 < len(found) <= sheets.VALUES


def count(board: Board, worker: int) -> None:
    taken = board.sheet(worker)
    taken.take_over()
    for _ in range(1000):
        taken.add(REQUESTS, ASKED)
    taken.observe(COMMIT_JOBS, [((), worker)])
    taken.publish([Series(WAITING.name, ("pictures",), (float(os.getpid()),))])


def run(board: Board, worker: int) -> None:
    process = multiprocessing.get_context("spawn").Process(target=count, args=(board, worker))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode == 0


def test_processes_share_a_board_and_their_totals_outlive_them() -> None:
    board = Board(2)
    for worker in (0, 1, 1):  # the last one takes the place of the one before
        run(board, worker)
    first, second = board.sheets()
    assert values(first.totals(), REQUESTS, ASKED) == (1000,)
    assert values(second.totals(), REQUESTS, ASKED) == (2000,)
    assert values(second.totals(), COMMIT_JOBS)[-1] == 2


def test_the_state_of_a_process_that_is_gone_is_gone() -> None:
    board = Board(2)
    run(board, 0)
    assert board.sheet(0).state() is None
    here = board.sheet(1)
    here.take_over()
    here.publish([])
    assert here.state() == []


def test_who_takes_over_has_no_state_yet() -> None:
    board = Board()
    first = board.sheet(0)
    first.take_over()
    first.publish([Series(WAITING.name, ("pictures",), (3.0,))])
    second = board.sheet(0)
    second.take_over()
    assert second.state() is None
