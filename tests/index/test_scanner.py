from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from openfrs.index import scanner
from openfrs.index.scanner import Codes

DIMENSIONS = [1, 3, 16, 24, 32, 64, 100, 128, 144, 256, 512, 1024]


def some(seed: int, count: int, dimension: int) -> tuple[Codes, NDArray[np.float32]]:
    dice = np.random.default_rng(seed)
    codes = dice.integers(1, 256, (count, dimension), dtype=np.uint8)
    return codes, dice.integers(-127, 128, dimension).astype(np.float32)


def products(codes: Codes, weights: NDArray[np.float32]) -> NDArray[np.int64]:
    exact: NDArray[np.int64] = (codes.astype(np.int64) - 128) @ weights.astype(np.int64)
    return exact


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_products_are_exact_whatever_kernel_the_dimension_selects(dimension: int) -> None:
    codes, weights = some(1, 300, dimension)
    exact = products(codes, weights)
    scores, _, rows = scanner.best([codes], weights, 300)
    assert sorted(rows.tolist()) == list(range(300))
    assert scores.tolist() == exact[rows].tolist()
    scores, _, rows = scanner.above([codes], weights, np.float32(-np.inf))
    assert rows.tolist() == list(range(300))
    assert scores.tolist() == exact.tolist()


@pytest.mark.parametrize("dimension", [1024, 128])
def test_the_greatest_sums_are_exact_too(dimension: int) -> None:
    codes = np.full((2, dimension), 255, np.uint8)
    codes[1] = 1
    weights = np.full(dimension, 127, np.float32)
    scores, _, rows = scanner.best([codes], weights, 2)
    assert dict(zip(rows.tolist(), scores.tolist(), strict=True)) == {
        0: dimension * 127 * 127,
        1: -dimension * 127 * 127,
    }


def test_the_best_come_from_all_blocks_with_the_places_they_have_there() -> None:
    codes, weights = some(2, 1000, 64)
    exact = products(codes, weights)
    scores, blocks, rows = scanner.best([codes[:10], codes[10:400], codes[400:]], weights, 25)
    found = np.array([0, 10, 400])[blocks] + rows
    assert sorted(scores.tolist()) == np.sort(exact)[-25:].tolist()
    assert exact[found].tolist() == scores.tolist()


def test_above_means_above() -> None:
    codes, weights = some(3, 500, 32)
    exact = products(codes, weights)
    limit = int(np.sort(exact)[-20])
    scores, blocks, rows = scanner.above([codes[:77], codes[77:]], weights, np.float32(limit))
    assert (np.array([0, 77])[blocks] + rows).tolist() == np.flatnonzero(exact > limit).tolist()
    assert scores.min() > limit
    scores, _, rows = scanner.above([codes], weights, np.float32(1e30))
    assert len(scores) == len(rows) == 0


def test_fewer_rows_than_asked_for_are_all_there_is() -> None:
    codes, weights = some(4, 3, 16)
    scores, blocks, rows = scanner.best([codes], weights, 10)
    assert sorted(rows.tolist()) == [0, 1, 2]
    assert len(scores) == len(blocks) == 3


def test_scans_at_once_do_not_mix_and_leave_no_more_scanners_than_they_needed() -> None:
    codes, _ = some(5, 2000, 48)
    probes = [some(seed, 1, 48)[1] for seed in range(200)]
    expected = [int(products(codes, weights).max()) for weights in probes]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda weights: scanner.best([codes], weights, 1)[0][0], probes))
    assert found == expected
    assert 1 <= len(scanner._idle[48]) <= 8
