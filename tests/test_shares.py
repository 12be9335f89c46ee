"""What one of several processes may use of the machine."""

from pathlib import Path

import pytest

from openfrs import machine
from openfrs.machine import cores, cores_each, mirror_budget, processes
from openfrs.setting_values import SettingInvalid
from openfrs.settings import load_settings


@pytest.fixture(autouse=True)
def _four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 4)


@pytest.mark.parametrize(
    ("workers", "expected"), [(1, (1, 4)), (2, (2, 2)), (0, (4, 1)), (9, (9, 1))]
)
def test_processes_share_the_cores(tmp_path: Path, workers: int, expected: tuple[int, int]) -> None:
    settings = load_settings(tmp_path, workers=workers)
    assert (processes(settings), cores_each(settings)) == expected


def test_one_process_serves_unless_more_are_asked_for(tmp_path: Path) -> None:
    assert processes(load_settings(tmp_path)) == 1
    assert cores() >= 1


@pytest.mark.parametrize(
    ("limit", "expected"), [(str(1 << 30), 1 << 29), ("max\n", None), (str(1 << 62), None)]
)
def test_unset_the_mirrors_may_take_half_of_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, expected: int | None
) -> None:
    file = tmp_path / "memory.max"
    monkeypatch.setattr(machine, "CONTAINER_MEMORY", file)
    whole = mirror_budget(load_settings(tmp_path))
    assert whole > 1 << 26
    file.write_text(limit)
    assert mirror_budget(load_settings(tmp_path)) == (expected or whole)
    assert mirror_budget(load_settings(tmp_path, workers=2)) == (expected or whole) // 2


def test_processes_share_the_memory_that_was_set(tmp_path: Path) -> None:
    assert mirror_budget(load_settings(tmp_path, mirror_bytes=1000, workers=3)) == 334
    assert mirror_budget(load_settings(tmp_path, mirror_bytes=1, workers=3)) == 1
    assert mirror_budget(load_settings(tmp_path, mirror_bytes=0, workers=3)) == 0
    with pytest.raises(SettingInvalid):
        load_settings(tmp_path, mirror_bytes=-1)
