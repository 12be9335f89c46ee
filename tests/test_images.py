import base64
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageFile, ImageOps, PngImagePlugin

from openfrs.domain.errors import (
    ImageDimensionsRefused,
    ImageFormatUnsupported,
    ImageNotBase64,
    ImageRefused,
    ImageTooLarge,
)
from openfrs.domain.limits import OPEN, Limits
from openfrs.images import decode, decode_base64

SMALL = Limits(
    face_sets=1,
    capacity=10_000,
    listing_window=10,
    listing_page=10,
    picture_bytes=50_000,
    picture_side=64,
)
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def saved(picture: Pillow.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def arrow() -> Pillow.Image:
    """Wider than high; red in the top left quarter, blue elsewhere."""
    picture = Pillow.new("RGB", (48, 32), BLUE)
    picture.paste(RED, (0, 0, 24, 16))
    return picture


def exif(orientation: int) -> bytes:
    block = Pillow.Exif()
    block[0x0112] = orientation
    return block.tobytes()


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_every_pixel_of_a_lossless_picture_arrives(kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (31, 17, 3), dtype=np.uint8)
    image = decode(saved(Pillow.fromarray(noise), kind), SMALL)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, noise)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_a_jpeg_arrives_nearly_as_it_was(options: dict[str, object]) -> None:
    image = decode(saved(arrow(), "JPEG", quality=95, **options), SMALL)
    assert image.shape == (32, 48, 3)
    np.testing.assert_allclose(image[4, 4], RED, atol=6)
    np.testing.assert_allclose(image[28, 40], BLUE, atol=6)


def test_a_jpeg_with_a_second_picture_inside_shows_the_first() -> None:
    second = Pillow.new("RGB", (48, 32), WHITE)
    data = saved(arrow(), "MPO", save_all=True, append_images=[second])
    np.testing.assert_allclose(decode(data, SMALL)[4, 4], RED, atol=6)


def test_an_animated_png_shows_its_picture() -> None:
    frames = [Pillow.new("RGB", (48, 32), WHITE)]
    data = saved(arrow(), "PNG", save_all=True, append_images=frames)
    np.testing.assert_array_equal(decode(data, SMALL), np.asarray(arrow()))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_picture_is_turned_as_exif_says(kind: str, orientation: int) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (8, 16, 3), dtype=np.uint8)
    blocks = Pillow.fromarray(noise).resize((64, 32), Pillow.Resampling.NEAREST)
    data = saved(blocks, kind, exif=exif(orientation))
    expected = ImageOps.exif_transpose(Pillow.open(io.BytesIO(data)))
    np.testing.assert_array_equal(decode(data, SMALL), np.asarray(expected))


@pytest.mark.parametrize(
    "block", [b"", b"Exif", exif(6)[:20], exif(0), exif(9), b"II*\x00\xff\xff\xff\xff" * 3]
)
def test_exif_that_makes_no_sense_is_passed_over(block: bytes) -> None:
    header = b"" if block.startswith(b"Exif\x00\x00") else b"Exif\x00\x00"
    segment = header + block
    data = saved(arrow(), "JPEG")
    marked = data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]
    assert decode(marked, SMALL).shape == (32, 48, 3)


def test_exif_of_the_other_byte_order_is_read() -> None:
    tiff = b"MM\x00*" + struct.pack(">IH", 8, 1) + struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
    data = saved(arrow(), "JPEG", exif=b"Exif\x00\x00" + tiff)
    assert decode(data, SMALL).shape == (48, 32, 3)


def test_grey_becomes_rgb() -> None:
    image = decode(saved(arrow().convert("L"), "PNG"), SMALL)
    assert image.shape == (32, 48, 3)
    assert (image == image[:, :, :1]).all()
    np.testing.assert_array_equal(image[:, :, 0], np.asarray(arrow().convert("L")))


def test_black_and_white_becomes_rgb() -> None:
    image = decode(saved(Pillow.new("1", (8, 8), 1), "PNG"), SMALL)
    assert (image == WHITE).all()


def test_a_palette_becomes_its_colours() -> None:
    picture = arrow().convert("P", palette=Pillow.Palette.ADAPTIVE)
    np.testing.assert_array_equal(decode(saved(picture, "PNG"), SMALL), np.asarray(arrow()))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_white_shows_through_transparency(mode: str) -> None:
    picture = arrow().convert("RGBA")
    picture.putalpha(0)
    assert (decode(saved(picture.convert(mode), "PNG"), SMALL) == WHITE).all()


def test_half_transparency_is_half_white() -> None:
    picture = Pillow.new("RGBA", (4, 4), (0, 0, 0, 128))
    np.testing.assert_allclose(decode(saved(picture, "PNG"), SMALL), 127, atol=1)


def test_a_transparent_palette_entry_is_white() -> None:
    picture = Pillow.new("P", (4, 4), 0)
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.putpixel((0, 0), 1)
    image = decode(saved(picture, "PNG", transparency=0), SMALL)
    assert tuple(image[0, 0]) == (40, 50, 60)
    assert tuple(image[3, 3]) == WHITE


def test_sixteen_bit_grey_keeps_its_upper_eight() -> None:
    levels = np.array([[0, 255, 256, 0x8000, 0xFFFF]], dtype=np.uint16)
    image = decode(saved(Pillow.fromarray(levels), "PNG"), SMALL)
    np.testing.assert_array_equal(image[0, :, 0], levels[0] >> 8)


