"""``openfrs detect``: the faces of a picture."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from openfrs.cli.arguments import Picture
from openfrs.cli.output import AsJson, box_text, say, show_json, show_table
from openfrs.cli.picture_files import read_picture
from openfrs.cli.target import Target
from openfrs.cli.target_options import on_target
from openfrs.domain.attributes import Attribute

ALL = "all"
NAMES = {attribute.name.lower().replace("_", "-"): attribute for attribute in Attribute}


@on_target
def detect(
    target: Target,
    picture: Picture,
    *,
    attributes: Annotated[
        str | None,
        typer.Option(
            metavar="all|CODES|NAMES",
            help=f"What to measure, with commas between: {', '.join(NAMES)}.",
        ),
    ] = None,
    draw: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the picture with boxes and points drawn in."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find every face of a picture, the largest first, and measure attributes of each."""
    data = read_picture(picture)
    wanted = _codes(attributes)
    answer = target.send("/face-detect", {"image_file": data}, {"attributes": wanted})
    faces = answer["faces"]
    if draw is not None:
        # Pictures and the numbers that they are made of take a while to load.
        from openfrs.cli.marked_picture import write_marked

        write_marked(draw, data, faces)
    if as_json:
        show_json(answer)
        return
    rows = [
        (number, box_text(face["bounding_box"]), "; ".join(_told(face.get("attributes", {}))))
        for number, face in enumerate(faces, 1)
    ]
    show_table(("face", "box", "attributes"), rows)
    say(f"{len(faces)} found")


def _codes(text: str | None) -> str:
    """The codes of the attributes named, with commas between. Raises typer.BadParameter."""
    if text is None:
        return ""
    if text == ALL:
        return ",".join(str(attribute.value) for attribute in Attribute)
    return ",".join(str(_attribute(word.strip()).value) for word in text.split(","))


def _attribute(word: str) -> Attribute:
    if word.isascii() and word.isdigit() and int(word) in tuple(Attribute):
        return Attribute(int(word))
    try:
        return NAMES[word.lower().replace("_", "-")]
    except KeyError:
        raise typer.BadParameter(
            f"there is no attribute {word!r}; there are all, {', '.join(NAMES)}, and the codes "
            f"{', '.join(str(attribute.value) for attribute in Attribute)}",
            param_hint="--attributes",
        ) from None


def _told(attributes: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Each value with its name; contours are told by their number of points."""
    for name, value in attributes.items():
        if not isinstance(value, dict):
            yield f"{path}{name} {value}"
        elif name == "landmark":
            yield f"landmark {sum(len(contour['point']) for contour in value.values())} points"
        else:
            yield from _told(value, f"{name} ")
