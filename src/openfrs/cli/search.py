"""``openfrs search``: who of a face set is on a picture."""

from collections.abc import Sequence
from typing import Annotated

import typer

from openfrs.cli.arguments import FaceSetName, FilterText
from openfrs.cli.compare import USUALLY_ONE_PERSON
from openfrs.cli.faces import table_of
from openfrs.cli.output import AsJson, say, show_json, show_table
from openfrs.cli.picture_files import read_picture
from openfrs.cli.target import Json, Target, face_set_path
from openfrs.cli.target_options import on_target


@on_target
def search(
    target: Target,
    face_set: FaceSetName,
    picture: Annotated[
        str | None, typer.Argument(help="Picture file (JPEG, PNG, BMP); - for stdin.")
    ] = None,
    *,
    face_id: Annotated[
        str | None, typer.Option("--face-id", help="Search for a face of the set instead.")
    ] = None,
    top_n: Annotated[int, typer.Option(help="Most faces to find.", min=1)] = 10,
    threshold: Annotated[
        float, typer.Option(help="Least similarity, from 0 to 1.", min=0, max=1)
    ] = 0.0,
    filter_text: FilterText = None,
    sort: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD:asc|desc",
            help="Order of what is found, by fields instead of similarity; repeatable.",
        ),
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option(help="Fields to show, with commas between them; all if absent."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find the faces of a set that are most like the largest face of a picture."""
    if (picture is None) == (face_id is None):
        raise typer.BadParameter("give a picture or --face-id, one of them")
    query: Json = {"top_n": top_n, "threshold": threshold}
    if filter_text is not None:
        query["filter"] = filter_text
    if sort:
        query["sort"] = [_direction(text) for text in sort]
    query["return_fields"] = _fields(target, face_set, fields)
    path = face_set_path(face_set, "/search")
    if picture is None:
        answer = target.ask("POST", path, json={**query, "face_id": face_id})
    else:
        answer = target.send(path, {"image_file": read_picture(picture)}, query)
    if as_json:
        show_json(answer)
        return
    found = answer["faces"]
    head, rows = table_of(found)
    show_table(
        ("similarity", *head),
        [(face["similarity"], *row) for face, row in zip(found, rows, strict=True)],
    )
    likely = sum(face["similarity"] >= USUALLY_ONE_PERSON for face in found)
    say(f"{len(found)} found, {likely} of them at {USUALLY_ONE_PERSON} or above")


def _direction(text: str) -> dict[str, str]:
    name, _, direction = text.partition(":")
    if direction not in ("asc", "desc"):
        raise typer.BadParameter(f"{text!r} is not field:asc or field:desc", param_hint="--sort")
    return {name: direction}


def _fields(target: Target, face_set: str, text: str | None) -> Sequence[str]:
    """The fields named; all of the face set where none is."""
    if text is not None:
        return [name for part in text.split(",") if (name := part.strip())]
    return list(target.ask("GET", face_set_path(face_set))["face_set_info"]["external_fields"])
