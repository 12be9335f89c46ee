"""``openfrs face-sets``: the face sets of a project."""

from collections.abc import Mapping
from typing import Annotated

import typer

from openfrs.cli.arguments import FaceSetName
from openfrs.cli.field_values import pairs, quality_gate
from openfrs.cli.output import AsJson, Yes, say, show_json, show_record, show_table, sure
from openfrs.cli.target import Json, Target, face_set_path
from openfrs.cli.target_options import on_target

app = typer.Typer(no_args_is_help=True, help="List, create, show and delete face sets.")


@app.command("list")
@on_target
def list_(target: Target, *, as_json: AsJson = False) -> None:
    """Show the face sets of the project."""
    answer = target.ask("GET", "/face-sets")
    if as_json:
        show_json(answer)
        return
    rows = [
        (
            info["face_set_name"],
            info["face_number"],
            info["face_set_capacity"],
            _fields(info["external_fields"]),
            info["create_date"],
        )
        for info in answer["face_sets_info"]
    ]
    show_table(("face set", "faces", "capacity", "fields", "created"), rows)


@app.command()
@on_target
def create(
    target: Target,
    face_set: Annotated[str, typer.Argument(help="Name of the new face set.")],
    *,
    field: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            metavar="NAME=TYPE",
            help="A field of its faces: string, integer, long, float, double or boolean; "
            "repeatable.",
        ),
    ] = None,
    capacity: Annotated[
        int | None, typer.Option(help="Most faces it may hold; the server's own if absent.")
    ] = None,
    gate: Annotated[
        list[str] | None,
        typer.Option(
            "--quality-gate",
            metavar="NAME=NUMBER",
            help="A bound that enrolled faces must keep, such as blur=0.5; repeatable.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a face set. Its fields cannot be changed later."""
    body: Json = {
        "face_set_name": face_set,
        "external_fields": {name: {"type": kind} for name, kind in pairs(field, "--field").items()},
        "quality_gate": quality_gate(gate),
    }
    if capacity is not None:
        body["face_set_capacity"] = capacity
    _show(target.ask("POST", "/face-sets", json=body), as_json=as_json)


@app.command()
@on_target
def show(target: Target, face_set: FaceSetName, *, as_json: AsJson = False) -> None:
    """Show one face set: how many faces it holds, and its fields."""
    _show(target.ask("GET", face_set_path(face_set)), as_json=as_json)


@app.command()
@on_target
def delete(
    target: Target, face_set: FaceSetName, *, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Delete a face set with all its faces."""
    if not yes:
        info = target.ask("GET", face_set_path(face_set))["face_set_info"]
        sure(f"Delete {face_set} with {info['face_number']} faces?", yes=yes)
    answer = target.ask("DELETE", face_set_path(face_set))
    if as_json:
        show_json(answer)
    else:
        say(f"deleted {face_set}")


def _show(answer: Json, *, as_json: bool) -> None:
    if as_json:
        show_json(answer)
        return
    info = answer["face_set_info"]
    show_record(
        {
            "face set": info["face_set_name"],
            "id": info["face_set_id"],
            "faces": info["face_number"],
            "capacity": info["face_set_capacity"],
            "fields": _fields(info["external_fields"]),
            "created": info["create_date"],
        }
    )


def _fields(definitions: Mapping[str, Mapping[str, str]]) -> str:
    return ", ".join(f"{name}={kind['type']}" for name, kind in definitions.items()) or "-"
