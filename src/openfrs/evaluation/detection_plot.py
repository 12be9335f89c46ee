"""What a detector finds against how much of that is right, as a picture."""

from pathlib import Path

from openfrs.evaluation.det_plot import require_plots
from openfrs.evaluation.detection import Report, precision_and_recall

FILE_NAME = "detection-precision-recall.png"


def draw_precision_and_recall(report: Report, directory: Path) -> Path:
    """The curve over the detector's scores. Raises PlotsUnavailable."""
    require_plots()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    directory.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(6, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    precision, recall = precision_and_recall(report)
    axes.plot(recall, precision, marker=".", color="tab:blue")
    axes.set(
        xlabel="recall: marked faces that are found",
        ylabel="precision: boxes found that are marked faces",
        xlim=(0, 1.02),
        ylim=(0, 1.02),
        title=f"{report.found} of {report.faces} faces, {report.false_alarms} false alarms",
    )
    axes.grid(visible=True, alpha=0.3)
    path = directory / FILE_NAME
    figure.savefig(path, dpi=120)
    return path
