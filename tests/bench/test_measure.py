import threading

import pytest

from openfrs.bench import measure
from openfrs.bench.bandwidth import read_bandwidth
from openfrs.bench.rows import LoadRow, as_json, as_table


def test_a_client_asks_every_question_in_order() -> None:
    timing = measure.one_client(lambda number: number * 2, range(50), seconds=60)
    assert timing.answers == [number * 2 for number in range(50)]
    assert timing.asked == 50
    assert timing.p50_ms <= timing.p99_ms


def test_a_client_stops_when_the_time_is_up_but_not_before_a_few() -> None:
    timing = measure.one_client(lambda number: number, range(1000), seconds=0)
    assert timing.asked == measure.FEWEST


def test_several_clients_answer_every_question_once_at_least() -> None:
    seen = set()

    def ask(number: int) -> int:
        seen.add(threading.get_ident())
        return -number

    timing = measure.several_clients(ask, range(30), clients=3, seconds=0.5)
    assert timing.answers == [-number for number in range(30)]
    assert timing.asked >= 30
    assert len(seen) >= 3


def test_what_a_client_raises_is_raised() -> None:
    def work(number: int) -> None:
        if number == 2:
            raise KeyError(number)

    with pytest.raises(KeyError):
        measure.in_threads(work, 4)


def test_memory_is_read_at_some_speed() -> None:
    assert read_bandwidth(megabytes=4, rounds=2) > 0


ROW = LoadRow("add", 32, 100, 12345.678, 1.5, 2.0, None, 7)


def test_a_table_has_a_heading_and_aligned_columns() -> None:
    head, line = as_table([ROW]).splitlines()
    assert head.split()[:3] == ["operation", "callers", "done"]
    assert line.split() == ["add", "32", "100", "12346", "1.5", "2", "-", "7"]
    assert len(head) == len(line)


def test_json_keeps_what_a_figure_is_worth() -> None:
    assert '"rate_per_s": 12346.0' in as_json([ROW])
    assert '"cpu_us": null' in as_json([ROW])
