"""Age errors and gender confusion as pictures."""

from collections.abc import Sequence
from pathlib import Path

from openfrs.evaluation.attributes import GENDERS, Report
from openfrs.evaluation.det_plot import require_plots

AGES, CONFUSION = "age-errors.png", "gender-confusion.png"
YEARS_A_BAR = 5


def draw_attributes(report: Report, directory: Path) -> Sequence[Path]:
    """Both pictures, in the directory. Raises PlotsUnavailable."""
    require_plots()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    directory.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    edges = range(-60, 61, YEARS_A_BAR)
    inside = [min(max(error, edges[0]), edges[-1]) for error in report.age_errors]
    axes.hist(inside, bins=list(edges), color="tab:blue")
    axes.axvline(0, color="grey", linewidth=0.8)
    axes.set(
        xlabel="measured age minus true age, years",
        ylabel="faces",
        title=f"{report.everybody.faces} faces: mean error {report.everybody.age_mae:.2f} years",
    )
    ages = directory / AGES
    figure.savefig(ages, dpi=120)

    figure = Figure(figsize=(4.5, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    kinds = list(GENDERS.values())
    counts = [[report.confusion[true, told] for told in kinds] for true in kinds]
    axes.imshow(counts, cmap="Blues", vmin=0)
    for row, line in enumerate(counts):
        for column, count in enumerate(line):
            axes.text(column, row, str(count), ha="center", va="center")
    axes.set_xticks(range(len(kinds)), kinds)
    axes.set_yticks(range(len(kinds)), kinds)
    axes.set(
        xlabel="measured",
        ylabel="true",
        title=f"gender: {report.everybody.gender_accuracy:.1%} right",
    )
    confusion = directory / CONFUSION
    figure.savefig(confusion, dpi=120)
    return ages, confusion
