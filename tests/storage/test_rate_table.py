"""One bucket a name, however many threads and processes draw from it."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from openfrs.domain.rates import Rate
from openfrs.storage.rate_table import RateTable

SLOW = Rate(0.001, 50)


def granted(path: Path, draws: int) -> int:
    with closing(RateTable(path)) as table:
        return sum(table.draw("a", SLOW).granted for _ in range(draws))


def test_processes_share_a_bucket_to_the_last_token(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        parts = pool.starmap(granted, [(tmp_path / "rates", 40)] * 3)
    assert sum(parts) == SLOW.burst


def test_threads_share_a_bucket_to_the_last_token(tmp_path: Path) -> None:
    with closing(RateTable(tmp_path / "rates")) as table, ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: table.draw("a", SLOW).granted, range(200)))
    assert sum(said) == SLOW.burst


def test_names_have_buckets_of_their_own(tmp_path: Path) -> None:
    with closing(RateTable(tmp_path / "rates")) as table:
        for name in ("a", "b"):
            said = [table.draw(name, Rate(0.001, 1)).granted for _ in range(2)]
            assert said == [True, False]


def test_what_was_used_up_stays_so_when_a_process_starts(tmp_path: Path) -> None:
    assert granted(tmp_path / "rates", 50) == 50
    assert granted(tmp_path / "rates", 1) == 0


def test_more_names_than_places_are_served_and_full_buckets_make_room(tmp_path: Path) -> None:
    time = [100.0]
    with closing(RateTable(tmp_path / "rates", lambda: time[0], buckets=16)) as table:
        for number in range(100):
            assert table.draw(f"name-{number}", Rate(1, 1)).granted
        time[0] += 10
        assert table.draw("kept", Rate(0.001, 1)).granted
        for number in range(15):
            table.draw(f"other-{number}", Rate(1, 1))
        assert not table.draw("kept", Rate(0.001, 1)).granted
