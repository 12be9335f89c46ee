"""``openfrs faces``: the faces of a face set."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from openfrs.cli import faces_add
from openfrs.cli.arguments import FaceId, FaceSetName, Fields, FilterText
from openfrs.cli.face_queries import all_of, count, page_of
from openfrs.cli.failures import CommandFailed
from openfrs.cli.field_values import pairs, schema_of, typed
from openfrs.cli.output import (
    AsJson,
    Yes,
    box_text,
    fields_text,
    say,
    show_json,
    show_record,
    show_table,
    sure,
)
from openfrs.cli.target import Json, Target, face_set_path
from openfrs.cli.target_options import on_target

app = typer.Typer(no_args_is_help=True, help="Add, list, show, update and delete faces.")
app.command("add")(faces_add.add)


@app.command("list")
@on_target
def list_(
    target: Target,
    face_set: FaceSetName,
    *,
    filter_text: FilterText = None,
    offset: Annotated[int, typer.Option(help="Faces to pass over.", min=0)] = 0,
    limit: Annotated[int, typer.Option(help="Most faces to show.", min=1)] = 20,
    everything: Annotated[
        bool, typer.Option("--all", help="Show all from the offset on, whatever the limit.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the faces of a face set, in the order of their enrolment."""
    if everything:
        faces = list(all_of(target, face_set, filter_text, offset))
        total = offset + len(faces)
    else:
        total, faces = page_of(target, face_set, filter_text, offset, limit)
    if as_json:
        show_json({"total": total, "faces": faces})
        return
    show_table(*table_of(faces))
    shown = f"{offset + 1} to {offset + len(faces)}" if faces else "none"
    say(f"{shown} of {total}{'' if filter_text is None else ' that match'}")


@app.command()
@on_target
def show(
    target: Target, face_set: FaceSetName, face_id: FaceId, *, as_json: AsJson = False
) -> None:
    """Show one face with its fields."""
    where = {"face_id": face_id}
    answer = target.ask("GET", face_set_path(face_set, "/faces"), params=where)
    if as_json:
        show_json(answer)
        return
    [face] = answer["faces"]
    show_record(
        {
            "face_id": face["face_id"],
            "external_image_id": face["external_image_id"],
            "box": box_text(face["bounding_box"]),
            "fields": fields_text(face["external_fields"]) or "-",
        }
    )


@app.command()
@on_target
def update(
    target: Target,
    face_set: FaceSetName,
    face_id: FaceId,
    *,
    image_id: Annotated[
        str | None, typer.Option("--external-image-id", help="The new external_image_id.")
    ] = None,
    field: Fields = None,
    as_json: AsJson = False,
) -> None:
    """Change the external_image_id or fields of a face; what is not named stays."""
    body: Json = {"face_id": face_id}
    if image_id is not None:
        body["external_image_id"] = image_id
    if field:
        body["external_fields"] = field_values(target, face_set, field)
    if len(body) == 1:
        raise typer.BadParameter("give --external-image-id or --field")
    answer = target.ask("PUT", face_set_path(face_set, "/faces"), json=body)
    _tell(answer, "updated", as_json=as_json)


@app.command()
@on_target
def delete(
    target: Target,
    face_set: FaceSetName,
    *,
    face_id: Annotated[
        list[str] | None, typer.Option("--id", help="The face_id; repeatable.")
    ] = None,
    image_id: Annotated[
        str | None, typer.Option("--external-image-id", help="All faces with this id.")
    ] = None,
    filter_text: FilterText = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete faces by id, by external_image_id, or all that match a filter, after asking."""
    given = [one for one in (face_id, image_id, filter_text) if one]
    if len(given) != 1:
        raise typer.BadParameter("give one of --id, --external-image-id and --filter")
    path = face_set_path(face_set, "/faces")
    if face_id:
        chosen = list(dict.fromkeys(face_id))
        sure(f"Delete {_faces(len(chosen))} of {face_set}?", yes=yes)
        answer = _delete_each(target, path, chosen)
    elif image_id:
        if not yes:
            _sure_of_those(target, face_set, f"external_image_id:{image_id}")
        answer = target.ask("DELETE", path, params={"external_image_id": image_id})
    else:
        assert filter_text
        if not yes:
            _sure_of_those(target, face_set, filter_text)
        answer = target.ask("DELETE", f"{path}/batch", json={"filter": filter_text})
    _tell(answer, "deleted", as_json=as_json)


def _sure_of_those(target: Target, face_set: str, filter_text: str) -> None:
    """Asks about the faces that match. Raises CommandFailed where none does, and as ``sure``."""
    number = count(target, face_set, filter_text)
    if number == 0:
        raise CommandFailed(f"no face of {face_set} matches")
    sure(f"Delete {_faces(number)} of {face_set}?", yes=False)


def _delete_each(target: Target, path: str, face_ids: Sequence[str]) -> Json:
    """The answer for all of them. Where one is refused, tells what has gone. CommandFailed."""
    answer: Json = {}
    for number, face_id in enumerate(face_ids):
        try:
            answer = target.ask("DELETE", path, params={"face_id": face_id})
        except CommandFailed:
            if number:
                say(f"deleted {_faces(number)}, up to {face_ids[number - 1]}")
            raise
    return {**answer, "face_number": len(face_ids)}


def field_values(target: Target, face_set: str, texts: Sequence[str]) -> Mapping[str, object]:
    """The values of ``--field`` options. Raises typer.BadParameter, CommandFailed."""
    given = pairs(texts, "--field")
    schema = schema_of(target.ask("GET", face_set_path(face_set))["face_set_info"])
    try:
        return typed(schema, given)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--field") from None


def table_of(faces: Sequence[Json]) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
    """Head and rows of a list of faces."""
    rows = [
        (
            face["face_id"],
            face["external_image_id"],
            box_text(face["bounding_box"]),
            fields_text(face["external_fields"]),
        )
        for face in faces
    ]
    return ("face_id", "external_image_id", "box", "fields"), rows


def _tell(answer: Json, done: str, *, as_json: bool) -> None:
    if as_json:
        show_json(answer)
    else:
        say(f"{done} {_faces(answer['face_number'])}")


def _faces(number: int) -> str:
    return "1 face" if number == 1 else f"{number} faces"
