"""Takes the pictures of the console that the documentation shows: docs/assets/console-*.png.

``PYTHONPATH=. python scripts/screenshots.py`` needs Chromium and the packages of the tests. People
are drawn here, and the fake engine recognises them, so that nobody's face is in the documentation.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from openfrs.testing import Colour, FakeLiveness, make_service
from tests.console.films import film_of_a_turning_head
from tests.console.running import chromium, chromium_program, serving
from tests.console.visit import Visit

DIRECTORY = Path(__file__).parent.parent / "docs" / "assets"
SIZE = (1280, 800)
COLOURS = 256

PEOPLE: dict[str, tuple[Colour, int, str]] = {
    "ada": ((232, 176, 148), 3, "B_12"),
    "bruno": ((168, 120, 92), 1, "B_07"),
    "chen": ((240, 196, 164), 3, "B_31"),
    "divya": ((184, 134, 100), 2, "A_02"),
    "emeka": ((112, 80, 64), 2, "A_19"),
    "farah": ((214, 160, 128), 4, "C_44"),
    "goran": ((226, 186, 170), 1, "B_08"),
    "hana": ((248, 212, 186), 4, "C_40"),
}


def portrait(*skins: Colour, side: int = 320) -> bytes:
    """A picture file of drawn people, one a skin colour.

    The skin of a face is of one colour, which the fake engine takes for a face. Everything else
    shades from one colour to another, so that no colour of it covers enough to be one.
    """
    picture = np.concatenate([_person(skin, side) for skin in skins], axis=1)
    file = BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def _person(skin: Colour, side: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:side, 0:side] / side
    dice = np.random.default_rng(skin)
    wall, hair, coat = (_shaded(dice.integers(*span, 3), x, y) for span in SPANS)

    def oval(left: float, top: float, right: float, bottom: float) -> NDArray[np.bool_]:
        wide, high = (right - left) / 2, (bottom - top) / 2
        inside = ((x - left - wide) / wide) ** 2 + ((y - top - high) / high) ** 2 <= 1
        return np.asarray(inside)

    layers = (
        (oval(0.12, 0.76, 0.88, 1.6), coat),
        (oval(0.27, 0.1, 0.73, 0.7 + 0.2 * float(dice.random() < HALF)), hair),
        (oval(0.42, 0.6, 0.58, 0.86), _shaded(np.array(skin) - 20, x, y)),
        (oval(0.32, 0.2, 0.68, 0.74), np.broadcast_to(np.array(skin), (side, side, 3))),
        (oval(0.28, 0.1, 0.72, 0.36), hair),
        (oval(0.415, 0.43, 0.445, 0.46) | oval(0.555, 0.43, 0.585, 0.46), hair),
        (oval(0.44, 0.6, 0.56, 0.63), _shaded(np.array((150, 60, 70)), x, y)),
    )
    drawn = wall
    for where, colours in layers:
        drawn = np.where(where[..., None], colours, drawn)
    return drawn.astype(np.uint8)


SPANS = ((150, 200), (20, 90), (50, 150))
HALF = 0.5


def _shaded(
    colour: NDArray[np.int64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.int64]:
    """A colour (3,) that gets brighter to the right in red and downwards in the others."""
    shade = np.stack((40 * x, 40 * y, 25 * (x + y)), axis=-1)
    return np.clip(colour + shade, 0, 255).astype(np.int64)


def pictured(name: str, *skins: Colour) -> FilePayload:
    return {"name": f"{name}.png", "mimeType": "image/png", "buffer": portrait(*skins)}


@contextmanager
def visiting(scheme: str = "light", locale: str = "en") -> Iterator[Visit]:
    """A visit to a service of its own."""
    with tempfile.TemporaryDirectory() as directory:
        camera = Path(directory) / "film.mjpeg"
        camera.write_bytes(film_of_a_turning_head())
        with (
            make_service(Path(directory) / "data", liveness=FakeLiveness()) as service,
            serving(service) as address,
            chromium(chromium_program(), camera) as browser,
        ):
            made = service.established
            begun = Visit.begun(
                browser,
                address,
                made.domain,
                made.user,
                made.password,
                size=SIZE,
                scheme=scheme,
                locale=locale,
            )
            with begun as visit:
                yield visit


def shoot(page: Page, name: str) -> None:
    """The page as a picture of few colours, which keeps the file small."""
    page.evaluate("document.querySelectorAll('.toast').forEach(toast => toast.remove())")
    page.mouse.move(0, 0)
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    path = DIRECTORY / f"console-{name}.png"
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size // 1024} KiB")


def enrol(visit: Visit) -> None:
    """The face set staff with everybody in it."""
    visit.enter()
    visit.create_set("staff", {"floor": "integer", "badge": "string"})
    visit.page.get_by_role("link", name="Add faces").first.click()
    everybody = list(PEOPLE.items())
    for number, (name, (skin, floor, badge)) in enumerate(everybody, start=1):
        visit.page.get_by_label("floor").fill(str(floor))
        visit.page.get_by_label("badge").fill(badge)
        visit.page.get_by_label("Pictures of people").set_input_files([pictured(name, skin)])
        done = visit.page.get_by_text(f"{number} of {number} pictures done")
        expect(done).to_be_visible()


def light() -> None:
    with visiting() as visit:
        page = visit.page
        shoot(page, "sign-in")
        enrol(visit)
        page.get_by_label("Pictures of people").set_input_files([painted_landscape()])
        expect(page.get_by_text("9 of 9 pictures done")).to_be_visible()
        shoot(page, "add")
        page.get_by_role("link", name="Show faces").click()
        page.get_by_label("Filter", exact=True).fill("floor:[2 TO 4] && (!badge:C_44")
        expect(page.locator(".caret")).to_be_visible()
        shoot(page, "filter")
        page.get_by_label("Filter", exact=True).fill("floor:[2 TO 4]")
        expect(page.get_by_text("6 faces match")).to_be_visible()
        visit.button("Edit chen").click()
        shoot(page, "faces")
        visit.open("Search")
        page.get_by_label("Least similarity").fill("0.2")
        skin = PEOPLE["chen"][0]
        page.get_by_label("Who is this?").set_input_files(
            [pictured("visitor", (skin[0] + 1, skin[1] + 1, skin[2] + 1))]
        )
        expect(page.locator(".probe .box")).to_be_visible()
        shoot(page, "search")
        visit.open("Detect")
        page.get_by_label("A picture with people").set_input_files(
            [pictured("two", PEOPLE["divya"][0], PEOPLE["hana"][0])]
        )
        expect(page.locator(".faces > li")).to_have_count(2)
        for absurd in ("Age", "Head pose"):  # the fake engine measures colours
            page.get_by_role("checkbox", name=absurd).uncheck()
        expect(page.locator(".faces")).not_to_contain_text("Yaw")
        shoot(page, "detect")
        visit.button("Requests").click()
        page.locator(".calls button").filter(has_text="SearchFace").first.click()
        page.get_by_text("Python SDK").click()
        shoot(page, "requests")


def painted_landscape() -> FilePayload:
    """A picture with nobody in it."""
    y, x = np.mgrid[0:320, 0:320] / 320
    file = BytesIO()
    Image.fromarray(_shaded(np.array((120, 150, 170)), x, y).astype(np.uint8)).save(file, "PNG")
    return {"name": "landscape.png", "mimeType": "image/png", "buffer": file.getvalue()}


def dark() -> None:
    with visiting(scheme="dark") as visit:
        enrol(visit)
        visit.open("Compare")
        skin = PEOPLE["ada"][0]
        again = (skin[0] + 2, skin[1] + 1, skin[2] + 3)
        visit.page.get_by_label("First picture").set_input_files([pictured("ada", skin)])
        visit.page.get_by_label("Second picture").set_input_files([pictured("gate", again)])
        expect(visit.page.get_by_text("Probably the same person")).to_be_visible()
        shoot(visit.page, "compare-dark")
        visit.page.get_by_label("Language").select_option("简体中文")
        visit.go("models")
        expect(visit.page.get_by_text("fake@1")).to_be_visible()
        shoot(visit.page, "models-chinese")


if __name__ == "__main__":
    DIRECTORY.mkdir(exist_ok=True)
    light()
    dark()
