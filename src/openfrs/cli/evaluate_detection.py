"""``openfrs eval detect``: how many marked faces are found, and how much else."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from openfrs.cli.eval_options import (
    AsJson,
    DataDir,
    Root,
    check_there,
    tell_unread,
    telling_of_files,
)
from openfrs.domain.errors import ImageRefused
from openfrs.domain.pictures import PictureFile
from openfrs.evaluation.det_plot import require_plots
from openfrs.evaluation.detection import Boxes, Found, Report, evaluate, read_boxes
from openfrs.evaluation.detection_plot import draw_precision_and_recall
from openfrs.installed_models import onnx_engine
from openfrs.openers import picture_reader, url_policy
from openfrs.operations.detect import detect
from openfrs.settings import Settings, load_settings


def detection(
    *,
    root: Root,
    labels: Annotated[
        Path,
        typer.Option(
            "--labels",
            help="TSV with a header: file (path below --root), left, top, width, height; a row for "
            "each face, one with empty numbers for a picture without a face.",
            dir_okay=False,
            exists=True,
        ),
    ],
    as_json: AsJson = False,
    plots: Annotated[
        Path | None,
        typer.Option(
            "--plots", help="Directory for a plot of precision against recall.", file_okay=False
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Faces found and missed by face-detect, and false alarms, over pictures with marked faces.

    A face is found where a box overlaps its own by 0.4 of their union.
    """
    with telling_of_files():
        if plots is not None:
            require_plots()
        marked = read_boxes(labels)
        check_there(root, list(marked))
        report = evaluate(
            [(marked[name], found) for name, found in _found(root, marked, load_settings(data_dir))]
        )
        if plots is not None:
            typer.echo(f"drawn: {draw_precision_and_recall(report, plots)}", err=True)
    if as_json:
        typer.echo(json.dumps(_document(report), indent=2))
        return
    typer.echo("\n".join(_lines(report)))


def _found(
    root: Path, marked: Mapping[str, Boxes], settings: Settings
) -> Iterator[tuple[str, Found]]:
    """What the operation finds in each picture; nothing where the picture is refused."""
    engine = onnx_engine(settings)
    read = picture_reader(settings.limits, url_policy(settings))
    unread: list[str] = []
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("pictures", total=len(marked))
        for name in marked:
            source = PictureFile((root / name).read_bytes())
            try:
                faces = detect(engine, engine, read, source, frozenset())
            except ImageRefused:
                unread.append(name)
                faces = []
            yield name, [(one.face.bounding_box, one.face.detection_score) for one in faces]
            bar.advance(task)
    tell_unread(unread, len(marked), counted="count as without a face")


def _document(report: Report) -> dict[str, object]:
    """Without recall where no face is marked, and without precision where nothing was found."""
    rates = {"recall": report.recall, "precision": report.precision}
    return {
        "pictures": report.pictures,
        "faces": report.faces,
        "found": report.found,
        "false_alarms": report.false_alarms,
    } | {name: round(rate, 6) for name, rate in rates.items() if rate is not None}


def _lines(report: Report) -> Iterator[str]:
    yield f"pictures             {report.pictures}"
    yield f"faces                {report.faces}"
    if report.recall is not None:
        yield f"found                {report.found} ({report.recall:.2%})"
    if report.missed_sides:
        yield f"missed               {', '.join(map(str, sorted(report.missed_sides)))} pixels wide"
    yield f"false alarms         {report.false_alarms}"
    if report.precision is not None:
        yield f"precision            {report.precision:.2%}"
