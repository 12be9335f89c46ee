"""Draws the plots of docs/explanation/search-speed.md from rows of ``openfrs bench search``.

``openfrs bench search --json > rows.json`` writes rows; ``python scripts/plot_search.py rows.json``
draws ``search-latency.png`` and ``search-recall.png`` into docs/explanation. Several files of rows
may be named; of rows that measure the same, the last counts. Needs matplotlib.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

DIRECTORY = Path(__file__).parent.parent / "docs" / "explanation"
COLOURS = {"openfrs": "#0b6e4f", "faiss-flat": "#c8553d", "numpy": "#588b9c", "hnsw": "#8d6a9f"}
MARKS = {"openfrs": "o", "faiss-flat": "s", "numpy": "^", "hnsw": "D"}
NAMES = {
    "openfrs": "OpenFRS (exact, whole path)",
    "faiss-flat": "faiss Flat (exact)",
    "numpy": "NumPy (exact)",
    "hnsw": "faiss HNSW",
}

Row = dict[str, Any]


def read_rows(paths: list[Path]) -> list[Row]:
    """The rows of one client without sort or writes, each combination once."""
    found: dict[tuple[object, ...], Row] = {}
    for path in paths:
        for row in json.loads(path.read_text(encoding="utf-8")):
            if not row["sort"] and not row["writes"] and row["threads"] == 1:
                found[row["engine"], row["faces"], row["dim"], row["selectivity"]] = row
    return list(found.values())


def latency(rows: list[Row]) -> Figure:
    """Median time against set size, one panel a dimension, without filters."""
    whole = [row for row in rows if row["selectivity"] == 1]
    dimensions = sorted({row["dim"] for row in whole})
    figure, panels = plt.subplots(
        1,
        len(dimensions),
        figsize=(4.6 * len(dimensions), 4.6),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for dimension, panel in zip(dimensions, panels[0], strict=True):
        here = sorted((r for r in whole if r["dim"] == dimension), key=lambda r: r["faces"])
        for engine in NAMES:
            _line(panel, [r for r in here if r["engine"] == engine], "faces", "p50_ms")
        ours = [row for row in here if row["engine"] == "openfrs"]
        panel.plot(
            [row["faces"] for row in ours],
            [row["least_ms"] for row in ours],
            "--",
            color="#555555",
            label="least time to read the int8 codes",
        )
        panel.set(xscale="log", yscale="log", title=f"{dimension} dimensions", xlabel="faces")
    panels[0][0].set_ylabel("median time of a search, ms")
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return figure


def recall(rows: list[Row]) -> Figure:
    """Recall against the share of the set that the filter lets through, on the largest graph."""
    graphs = [row for row in rows if row["engine"] == "hnsw"] or rows
    faces, dimension = max((row["faces"], -row["dim"]) for row in graphs)
    here = sorted(
        (row for row in rows if (row["faces"], -row["dim"]) == (faces, dimension)),
        key=lambda row: row["selectivity"],
    )
    figure, panel = plt.subplots(figsize=(5.4, 4.2), layout="constrained")
    for width, engine in zip((5.5, 3.5, 1.5, 1.5), NAMES, strict=True):
        _line(panel, [r for r in here if r["engine"] == engine], "selectivity", "recall", width)
    panel.set(
        xscale="log",
        ylim=(0, 1.05),
        title=f"{faces:,} faces, {-dimension} dimensions",
        xlabel="share of the set that the filter lets through",
        ylabel="recall",
    )
    panel.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(0.02, 0.88))
    return figure


def _line(panel: Axes, rows: list[Row], x: str, y: str, width: float = 1.6) -> None:
    if rows:
        engine = rows[0]["engine"]
        panel.plot(
            [row[x] for row in rows],
            [row[y] for row in rows],
            color=COLOURS[engine],
            marker=MARKS[engine],
            markersize=4,
            linewidth=width,
            label=NAMES[engine],
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path, nargs="+")
    parser.add_argument("--directory", type=Path, default=DIRECTORY)
    arguments = parser.parse_args()
    rows = read_rows(arguments.rows)
    for name, figure in (("search-latency", latency(rows)), ("search-recall", recall(rows))):
        for panel in figure.axes:
            panel.grid(visible=True, which="major", alpha=0.25)
            panel.spines[["top", "right"]].set_visible(False)
        # The date and the library's version would change the file and nothing that one sees.
        figure.savefig(arguments.directory / f"{name}.png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
