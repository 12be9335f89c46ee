"""``openfrs eval liveness``: how well the passive check does, on labelled pictures."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
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
from openfrs.domain.errors import ImageRefused, NoFaceDetected, SeveralFaces
from openfrs.domain.pictures import PictureFile
from openfrs.evaluation.det_plot import draw_det, require_plots
from openfrs.evaluation.liveness import (
    REFUSED,
    Labelled,
    Report,
    Scores,
    error_rates,
    evaluate,
    read_labels,
)
from openfrs.installed_models import onnx_engine, silent_checks
from openfrs.openers import picture_reader, url_policy
from openfrs.operations.silent_liveness import detect_live_face
from openfrs.settings import Settings, load_settings


def liveness(
    *,
    root: Root,
    labels: Annotated[
        Path,
        typer.Option(
            "--labels",
            help="TSV with a header: file (path below --root) and live (1 or 0).",
            dir_okay=False,
            exists=True,
        ),
    ],
    as_json: AsJson = False,
    plots: Annotated[
        Path | None,
        typer.Option("--plots", help="Directory for a plot of the error rates.", file_okay=False),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Error rates of live-detect-face over live pictures and attacks.

    BPCER is the part of live pictures that is refused, APCER the part of attacks that is called
    alive, both at the threshold of the settings; EER is where both are equal. A picture in which
    no face is found is refused: an error where it is live, none where it is an attack.
    """
    with telling_of_files():
        if plots is not None:
            require_plots()
        listed = read_labels(labels)
        check_there(root, [one.file for one in listed])
        settings = load_settings(data_dir)
        live, attack = _scores(root, listed, settings)
        report = evaluate(live, attack, settings.liveness_threshold)
        if plots is not None:
            drawn = draw_det(report, *error_rates(live, attack), plots)
            typer.echo(f"drawn: {drawn}", err=True)
    if as_json:
        typer.echo(json.dumps(_document(report), indent=2))
        return
    typer.echo("\n".join(_lines(report)))


def _scores(root: Path, listed: Sequence[Labelled], settings: Settings) -> tuple[Scores, Scores]:
    """What the operation answers to the live pictures, and to the attacks."""
    checks = silent_checks(settings)
    if checks.detector is None:
        raise ValueError(checks.missing)
    engine = onnx_engine(settings)
    decode = picture_reader(settings.limits, url_policy(settings))
    found: dict[bool, list[float]] = {True: [], False: []}
    unread: list[str] = []
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("pictures", total=len(listed))
        for one in listed:
            source = PictureFile((root / one.file).read_bytes())
            try:
                verdict = detect_live_face(engine, engine, checks, decode, source)
                found[one.live].append(verdict.confidence)
            except ImageRefused as refusal:
                found[one.live].append(REFUSED)
                if not isinstance(refusal, NoFaceDetected | SeveralFaces):
                    unread.append(one.file)
            bar.advance(task)
    # Attacks among them would make the service look better than it is.
    tell_unread(unread, len(listed), counted="count as refused")
    return np.array(found[True]), np.array(found[False])


def _document(report: Report) -> dict[str, object]:
    return {
        "live": report.live,
        "attack": report.attack,
        "eer": round(report.eer, 6),
        "threshold": report.threshold,
        "bpcer": round(report.bpcer, 6),
        "apcer": round(report.apcer, 6),
    }


def _lines(report: Report) -> Iterator[str]:
    yield f"live pictures        {report.live}, {report.live_refused} not judged (errors)"
    yield f"attacks              {report.attack}, {report.attack_refused} not judged (refused)"
    yield f"equal error rate     {report.eer:.2%}"
    yield f"threshold            {report.threshold:g}"
    yield f"BPCER                {report.bpcer:.2%} of live pictures refused"
    yield f"APCER                {report.apcer:.2%} of attacks called alive"
