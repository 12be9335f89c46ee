"""What the benchmarks say: rows of figures, as a table for people and as JSON for programs."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class SearchRow:
    """One engine asked in one way.

    ``least_ms`` is the time to read the selected faces' int8 codes (a byte a dimension) once at
    the memory bandwidth measured in the same run. ``writes`` counts updates of client data that
    went on a second.
    """

    engine: str
    faces: int
    dim: int
    selectivity: float
    sort: bool
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    recall: float
    least_ms: float
    qps_per_cpu_s: float
    queries: int
    top_n: int
    threads: int
    writes: float


@dataclass(frozen=True, slots=True)
class LoadRow:
    """One operation by so many callers at once.

    ``cpu_us`` is CPU an operation: of the whole process, or of the server where HTTP is measured.
    None stands for what was not measured.
    """

    operation: str
    callers: int
    done: int
    rate_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float | None
    commits: int | None


Row = SearchRow | LoadRow


def load_row(
    operation: str,
    callers: int,
    waits: ArrayLike,
    *,
    wall: float,
    cpu: float | None,
    commits: int | None,
) -> LoadRow:
    """The row of operations that took ``waits`` each; these, ``wall`` and ``cpu`` in seconds."""
    seconds = np.asarray(waits)
    p50, p99 = np.percentile(seconds * 1000, [50, 99])
    done = len(seconds)
    return LoadRow(
        operation=operation,
        callers=callers,
        done=done,
        rate_per_s=done / wall,
        p50_ms=float(p50),
        p99_ms=float(p99),
        cpu_us=None if cpu is None else cpu / done * 1e6,
        commits=commits,
    )


def as_json(rows: Sequence[Row]) -> str:
    """A list with one object a row, figures rounded to what they are worth."""
    return json.dumps([_rounded(row) for row in rows], indent=2)


def as_table(rows: Sequence[Row]) -> str:
    """The rows below their headings, numbers on the right."""
    if not rows:
        return ""
    head = [field.name for field in dataclasses.fields(rows[0])]
    lines = [head, *([_cell(value) for value in _rounded(row).values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def _rounded(row: Row) -> dict[str, object]:
    return {
        name: float(f"{value:.5g}")
        if isinstance(value, float) and name not in ("selectivity", "recall")
        else round(value, 6)
        if isinstance(value, float)
        else value
        for name, value in dataclasses.asdict(row).items()
    }


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}"
        case _:
            return str(value)
