"""``openfrs compare``: do two pictures show one person?"""

from typing import Annotated

import typer

from openfrs.cli.arguments import Picture
from openfrs.cli.output import AsJson, box_text, show_json, show_record
from openfrs.cli.picture_files import STDIN, read_picture
from openfrs.cli.target import Target
from openfrs.cli.target_options import on_target

USUALLY_ONE_PERSON = 0.93
"""The similarity at which one in ten thousand comparisons of different people passes, by which
the calibration of a model pack is measured (docs/explanation/scores.md)."""


@on_target
def compare(
    target: Target,
    picture1: Picture,
    picture2: Picture,
    *,
    threshold: Annotated[
        float, typer.Option(help="Similarity from which on it passes.", min=0, max=1)
    ] = USUALLY_ONE_PERSON,
    as_json: AsJson = False,
) -> None:
    """Tell how similar the largest faces of two pictures are, and whether that passes.

    It does not change the exit status.
    """
    if picture1 == picture2 == STDIN:
        raise typer.BadParameter("only one of the pictures can come from standard input")
    files = {"image1_file": read_picture(picture1), "image2_file": read_picture(picture2)}
    answer = target.send("/face-compare", files)
    passes = answer["similarity"] >= threshold
    if as_json:
        show_json({**answer, "threshold": threshold, "passes": passes})
        return
    show_record(
        {
            "similarity": answer["similarity"],
            "threshold": threshold,
            "passes": "yes" if passes else "no",
            "face 1": box_text(answer["image1_face"]["bounding_box"]),
            "face 2": box_text(answer["image2_face"]["bounding_box"]),
        }
    )
