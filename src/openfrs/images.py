"""Bytes of a picture file to an upright RGB array, with every limit checked before decoding.

JPEG, PNG and BMP are taken (spec 10). What a file says about itself is not trusted to the decoder:
the file is reduced to its pixels first (image_files.py), so that colour profiles, texts, previews
and animations are never unpacked; then its size is read and checked; then it is decoded.
"""

import base64
import io
import re

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from openfrs.domain.errors import (
    ImageDimensionsRefused,
    ImageFormatUnsupported,
    ImageNotBase64,
    ImageTooLarge,
)
from openfrs.domain.faces import BoundingBox, Image
from openfrs.domain.limits import Limits
from openfrs.image_files import JPEG, PNG, NotReadable, reduced_jpeg, reduced_png

BMP = b"BM"

BACKGROUND = 255
"""What shows through transparent parts: white, as in a browser."""

JPEG_QUALITY = 90

THUMBNAIL_SIDE = 160
THUMBNAIL_MARGIN = 0.25  # of the box's longer side, around it
THUMBNAIL_QUALITY = 85

_DATA_PREFIX = re.compile(r"\s*data:[^,]{0,200},", re.IGNORECASE)


def decode_base64(text: str) -> bytes:
    """The bytes that a base64 text stands for; a ``data:`` prefix and white space are passed over.

    Raises ImageNotBase64 for anything outside the standard alphabet, wrong padding, and a text of
    nothing.
    """
    prefix = _DATA_PREFIX.match(text)
    letters = "".join(text[prefix.end() if prefix else 0 :].split())
    try:
        if len(letters) % 4 or letters.endswith("==="):
            raise ValueError  # which validate alone lets pass
        data = base64.b64decode(letters, validate=True)
    except ValueError:
        raise ImageNotBase64("it is not base64 of the standard alphabet") from None
    if not data:
        raise ImageNotBase64("it is empty")
    return data


def decode(data: bytes, limits: Limits) -> Image:
    """The upright picture as (height, width, 3) uint8 RGB.

    The EXIF orientation is applied. Transparent parts show white; of 16 bits a channel the upper
    eight are kept.

    Raises ImageTooLarge and ImageDimensionsRefused past the limits, ImageFormatUnsupported for
    anything but a whole JPEG, PNG or BMP.
    """
    if len(data) > limits.picture_bytes:
        raise ImageTooLarge(f"[0, {limits.picture_bytes}] bytes")
    try:
        picture, orientation = _opened(data)
        _check_sides(picture.size, limits)
        pixels = _rgb(picture)
    except NotReadable as error:
        raise ImageFormatUnsupported(str(error)) from None
    return _upright(pixels, orientation)


def encode_jpeg(image: Image) -> bytes:
    """The picture as a JPEG file of JPEG_QUALITY."""
    file = io.BytesIO()
    PIL.Image.fromarray(image).save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def thumbnail(image: Image, box: BoundingBox) -> bytes:
    """The face in that box, with some of what is around it, as a JPEG file without metadata.

    Its longer side has at most THUMBNAIL_SIDE pixels; a smaller face is not enlarged.
    """
    height, width = image.shape[:2]
    margin = round(THUMBNAIL_MARGIN * max(box.width, box.height))
    left, top = max(0, box.top_left_x - margin), max(0, box.top_left_y - margin)
    right = min(width, box.top_left_x + box.width + margin)
    bottom = min(height, box.top_left_y + box.height + margin)
    face = PIL.Image.fromarray(image[top:bottom, left:right])
    face.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), PIL.Image.Resampling.LANCZOS)
    file = io.BytesIO()
    face.save(file, "JPEG", quality=THUMBNAIL_QUALITY)
    return file.getvalue()


def _opened(data: bytes) -> tuple[ImageFile, int]:
    """The file with its header read and its pixels untouched, and its EXIF orientation."""
    if not data:
        raise NotReadable("the picture is empty")
    orientation = 1
    plugin: type[ImageFile] = BmpImageFile
    if data.startswith(JPEG):
        plugin = JpegImageFile
        data, orientation = reduced_jpeg(data)
    elif data.startswith(PNG):
        plugin = PngImageFile
        data, orientation = reduced_png(data)
    elif not data.startswith(BMP):
        raise NotReadable("the picture is no JPEG, PNG or BMP")
    try:
        # The plug-ins are called by themselves: PIL.Image.open would look at all formats, and has
        # limits of its own that warn.
        return plugin(io.BytesIO(data)), orientation
    except Exception:  # whatever a hostile header provokes, the file is at fault
        raise NotReadable("the picture's header is damaged or of an unsupported kind") from None


def _check_sides(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise NotReadable("the picture has no pixels")
    if max(width, height) > limits.picture_side:
        raise ImageDimensionsRefused(
            f"the picture is {width}x{height}; at most {limits.picture_side} pixels a side"
        )


def _rgb(picture: ImageFile) -> Image:
    """The decoded pixels as RGB."""
    try:
        picture.load()
        if picture.mode.startswith("I"):
            grey = np.asarray(picture).astype(np.int64) >> 8
            return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
        if "A" in picture.getbands() or "transparency" in picture.info:
            front = picture.convert("RGBA")
            page = PIL.Image.new("RGBA", front.size, (BACKGROUND,) * 4)
            return np.asarray(PIL.Image.alpha_composite(page, front).convert("RGB"))
        return np.asarray(picture.convert("RGB"))
    except Exception:  # as above
        raise NotReadable("the picture is damaged or cut off") from None


def _upright(pixels: NDArray[np.uint8], orientation: int) -> Image:
    """The pixels as EXIF's orientation (1 to 8) wants them shown."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
