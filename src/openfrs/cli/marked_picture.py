"""A picture with what was detected drawn in."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import PIL.Image
import typer
from PIL import ImageDraw

from openfrs import images
from openfrs.cli.target import Json
from openfrs.domain.limits import OPEN

ANY_SIZE = replace(OPEN, picture_bytes=sys.maxsize, picture_side=sys.maxsize)
"""The service that found the faces has had its say about the size."""
COLOUR = (0, 200, 83)
POINT_COLOUR = (255, 196, 0)


def write_marked(file: Path, data: bytes, faces: Sequence[Json]) -> None:
    """Writes the upright picture with a numbered box for each face, and its points if there are.

    The ending of the file's name says its format. Raises typer.BadParameter where that is none or
    the file cannot be written.
    """
    canvas = PIL.Image.fromarray(images.decode(data, ANY_SIZE))
    pen = ImageDraw.Draw(canvas)
    thick = max(2, max(canvas.size) // 400)
    small = thick / 2
    for number, face in enumerate(faces, 1):
        box = face["bounding_box"]
        left, top = box["top_left_x"], box["top_left_y"]
        right, bottom = left + box["width"] - 1, top + box["height"] - 1
        pen.rectangle((left, top, right, bottom), outline=COLOUR, width=thick)
        pen.text((left + 2 * thick, top + thick), str(number), fill=COLOUR, font_size=10 * thick)
        for contour in face.get("attributes", {}).get("landmark", {}).values():
            for point in contour["point"]:
                x, y = point["x"], point["y"]
                pen.ellipse((x - small, y - small, x + small, y + small), fill=POINT_COLOUR)
    try:
        canvas.save(file)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(
            f"{file} cannot be written: {error}", param_hint="--draw"
        ) from None
