"""No view breaks a rule of accessibility that a machine can check (axe-core)."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from openfrs.testing import TestService as Service
from openfrs.testing import picture
from tests.console.rules import violations
from tests.console.visit import Visit, painted

RED, GREEN = (200, 40, 40), (40, 200, 40)


@pytest.fixture(scope="module", autouse=True)
def staff(service: Service) -> None:
    definitions = {"floor": {"type": "integer"}, "active": {"type": "boolean"}}
    for name in ("staff", "visitors", "empty"):
        service.client.post(
            service.path("face-sets"),
            json={"face_set_name": name, "external_fields": definitions},
        ).raise_for_status()
    service.client.post(
        service.path("face-sets/staff/faces"),
        data={"external_image_id": "ann", "external_fields": json.dumps({"floor": 3})},
        files={"image_file": picture(RED)},
    ).raise_for_status()


def face_sets(visit: Visit) -> None:
    expect(visit.heading("staff")).to_be_visible()


def new_face_set(visit: Visit) -> None:
    visit.button("New face set").click()
    visit.button("Add a field").click()
    visit.page.get_by_text("Quality gate").click()


def faces(visit: Visit) -> None:
    visit.go("face-sets", "staff")
    expect(visit.row("ann")).to_be_visible()


def editing_and_a_wrong_filter(visit: Visit) -> None:
    faces(visit)
    visit.button("Edit ann").click()
    visit.page.get_by_label("Filter", exact=True).fill("floor:")
    expect(visit.page.locator(".caret")).to_be_visible()


def no_faces(visit: Visit) -> None:
    visit.go("face-sets", "empty")
    expect(visit.heading("No faces yet")).to_be_visible()


def added(visit: Visit) -> None:
    visit.go("face-sets", "visitors", "add")
    files = [painted("ann.png", RED), painted("none.png")]
    visit.page.get_by_label("Pictures of people").set_input_files(files)
    expect(visit.page.get_by_text("2 of 2 pictures done")).to_be_visible()


def found(visit: Visit) -> None:
    visit.go("search", "staff")
    visit.page.get_by_label("Least similarity").fill("0")
    visit.page.get_by_label("Who is this?").set_input_files([painted("a.png", RED)])
    expect(visit.page.locator(".hit")).to_have_count(1)


def compared(visit: Visit) -> None:
    visit.go("compare")
    visit.page.get_by_label("First picture").set_input_files([painted("a.png", RED)])
    visit.page.get_by_label("Second picture").set_input_files([painted("b.png", GREEN)])
    expect(visit.page.get_by_text("Probably different people")).to_be_visible()


def detected(visit: Visit) -> None:
    visit.go("detect")
    files = [painted("two.png", RED, GREEN)]
    visit.page.get_by_label("A picture with people").set_input_files(files)
    expect(visit.page.locator(".faces > li")).to_have_count(2)


def live(visit: Visit) -> None:
    visit.go("liveness")
    visit.page.get_by_text("One picture").click()
    visit.page.get_by_label("A picture of one person").set_input_files([painted("a.png", RED)])
    expect(visit.heading("Not confirmed as live")).to_be_visible()


def camera(visit: Visit) -> None:
    visit.go("liveness")
    visit.button("Start the camera").click()
    expect(visit.button("Record and check")).to_be_visible()


def keys(visit: Visit) -> None:
    visit.go("keys")
    expect(visit.page.get_by_role("table")).to_be_visible()


def users(visit: Visit) -> None:
    visit.go("users")
    visit.button("Edit admin").click()


def projects(visit: Visit) -> None:
    visit.go("projects")
    expect(visit.page.get_by_role("table")).to_be_visible()


def models(visit: Visit) -> None:
    visit.go("models")
    expect(visit.heading("default")).to_be_visible()


def requests(visit: Visit) -> None:
    visit.button("Requests").click()


VIEWS: tuple[Callable[[Visit], None], ...] = (
    *(face_sets, new_face_set, faces, editing_and_a_wrong_filter, no_faces, added, found),
    *(compared, detected, live, camera, keys, users, projects, models, requests),
)


def test_no_view_breaks_a_rule_light_or_dark(visit: Visit) -> None:
    broken = [f"sign in: {rule}" for rule in violations(visit)]
    visit.enter()
    for show in VIEWS:
        show(visit)
        broken += [f"{show.__name__}: {rule}" for rule in violations(visit)]
        visit.page.keyboard.press("Escape")
        visit.go("face-sets")
        expect(visit.heading("Face sets")).to_be_visible()
    assert not broken, "\n".join(broken)
