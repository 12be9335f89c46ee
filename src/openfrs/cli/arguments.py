"""Arguments that several commands on faces take."""

from typing import Annotated

import typer

from openfrs.cli.completion import face_set_names

FaceSetName = Annotated[
    str, typer.Argument(help="Name of the face set.", autocompletion=face_set_names)
]
FaceId = Annotated[str, typer.Argument(help="The face_id.")]
FilterText = Annotated[
    str | None,
    typer.Option(
        "--filter", metavar="FILTER", help="Only faces that match, such as 'floor:[3 TO *]'."
    ),
]
Fields = Annotated[
    list[str] | None,
    typer.Option("--field", metavar="NAME=VALUE", help="Value of a custom field; repeatable."),
]
Picture = Annotated[str, typer.Argument(help="Picture file (JPEG, PNG, BMP); - for stdin.")]
