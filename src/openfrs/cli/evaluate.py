"""``openfrs eval``: how well the installed models do, on pictures of one's own."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from openfrs import images
from openfrs.cli import evaluate_attributes, evaluate_detection, evaluate_liveness
from openfrs.cli.eval_options import AsJson, DataDir, Root, check_there, telling_of_files
from openfrs.domain.faces import Image
from openfrs.domain.limits import Limits
from openfrs.domain.ports import FaceEngine
from openfrs.evaluation import calibration
from openfrs.evaluation.pairs import Report, evaluate, read_pairs
from openfrs.evaluation.templates import Enrolled, enrol
from openfrs.installed_models import onnx_engine
from openfrs.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, help="Measure on pictures of one's own; nothing is stored.")

app.command()(evaluate_attributes.attributes)
app.command()(evaluate_liveness.liveness)
app.command("detect")(evaluate_detection.detection)

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})


@app.command()
def pairs(
    *,
    root: Root,
    pairs_file: Annotated[
        Path,
        typer.Option(
            "--pairs",
            help="TSV with a header: img1, img2 (paths below --root), same (1 or 0), and perhaps "
            "fold.",
        ),
    ],
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Accuracy and true match rates over pairs of pictures of the same and of different people.

    Each fold is judged by the threshold that is best on all others; pairs without a fold are
    dealt out to ten. A pair with a picture in which no face is found counts as no match.
    """
    with telling_of_files():
        listed = read_pairs(pairs_file)
        settings = load_settings(data_dir)
        names = list(dict.fromkeys(name for pair in listed for name in (pair.img1, pair.img2)))
        check_there(root, names)
        enrolled = _enrolled(root, names, onnx_engine(settings), settings)
    report = evaluate(listed, enrolled.vectors)
    if as_json:
        typer.echo(json.dumps(_document(report, enrolled), indent=2))
        return
    typer.echo("\n".join(_lines(report, enrolled)))


@app.command()
def calibrate(*, root: Root, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """The calibration of the installed pack, from pictures in one directory a person.

    All pictures of different people are compared; nobody may occur under two names. Points and
    rates are printed as a pack's manifest takes them.
    """
    with telling_of_files():
        settings = load_settings(data_dir)
        names = sorted(
            str(path.relative_to(root))
            for path in root.glob("*/*")
            if path.suffix.lower() in PICTURES
        )
        enrolled = _enrolled(root, names, onnx_engine(settings), settings)
        vectors = {name: one for name, one in enrolled.vectors.items() if one is not None}
        people = [Path(name).parts[0] for name in vectors]
        measured = calibration.measure(people, list(vectors.values()))
    made = measured.calibration()
    points, rates = ([list(pair) for pair in pairs] for pairs in (made.points, made.rates))
    if as_json:
        document = {"non_mated": measured.non_mated, "points": points, "rates": rates}
        typer.echo(json.dumps(document, indent=2))
        return
    typer.echo(f"people               {measured.people}")
    typer.echo(f"pictures             {measured.pictures}")
    typer.echo(f"failures to enrol    {enrolled.failures}")
    typer.echo(f"non-mated pairs      {measured.non_mated}")
    for point in measured.points:
        sure = "" if point.low is None else f"   95 % in {point.low:.4f} .. {point.high:.4f}"
        typer.echo(f"false match rate {point.false_match_rate:<7g} score {point.score:.4f}{sure}")
    typer.echo(f"points = {json.dumps(points)}")
    typer.echo(f"rates = {json.dumps(rates)}")


def _enrolled(root: Path, names: Sequence[str], engine: FaceEngine, settings: Settings) -> Enrolled:
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("pictures", total=len(names))
        return enrol(root, names, engine, _decoder(settings.limits), lambda: bar.advance(task))


def _decoder(limits: Limits) -> Callable[[bytes], Image]:
    return lambda data: images.decode(data, limits)


def _document(report: Report, enrolled: Enrolled) -> dict[str, object]:
    return {
        "pairs": report.pairs,
        "accuracy": round(report.accuracy, 6),
        "accuracy_std": round(report.accuracy_std, 6),
        "tar": {f"{rate:g}": round(value, 6) for rate, value in report.tar.items()},
        "failures_to_enrol": enrolled.failures,
        "ms_per_picture": round(enrolled.ms_per_picture, 2),
    }


def _lines(report: Report, enrolled: Enrolled) -> Iterator[str]:
    yield f"pairs                {report.pairs} ({report.mated} same, {report.non_mated} different)"
    yield (
        f"accuracy             {report.accuracy:.2%} ± {report.accuracy_std:.2%} "
        f"over {report.folds} folds"
    )
    for rate, value in report.tar.items():
        few = "" if rate * report.non_mated >= 1 else ", too few for this rate"
        yield (
            f"true match rate      {value:.2%} at false match rate {rate:g} "
            f"({report.mated} mated, {report.non_mated} non-mated pairs{few})"
        )
    yield f"failures to enrol    {enrolled.failures} of {len(enrolled.vectors)} pictures"
    yield f"time per picture     {enrolled.ms_per_picture:.1f} ms"
