"""The benchmarks from the command line, on sets so small that they take seconds."""

import dataclasses
import json
import re
import shlex
import tempfile
from pathlib import Path

import pytest
from typer.core import TyperCommand
from typer.main import get_command
from typer.testing import CliRunner, Result

from openfrs.bench import rows, search
from openfrs.cli import bench as commands
from openfrs.cli.commands import application

KEYS = [
    *("engine", "faces", "dim", "selectivity", "sort"),
    *("p50_ms", "p99_ms", "cpu_ms", "recall", "least_ms"),
]
LOAD_KEYS = ["operation", "callers", "done", "rate_per_s", "p50_ms", "p99_ms", "cpu_us", "commits"]
HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "measure-search-speed.md"


@pytest.fixture
def directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The operator's data directory and that of temporary files, both empty."""
    made = {"data": tmp_path / "data", "temporary": tmp_path / "temporary"}
    made["temporary"].mkdir()
    monkeypatch.setenv("OPENFRS_DATA_DIR", str(made["data"]))
    monkeypatch.setattr(tempfile, "tempdir", str(made["temporary"]))
    monkeypatch.setattr("openfrs.bench.bandwidth.MEGABYTES", 4)
    return made


def bench(*arguments: str) -> Result:
    return CliRunner().invoke(application(), ["bench", *arguments])


def rows_of(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def test_search_prints_rows_with_the_promised_keys_and_full_recall(
    directories: dict[str, Path],
) -> None:
    result = bench(
        *(
            "search",
            "--faces",
            "2000",
            "--dim",
            "32",
            "--queries",
            "30",
            "--json",
            "--seconds",
            "0.2",
        ),
        *("--selectivity", "1,0.5,0.01,0.0001", "--engines", "openfrs,faiss-flat,numpy,hnsw"),
    )
    found = rows_of(result)
    assert all(list(row)[: len(KEYS)] == KEYS for row in found)
    assert [(row["engine"], row["selectivity"], row["sort"]) for row in found] == [
        (engine, selectivity, sort)
        for engine in search.ENGINES
        for selectivity in (1, 0.5, 0.01, 0.0001)
        for sort in (False, True)
    ]
    assert {(row["faces"], row["dim"]) for row in found} == {(2000, 32)}
    assert {row["recall"] for row in found if row["engine"] != "hnsw"} == {1.0}
    assert all(0 <= float(str(row["recall"])) <= 1 for row in found)
    for told in ("GB/s", "2 client threads", "efSearch"):
        assert told in result.stderr
    assert not directories["data"].exists()
    assert list(directories["temporary"].iterdir()) == []


@pytest.mark.usefixtures("directories")
def test_the_least_time_is_that_of_the_selected_codes() -> None:
    found = rows_of(
        bench(
            *("search", "--faces", "1000,500", "--dim", "16,32", "--queries", "3", "--json"),
            *("--selectivity", "1,0.5", "--engines", "numpy", "--no-sort"),
        )
    )
    assert [(row["dim"], row["faces"]) for row in found[::2]] == [
        *((16, 1000), (16, 500), (32, 1000), (32, 500))
    ]
    for whole, half in zip(found[::2], found[1::2], strict=True):
        assert float(str(half["least_ms"])) == pytest.approx(
            float(str(whole["least_ms"])) / 2, rel=1e-3
        )


@pytest.mark.usefixtures("directories")
def test_search_beside_writes_and_by_several_clients_stays_exact() -> None:
    few = (
        *("search", "--faces", "600", "--dim", "16", "--queries", "20", "--top-n", "50"),
        *("--seconds", "0.1", "--json"),
    )
    beside = rows_of(bench(*few, "--engines", "openfrs", "--selectivity", "1,0.1", "--writes"))
    assert {row["recall"] for row in beside} == {1.0}
    assert [bool(row["writes"]) for row in beside] == [False] * 4 + [True] * 4
    several = rows_of(bench(*few, "--engines", "openfrs,numpy", "--threads", "3", "--sort"))
    assert {row["recall"] for row in several} == {1.0}
    assert {(row["threads"], row["sort"]) for row in several} == {(3, True)}


@pytest.mark.usefixtures("directories")
def test_the_table_is_followed_by_bandwidth_and_scaling() -> None:
    result = bench("search", "--faces", "300", "--queries", "5", "--seconds", "0.1")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split()[: len(KEYS)] == KEYS
    assert any("GB/s" in line for line in lines)
    assert any("one client" in line for line in lines)


@pytest.mark.usefixtures("directories")
def test_a_graph_that_takes_minutes_is_left_out_unless_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "HNSW_FACES", 100)
    few = (
        *("search", "--faces", "300", "--dim", "16", "--queries", "3", "--selectivity", "1"),
        *("--seconds", "0.1"),
    )
    left_out = bench(*few, "--json")
    assert "hnsw" not in {row["engine"] for row in rows_of(left_out)}
    assert "hnsw: left out" in left_out.stderr
    assert "hnsw" in {row["engine"] for row in rows_of(bench(*few, "--engines", "hnsw", "--json"))}


