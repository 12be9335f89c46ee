"""``openfrs faces add``: many pictures into a face set."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from openfrs.cli.arguments import FaceSetName, Fields
from openfrs.cli.enrolment import Became, Manner, Outcome, Run
from openfrs.cli.enrolment_plan import Entry, IdFrom, make_plan
from openfrs.cli.face_queries import bears
from openfrs.cli.failures import Status
from openfrs.cli.field_values import pairs, quality_gate, schema_of, typed
from openfrs.cli.output import AsJson, say, show_json, show_table
from openfrs.cli.people_file import read_people
from openfrs.cli.picture_files import expanded
from openfrs.cli.target import Json, Target, face_set_path
from openfrs.cli.target_options import on_target


@on_target
def add(
    target: Target,
    face_set: FaceSetName,
    pictures: Annotated[
        list[str] | None,
        typer.Argument(help="Picture files, folders, patterns; - for stdin."),
    ] = None,
    *,
    id_from: Annotated[
        IdFrom,
        typer.Option(
            help="Where external_image_id comes from: the service makes one, or it is the file's "
            "name without its ending (stem), that with hyphens for what an id may not hold (slug), "
            "or its folder's name.",
        ),
    ] = IdFrom.SERVICE,
    image_id: Annotated[
        str | None, typer.Option("--external-image-id", help="The id of all these pictures.")
    ] = None,
    field: Fields = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            help="Who is on which picture: columns file, external_image_id, and fields. "
            "Without PICTURES, all files it names.",
        ),
    ] = None,
    all_faces: Annotated[
        bool, typer.Option("--all-faces", help="Add every face of a picture, not the largest.")
    ] = False,
    gate: Annotated[
        list[str] | None,
        typer.Option(
            "--quality-gate",
            metavar="NAME=NUMBER",
            help="A bound that the faces must keep, such as blur=0.5; repeatable.",
        ),
    ] = None,
    skip_existing: Annotated[
        bool,
        typer.Option(
            "--skip-existing", help="Leave out pictures whose external_image_id is there already."
        ),
    ] = False,
    concurrency: Annotated[
        int, typer.Option(help="Pictures sent at the same time.", min=1, max=64)
    ] = 4,
    as_json: AsJson = False,
) -> None:
    """Add the largest face of each picture. Exit status 1 where some could not be added."""
    if not pictures and csv is None:
        raise typer.BadParameter("give some, or --csv", param_hint="PICTURES")
    schema = schema_of(target.ask("GET", face_set_path(face_set))["face_set_info"])
    try:
        fields = typed(schema, pairs(field, "--field"))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--field") from None
    plan = make_plan(
        expanded(pictures or ()),
        id_from=id_from,
        image_id=image_id,
        fields=fields,
        people=None if csv is None else read_people(csv, schema),
    )
    manner = Manner(face_set, not all_faces, quality_gate(gate), concurrency)
    there = _there(target, manner, plan) if skip_existing else frozenset()
    run = Run(target, manner)
    with _bar(len(plan)) as advance:
        for entry in plan:
            if entry.image_id in there:
                run.outcomes.append(Outcome(entry, Became.SKIPPED))
                advance()
        run.enrol([entry for entry in plan if entry.image_id not in there], advance)
    _tell(run.outcomes, plan, as_json=as_json)
    if run.interrupted:
        raise typer.Exit(Status.INTERRUPTED)
    if run.failure is not None:
        raise run.failure
    if any(outcome.became is Became.FAILED for outcome in run.outcomes):
        raise typer.Exit(Status.REFUSED)


def _there(target: Target, manner: Manner, plan: Sequence[Entry]) -> frozenset[str]:
    """The ids of the plan that the face set holds. Raises typer.BadParameter, CommandFailed."""
    ids = list(dict.fromkeys(entry.image_id for entry in plan if entry.image_id is not None))
    if any(entry.image_id is None for entry in plan):
        raise typer.BadParameter(
            "needs an external_image_id for each picture: --id-from or --csv",
            param_hint="--skip-existing",
        )
    with ThreadPoolExecutor(manner.concurrency) as threads:
        found = threads.map(lambda image_id: bears(target, manner.face_set, image_id), ids)
        return frozenset(image_id for image_id, there in zip(ids, found, strict=True) if there)


@contextmanager
def _bar(pictures: int) -> Iterator[Callable[[], None]]:
    """What moves a progress bar on; there is a bar only on a terminal, and for several."""
    if pictures < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("pictures", total=pictures)
        yield lambda: bar.advance(task)


def _tell(outcomes: Sequence[Outcome], plan: Sequence[Entry], *, as_json: bool) -> None:
    """Prints what became of each picture, in the order of the plan, failures last."""
    place = {entry.picture: number for number, entry in enumerate(plan)}
    told = sorted(outcomes, key=lambda one: (_FAILURES_LAST[one.became], place[one.entry.picture]))
    number = Counter(outcome.became for outcome in outcomes)
    faces = sum(len(outcome.faces) for outcome in outcomes)
    if as_json:
        counts = {became.value.replace(" ", "_"): number[became] for became in Became}
        show_json({**counts, "faces": faces, "pictures": [_document(one) for one in told]})
    else:
        show_table(("picture", "became", "external_image_id", "face_id", "reason"), _rows(told))
    parts = [f"{number[became]} {became}" for became in Became if number[became]]
    say(f"{len(plan)} pictures: {', '.join(parts)}; {faces} new faces")


_FAILURES_LAST = {Became.ADDED: 0, Became.SKIPPED: 0, Became.NOT_TRIED: 1, Became.FAILED: 2}


def _rows(told: Sequence[Outcome]) -> Sequence[Sequence[str]]:
    return [
        (
            outcome.entry.picture,
            str(outcome.became),
            _image_id(outcome),
            ", ".join(face["face_id"] for face in outcome.faces),
            f"{outcome.code} {outcome.reason}".strip(),
        )
        for outcome in told
    ]


def _document(outcome: Outcome) -> Json:
    document: Json = {"picture": outcome.entry.picture, "became": str(outcome.became)}
    if image_id := _image_id(outcome):
        document["external_image_id"] = image_id
    if outcome.faces:
        document["faces"] = outcome.faces
    if outcome.code:
        document["error_code"] = outcome.code
    if outcome.reason:
        document["error_msg"] = outcome.reason
    return document


def _image_id(outcome: Outcome) -> str:
    """The id that the face has, or would have had."""
    for face in outcome.faces:
        return str(face["external_image_id"])
    return outcome.entry.image_id or ""
