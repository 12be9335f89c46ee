"""``openfrs eval attributes``: how far ages and genders are off, on labelled pictures."""

import json
from collections.abc import Iterator, Sequence
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
from openfrs.domain.attributes import Attribute, Attributes
from openfrs.domain.errors import ImageRefused
from openfrs.domain.pictures import PictureFile
from openfrs.evaluation.attribute_plots import draw_attributes
from openfrs.evaluation.attributes import (
    ADULT,
    Group,
    Labelled,
    Measured,
    Report,
    evaluate,
    read_labels,
)
from openfrs.evaluation.det_plot import require_plots
from openfrs.installed_models import onnx_engine
from openfrs.openers import picture_reader, url_policy
from openfrs.operations.detect import detect
from openfrs.settings import Settings, load_settings

WANTED = frozenset({Attribute.AGE, Attribute.GENDER})


def attributes(
    *,
    root: Root,
    labels: Annotated[
        Path,
        typer.Option(
            "--labels",
            help="TSV with a header: file (path below --root), age (years) and gender (m or f).",
            dir_okay=False,
            exists=True,
        ),
    ],
    as_json: AsJson = False,
    plots: Annotated[
        Path | None,
        typer.Option(
            "--plots",
            help="Directory for a histogram of age errors and the confusion of genders.",
            file_okay=False,
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Mean age error and gender accuracy of face-detect over pictures of one person each.

    The largest face counts. Pictures in which no face is found are counted apart.
    """
    with telling_of_files():
        if plots is not None:
            require_plots()
        listed = read_labels(labels)
        check_there(root, [one.file for one in listed])
        report = evaluate(_measured(root, listed, load_settings(data_dir)))
        for drawn in draw_attributes(report, plots) if plots is not None else ():
            typer.echo(f"drawn: {drawn}", err=True)
    if as_json:
        typer.echo(json.dumps(_document(report), indent=2))
        return
    typer.echo("\n".join(_lines(report)))


def _measured(root: Path, listed: Sequence[Labelled], settings: Settings) -> Sequence[Measured]:
    """What the operation answers to each picture."""
    engine = onnx_engine(settings)
    read = picture_reader(settings.limits, url_policy(settings))
    unread: list[str] = []

    def largest(file: str) -> Attributes | None:
        try:
            found = detect(engine, engine, read, PictureFile((root / file).read_bytes()), WANTED)
        except ImageRefused:
            unread.append(file)
            return None
        return found[0].attributes if found else None

    measured = []
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("pictures", total=len(listed))
        for one in listed:
            measured.append((one, largest(one.file)))
            bar.advance(task)
    tell_unread(unread, len(listed), counted="count as without a face")
    return measured


def _document(report: Report) -> dict[str, object]:
    """The number of faces alone where there is none to measure."""
    group = report.everybody
    if not group.faces:
        return {"faces": 0}
    return {
        "faces": group.faces,
        "age_mae": round(group.age_mae, 4),
        "gender_accuracy": round(group.gender_accuracy, 6),
    }


def _lines(report: Report) -> Iterator[str]:
    yield f"pictures             {report.everybody.faces + report.failures}"
    yield f"without a face       {report.failures}"
    for name, group in (("all", report.everybody), (f"{ADULT} and older", report.adults)):
        yield from _group_lines(name, group)
    for (true, told), count in report.confusion.items():
        yield f"{true + ' seen as ' + told:<28} {count}"


def _group_lines(name: str, group: Group) -> Iterator[str]:
    if group.faces:
        yield f"{name:<20} {group.faces} faces"
        yield f"  mean age error     {group.age_mae:.2f} years"
        yield f"  gender accuracy    {group.gender_accuracy:.2%}"