def test_sixteen_bit_colour_keeps_its_upper_eight() -> None:
    row = struct.pack(">3H", 0x1234, 0x8000, 0xFFFF)
    data = png(2, 1, depth=16, kind=2, rows=b"\x00" + row * 2)
    assert decode(data, SMALL).tolist() == [[[0x12, 0x80, 0xFF]] * 2]


def png(width: int, height: int, *, depth: int, kind: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks)


def chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def test_a_cmyk_jpeg_shows_its_colours() -> None:
    image = decode(saved(arrow().convert("CMYK"), "JPEG", quality=95), SMALL)
    np.testing.assert_allclose(image[4, 4], RED, atol=8)
    np.testing.assert_allclose(image[28, 40], BLUE, atol=8)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP"])
def test_a_single_pixel_is_a_picture(kind: str) -> None:
    assert decode(saved(Pillow.new("RGB", (1, 1)), kind), SMALL).shape == (1, 1, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP"])
@pytest.mark.parametrize("size", [(65, 1), (1, 65)])
def test_one_pixel_more_than_the_limit_is_refused(kind: str, size: tuple[int, int]) -> None:
    assert decode(saved(Pillow.new("RGB", (64, 64)), kind), SMALL).shape == (64, 64, 3)
    with pytest.raises(ImageDimensionsRefused, match=f"{size[0]}x{size[1]}"):
        decode(saved(Pillow.new("RGB", size), kind), SMALL)


@pytest.mark.parametrize("side", [10_000, 30_000, 0x7FFFFFFF])
def test_a_bomb_is_refused_by_its_header(side: int) -> None:
    with pytest.raises(ImageDimensionsRefused):
        decode(png(side, side, depth=8, kind=2, rows=bytes(1000)), OPEN)


def test_one_byte_more_than_the_limit_is_refused() -> None:
    data = saved(arrow(), "BMP")
    assert decode(data + bytes(50_000 - len(data)), SMALL).shape == (32, 48, 3)
    with pytest.raises(ImageTooLarge, match="50000"):
        decode(data + bytes(50_001 - len(data)), SMALL)


def test_texts_and_profiles_are_never_unpacked() -> None:
    bomb = zlib.compress(bytes(80_000_000))
    texts = PngImagePlugin.PngInfo()
    texts.add(b"zTXt", b"a\x00\x00" + bomb)
    texts.add(b"iTXt", b"a\x00\x01\x00\x00\x00" + bomb)
    texts.add(b"iCCP", b"a\x00\x00" + bomb)
    data = saved(arrow(), "PNG", pnginfo=texts)
    limits = Limits(face_sets=1, capacity=1, listing_window=1, listing_page=1)
    np.testing.assert_array_equal(decode(data, limits), np.asarray(arrow()))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"\xff\xd8",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\x00\x00",
        b"\x89PNG\r\n\x1a\n",
        b"BM",
        b"GIF89a" + bytes(50),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ImageFormatUnsupported):
        decode(data, OPEN)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PPM", "ICO"])
def test_other_formats_are_refused(kind: str) -> None:
    with pytest.raises(ImageFormatUnsupported, match="no JPEG, PNG or BMP"):
        decode(saved(arrow(), kind), OPEN)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP"])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_picture_cut_off_is_refused(kind: str, part: float) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    data = saved(Pillow.fromarray(noise), kind)
    with pytest.raises(ImageFormatUnsupported):
        decode(data[: int(len(data) * part)], OPEN)


def test_a_png_with_a_wrong_checksum_is_refused() -> None:
    data = bytearray(saved(arrow(), "PNG"))
    data[data.index(b"IDAT") + 6] ^= 0xFF
    with pytest.raises(ImageFormatUnsupported):
        decode(bytes(data), OPEN)


@given(st.binary(max_size=300), st.sampled_from([b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"BM"]))
def test_no_bytes_provoke_anything_but_a_refusal(tail: bytes, start: bytes) -> None:
    with pytest.raises(ImageRefused):
        decode(start + tail, SMALL)


@given(st.data())
def test_a_damaged_picture_is_decoded_or_refused(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "BMP"]))
    damaged = bytearray(saved(arrow(), kind))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = decode(bytes(damaged), SMALL)
    except ImageRefused:
        return
    assert image.dtype == np.uint8
    assert image.shape[2] == 3


def test_pillow_is_left_as_it_was() -> None:
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.shared
@pytest.mark.parametrize("name", ["corrupted.png", "empty.png", "truncated.jpg"])
def test_broken_files_are_refused(name: str, shared_data: Path) -> None:
    with pytest.raises(ImageFormatUnsupported):
        decode((shared_data / "broken" / name).read_bytes(), OPEN)


@given(st.binary(min_size=1, max_size=80))
def test_base64_gives_the_bytes_back(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert decode_base64(text) == data
    assert decode_base64("data:image/jpeg;base64," + text) == data
    assert decode_base64(f" {text[:3]}\r\n{text[3:]}\t") == data


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "data:image/png;base64,",
        "====",
        "abc",
        "abcd=",
        "abcd====",
        "ab==cd==",
        "ab-_",
        "ab\x00d",
        "äöüß",
        "a,bc",
    ],
)
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(ImageNotBase64):
        decode_base64(text)
