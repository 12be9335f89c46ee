"""The console on the real models and real photographs, from an empty service to deletion."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from openfrs.installed_models import onnx_engine
from openfrs.settings import load_settings
from openfrs.testing import make_service
from tests.console.films import SIZE, film
from tests.console.running import chromium, chromium_program, serving
from tests.console.visit import Visit

pytestmark = [pytest.mark.models, pytest.mark.shared]

PEOPLE = ("Adam_Herbert", "AJ_Cook", "Al_Leiter", "Alan_Jackson", "Adriana_Lima", "Aidan_Quinn")
STRANGERS = ("Ahmed_Lopez", "Alan_Tang_Kwong-wing")


def camera_before(picture: Path) -> bytes:
    """A film in which nothing moves before the camera but that picture."""
    read = cv2.imread(str(picture))
    assert read is not None
    part = min(SIZE[0] / read.shape[1], SIZE[1] / read.shape[0])
    small = cv2.resize(read, None, fx=part, fy=part, interpolation=cv2.INTER_AREA)
    still = np.zeros((SIZE[1], SIZE[0], 3), dtype=np.uint8)
    still[: small.shape[0], : small.shape[1]] = small[:, :, ::-1]
    return film([still] * 10)


def test_ten_photos_are_enrolled_searched_edited_and_deleted(
    models_dir: Path, shared_data: Path, tmp_path: Path
) -> None:
    program = chromium_program()
    people = shared_data / "people"
    photos = [people / "obama.jpg", people / "biden.jpg"]
    photos += [min((shared_data / "lfw-dev" / name).iterdir()) for name in PEOPLE + STRANGERS]
    camera = tmp_path / "camera.mjpeg"
    camera.write_bytes(camera_before(people / "biden.jpg"))
    data = tmp_path / "data"
    engine = onnx_engine(load_settings(data, models_dir=models_dir))
    with (
        make_service(data, engine=engine, models_dir=models_dir) as service,
        serving(service) as address,
        chromium(program, camera) as browser,
    ):
        made = service.established
        with Visit.begun(browser, address, made.domain, made.user, made.password) as visit:
            enrol(visit, photos)
            search(visit, people / "obama2.jpg")
            detect(visit, people / "obama2.jpg")
            edit_and_delete(visit)
        left = service.client.get(service.path("face-sets/guests/faces")).json()["faces"]
        assert [face["external_image_id"] for face in left] == ["obama"]


def enrol(visit: Visit, photos: list[Path]) -> None:
    visit.enter()
    visit.create_set("guests", {"table": "integer"})
    visit.add(photos, table="1")
    expect(visit.page.get_by_text("10 faces stored, 0 refused")).to_be_visible()


def search(visit: Visit, photo: Path) -> None:
    visit.open("Search")
    visit.page.get_by_label("Who is this?").set_input_files(photo)
    hits = visit.page.locator(".hit")
    expect(hits).to_have_count(1)
    expect(hits).to_contain_text("obama")
    expect(hits).to_contain_text("Probably the same person")
    expect(hits.locator("img")).to_be_visible()  # cut out of the picture that was added
    visit.button("Choose another").click()
    visit.button("Use the camera").click()
    visit.take_picture()
    expect(hits).to_contain_text("biden")


def detect(visit: Visit, photo: Path) -> None:
    visit.open("Detect")
    visit.page.get_by_label("A picture with people").set_input_files(photo)
    face = visit.page.locator(".faces > li")
    expect(face).to_contain_text("male")
    expect(face).to_contain_text("about ")
    assert visit.page.locator(".marks circle").count() > 50
    expect(visit.page.get_by_role("checkbox", name="Mask")).to_be_disabled()


def edit_and_delete(visit: Visit) -> None:
    visit.go("face-sets", "guests")
    visit.button("Edit obama").click()
    visit.page.get_by_label("table").last.fill("7")
    visit.page.keyboard.press("Enter")
    visit.toast("obama is saved")
    visit.page.get_by_label("Filter", exact=True).fill("table:[1 TO 5]")
    visit.button("Delete matching faces").click()
    visit.button("Delete 9 faces").click()
    visit.toast("9 faces deleted")
    expect(visit.page.locator("dialog[open]")).to_have_count(0)
    visit.page.get_by_label("Filter", exact=True).fill("")
    expect(visit.page.get_by_text("1–1 of 1")).to_be_visible()
    expect(visit.row("obama")).to_contain_text("7")