def test_add_counts_commits_for_each_number_of_callers(directories: dict[str, Path]) -> None:
    found = rows_of(bench("add", "--dim", "16", "--callers", "1,8", "--operations", "80", "--json"))
    assert [list(row) for row in found] == [LOAD_KEYS] * 2
    assert [(row["operation"], row["callers"], row["done"]) for row in found] == [
        *(("add", 1, 80), ("add", 8, 80))
    ]
    assert found[0]["commits"] == 80
    assert not directories["data"].exists()
    assert list(directories["temporary"].iterdir()) == []


def test_update_is_measured_below_http_and_through_it(directories: dict[str, Path]) -> None:
    found = rows_of(
        bench(
            *("update", "--faces", "200", "--dim", "16", "--callers", "1,4"),
            *("--operations", "60", "--http", "--json"),
        )
    )
    assert [(row["operation"], row["callers"]) for row in found] == [
        *(("update", 1), ("update", 4), ("search alone", 0), ("search beside", 4)),
        *(("http update", 1), ("http update", 4)),
        *(("http empty route", 1), ("http empty route", 4)),
    ]
    assert {row["done"] for row in found if "search" not in str(row["operation"])} == {60}
    assert list(directories["temporary"].iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--faces", "many"), "takes numbers with commas"),
        (("--faces", "0"), "takes numbers from 1"),
        (("--dim", "4"), "takes numbers from 8"),
        (("--selectivity", "2"), "takes numbers from"),
        (("--selectivity", "nan"), "takes numbers from"),
        (("--engines", "openfrs,oracle"), "there is no 'oracle'"),
        (("--engines", ","), "none is named"),
        (("--top-n", "1001"), "less than or equal to 1000"),
        (("--writes", "--threads", "2"), "one client only"),
        (("--faces", "100000000", "--dim", "4096"), "GiB of memory"),
    ],
)
def test_a_bad_option_is_named(
    arguments: tuple[str, ...], told: str, directories: dict[str, Path]
) -> None:
    result = bench("search", *arguments)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.replace("│", " ").split())
    assert arguments[0] in result.stderr
    assert list(directories["temporary"].iterdir()) == []


def test_every_command_of_the_how_to_can_be_typed() -> None:
    lines = re.findall(r"^\$ openfrs bench (.+)$", HOW_TO.read_text(encoding="utf-8"), re.MULTILINE)
    group = get_command(commands.app)
    known: dict[str, TyperCommand] = group.commands  # type: ignore[attr-defined]  # a group has them
    assert {line.split()[0] for line in lines} == set(known)
    for line in lines:
        name, *words = shlex.split(line)
        known[name].make_context(name, words)


def test_every_further_column_of_a_search_is_in_the_how_to() -> None:
    told = HOW_TO.read_text(encoding="utf-8")
    columns = [field.name for field in dataclasses.fields(rows.SearchRow)][3:]
    assert [column for column in columns if f"`{column}`" not in told] == []
