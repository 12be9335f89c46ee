"""The detection error trade-off of a liveness check, as a picture."""

from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from openfrs.evaluation.liveness import Report

FILE_NAME = "liveness-det.png"
TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
LEAST, MOST = 0.0005, 0.6
"""Rates that are drawn; others lie on the frame, since 0 and 1 are infinitely far away."""


class PlotsUnavailable(ValueError):
    """What draws is not installed; the message says how to have it."""


def require_plots() -> None:
    """Raises PlotsUnavailable."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise PlotsUnavailable("--plots needs matplotlib: pip install 'openfrs[plots]'") from None


def draw_det(
    report: Report, bpcer: NDArray[np.float64], apcer: NDArray[np.float64], directory: Path
) -> Path:
    """The curve, on axes on which normally distributed scores make a straight line."""
    require_plots()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    directory.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(6, 6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot(_deviates(apcer), _deviates(bpcer), drawstyle="steps-post", color="tab:blue")
    axes.plot(
        *_deviates(np.array([[report.apcer], [report.bpcer]])),
        marker="o",
        linestyle="",
        color="tab:red",
        label=f"threshold {report.threshold:g}",
    )
    ticks = _deviates(np.array(TICKS))
    labels = [f"{100 * tick:g} %" for tick in TICKS]
    ends = _deviates(np.array((LEAST, MOST)))
    axes.set(
        xlabel="APCER: attacks called alive",
        ylabel="BPCER: live pictures refused",
        xlim=ends,
        ylim=ends,
        title=f"{report.live} live, {report.attack} attacks: EER {report.eer:.2%}",
    )
    axes.set_xticks(ticks, labels)
    axes.set_yticks(ticks, labels)
    axes.grid(visible=True, alpha=0.3)
    axes.axline((0, 0), slope=1, color="grey", linewidth=0.5)
    axes.legend()
    path = directory / FILE_NAME
    figure.savefig(path, dpi=120)
    return path


def _deviates(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    inverse = np.vectorize(NormalDist().inv_cdf, otypes=[float])
    return np.asarray(inverse(np.clip(rates, LEAST, MOST)))
