"""Face sets and faces: made, filled, filtered, edited and deleted in the browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Route, expect

from openfrs.testing import TestService as Service
from openfrs.testing import picture
from tests.console.visit import Visit, painted

RED, GREEN, BLUE = (200, 40, 40), (40, 200, 40), (40, 40, 200)
FIELDS = {"floor": "integer", "badge": "string", "active": "boolean"}


@pytest.fixture
def staff(visit: Visit, service: Service) -> Iterator[Visit]:
    """A visit that has made the face set staff, and shows it."""
    visit.enter()
    visit.create_set("staff", FIELDS)
    yield visit
    service.client.delete(service.path("face-sets/staff"))


def test_a_set_is_made_with_what_was_asked_for(visit: Visit, service: Service) -> None:
    visit.enter()
    visit.button("New face set").first.click()
    dialog = visit.page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("gate")
    dialog.get_by_label("Capacity").fill("20000")
    dialog.get_by_text("Quality gate").click()
    dialog.get_by_label("Blur").fill("0.5")
    visit.button("Create face set").click()
    expect(visit.heading("No faces yet")).to_be_visible()
    info = service.client.get(service.path("face-sets/gate")).json()["face_set_info"]
    assert (info["face_set_capacity"], info["external_fields"]) == (20000, {})
    blurred = {"image_file": picture((40, 40, 250))}
    answer = service.client.post(service.path("face-sets/gate/faces"), files=blurred)
    assert "blur" in answer.json()["error_msg"]
    service.client.delete(service.path("face-sets/gate"))


def test_a_set_tells_what_it_keeps(visit: Visit, service: Service) -> None:
    sets = service.path("face-sets")
    service.client.post(sets, json={"face_set_name": "usual"})
    body = {"face_set_name": "short", "retention_days": 30, "thumbnails": True}
    service.client.post(sets, json=body)
    service.client.post(f"{sets}/usual/faces", files={"image_file": picture(RED)})
    visit.enter()
    visit.go("face-sets", "short")
    expect(
        visit.page.get_by_text("Each face is erased 30 days after it was added.")
    ).to_be_visible()
    expect(visit.page.get_by_text("Small pictures of the faces are kept.")).to_be_visible()
    visit.go("face-sets", "usual")
    expect(visit.page.get_by_text("1–1 of 1")).to_be_visible()
    expect(visit.page.get_by_text("Each face is erased")).to_have_count(0)
    assert [one.url for one in visit.requests if one.url.endswith("/thumbnail")] == []
    for name in ("short", "usual"):
        service.client.delete(f"{sets}/{name}")


def test_a_refusal_stays_in_the_dialog(staff: Visit) -> None:
    staff.open("Face sets")
    staff.button("New face set").click()
    dialog = staff.page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("staff")
    staff.button("Create face set").click()
    expect(dialog.get_by_role("alert")).to_contain_text("of this name already")
    staff.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(staff.button("New face set")).to_be_focused()


def test_each_picture_has_its_outcome(staff: Visit, service: Service) -> None:
    files = [painted("ann lee.png", RED), painted("bob.png", GREEN), painted("none.png")]
    staff.add(files, floor="3")
    lines = staff.page.get_by_role("listitem")
    expect(lines.filter(has_text="ann lee.png")).to_contain_text("1 face stored")
    expect(lines.filter(has_text="none.png")).to_contain_text("No face was found")
    expect(staff.page.get_by_text("2 faces stored, 1 refused")).to_be_visible()
    faces = service.client.get(service.path("face-sets/staff/faces")).json()["faces"]
    assert {face["external_image_id"] for face in faces} == {"ann-lee", "bob"}
    assert [face["external_fields"] for face in faces] == [{"floor": 3}] * 2
    staff.button("Try the refused ones again").click()
    expect(staff.page.get_by_text("3 of 3 pictures done")).to_be_visible()


def test_a_busy_service_is_asked_again(staff: Visit) -> None:
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused or route.request.method != "POST":
            route.continue_()
            return
        refused.append(route.request.url)
        body = {"error_code": "APIG.0308", "error_msg": "The throttling threshold is reached."}
        route.fulfill(status=429, json=body)

    staff.page.route("**/face-sets/staff/faces", refuse_once)
    staff.add([painted("ann.png", RED)])
    expect(staff.page.get_by_text("1 face stored, 0 refused")).to_be_visible()
    assert len(refused) == 1


def test_pictures_can_be_dropped_and_all_faces_of_one_kept(staff: Visit, service: Service) -> None:
    staff.page.get_by_role("link", name="Add faces").first.click()
    staff.page.get_by_label("Only the largest face").uncheck()
    staff.page.get_by_label("Image ID", exact=True).select_option("One of my own")
    staff.page.get_by_label("Image ID for the next pictures").fill("visitors")
    dropped = staff.page.evaluate_handle(
        """numbers => {
             const transfer = new DataTransfer();
             const bytes = new Uint8Array(numbers);
             transfer.items.add(new File([bytes], "two.png", {type: "image/png"}));
             return transfer;
           }""",
        list(picture(RED, BLUE)),
    )
    staff.page.locator(".drop").dispatch_event("drop", {"dataTransfer": dropped})
    expect(staff.page.locator(".uploads .outcome")).to_have_text("2 faces stored")
    faces = service.client.get(service.path("face-sets/staff/faces")).json()["faces"]
    assert [face["external_image_id"] for face in faces] == ["visitors"] * 2


def test_a_picture_can_be_taken_with_the_camera(staff: Visit) -> None:
    staff.page.get_by_role("link", name="Add faces").first.click()
    staff.button("Use the camera").click()
    staff.take_picture()
    expect(staff.page.get_by_role("listitem").filter(has_text="camera.jpg")).to_contain_text(
        "1 face stored"
    )


def test_a_value_of_the_wrong_type_is_not_sent(staff: Visit) -> None:
    staff.page.get_by_role("link", name="Add faces").first.click()
    staff.page.get_by_label("floor").fill("third")
    staff.page.get_by_label("Pictures of people").set_input_files([painted("a.png", RED)])
    staff.toast("floor takes a number")
    assert not [r for r in staff.requests if r.method == "POST" and r.url.endswith("/faces")]


def test_the_place_of_a_filters_error_is_shown(staff: Visit) -> None:
    staff.add([painted("ann.png", RED), painted("bob.png", GREEN)], floor="3")
    staff.page.get_by_role("link", name="Show faces").click()
    expect(staff.page.get_by_text("1–2 of 2")).to_be_visible()
    box = staff.page.get_by_label("Filter", exact=True)
    box.fill("floor:3 && (badge:a")
    expect(box).to_have_attribute("aria-invalid", "true")
    text, caret = staff.page.locator(".caret").inner_text().split("\n")
    assert text[: caret.index("^")] == "floor:3 && (badge:a"
    expect(staff.page.locator(".filter-state")).to_contain_text("At character 20")
    box.fill("salary:3")
    expect(staff.page.locator(".filter-state")).to_contain_text("At character 1: ")
    expect(staff.button("Delete matching faces")).to_be_disabled()
    box.fill("external_image_id:bob")
    expect(staff.page.locator(".filter-state")).to_have_text("1 face matches")
    expect(staff.row("bob")).to_be_visible()
    expect(staff.row("ann")).to_have_count(0)


def test_a_long_filter_with_an_error_keeps_to_a_narrow_page(staff: Visit) -> None:
    staff.page.set_viewport_size({"width": 360, "height": 740})
    staff.page.get_by_label("Filter", exact=True).fill("floor:1 || " * 30 + ")")
    expect(staff.page.locator(".caret")).to_be_visible()
    assert staff.page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_face_is_edited_in_place(staff: Visit, service: Service) -> None:
    staff.add([painted("ann.png", RED)], floor="3")
    staff.page.get_by_role("link", name="Show faces").click()
    staff.button("Edit ann").click()
    staff.page.get_by_label("badge").fill("B_7")
    staff.page.get_by_label("active").select_option("Yes")
    staff.page.get_by_label("Image ID").fill("anna")
    staff.page.keyboard.press("Enter")
    staff.toast("anna is saved")
    expect(staff.row("anna")).to_contain_text("B_7")
    expect(staff.button("Edit anna")).to_be_focused()
    [face] = service.client.get(service.path("face-sets/staff/faces")).json()["faces"]
    assert face["external_image_id"] == "anna"
    assert face["external_fields"] == {"floor": 3, "badge": "B_7", "active": True}
    staff.button("Edit anna").click()
    staff.page.get_by_label("floor").fill("")
    staff.button("Save").click()
    staff.toast("floor has a value, which can be changed but not removed")
    staff.page.get_by_label("floor").fill("4")
    staff.page.get_by_label("Image ID").fill("")
    staff.button("Save").click()
    staff.toast("an image ID, which can be changed but not removed")
    staff.page.get_by_label("floor").press("Escape")
    expect(staff.row("anna")).to_contain_text("3")


def test_a_long_keeps_all_its_digits(visit: Visit, service: Service) -> None:
    visit.enter()
    visit.create_set("badges", {"number": "long"})
    visit.add([painted("ann.png", RED)], number="9223372036854775807")
    visit.page.get_by_role("link", name="Show faces").click()
    expect(visit.row("ann")).to_contain_text("9223372036854775807")
    visit.button("Edit ann").click()
    visit.page.get_by_label("Image ID").fill("anna")
    visit.page.keyboard.press("Enter")
    visit.toast("anna is saved")
    visit.button("Edit anna").click()
    visit.page.get_by_role("textbox", name="number").fill("-9007199254740993")
    visit.page.keyboard.press("Enter")
    expect(visit.row("anna")).to_contain_text("-9007199254740993")
    [face] = service.client.get(service.path("face-sets/badges/faces")).json()["faces"]
    assert face["external_fields"] == {"number": -9007199254740993}
    visit.button("Requests").click()
    visit.page.locator(".calls button").filter(has_text="UpdateFace").first.click()
    expect(visit.page.locator(".requests pre")).to_contain_text('"number":-9007199254740993')
    visit.page.get_by_text("Python").click()
    expect(visit.page.locator(".requests pre")).to_contain_text('"number": -9007199254740993')
    service.client.delete(service.path("face-sets/badges"))


def test_faces_are_deleted_one_by_one_and_by_filter(staff: Visit, service: Service) -> None:
    files = [painted(f"p{at}.png", (60 + 20 * at, 90, 90)) for at in range(5)]
    staff.add(files[:3], floor="1")
    staff.page.get_by_label("floor").fill("2")
    staff.page.get_by_label("Pictures of people").set_input_files(files[3:])
    expect(staff.page.get_by_text("5 of 5 pictures done")).to_be_visible()
    staff.page.get_by_role("link", name="Show faces").click()
    staff.button("Delete p4").click()
    staff.button("Delete face").click()
    staff.toast("p4 is deleted")
    expect(staff.page.get_by_text("1–4 of 4")).to_be_visible()
    expect(staff.page.locator("main")).to_be_focused()
    staff.page.get_by_label("Filter", exact=True).fill("floor:[1 TO 1]")
    staff.button("Delete matching faces").click()
    dialog = staff.page.get_by_role("dialog")
    expect(dialog).to_contain_text("3 faces match floor:[1 TO 1]")
    dialog.get_by_role("button", name="Delete 3 faces").click()
    staff.toast("3 faces deleted")
    expect(staff.heading("No face matches the filter")).to_be_visible()
    faces = service.client.get(service.path("face-sets/staff/faces")).json()["faces"]
    assert [face["external_image_id"] for face in faces] == ["p3"]


def test_a_long_set_is_paged(staff: Visit, service: Service) -> None:
    for at in range(26):
        data = {"external_image_id": f"n{at}"}
        files = {"image_file": picture(RED)}
        service.client.post(service.path("face-sets/staff/faces"), data=data, files=files)
    staff.page.reload()
    staff.sign_in()  # a reload has signed out, and the address still names the set
    expect(staff.page.get_by_text("1–25 of 26")).to_be_visible()
    staff.button("Next").click()
    expect(staff.page.get_by_text("26–26 of 26")).to_be_visible()
    expect(staff.row("n25")).to_be_visible()
    expect(staff.button("Next")).to_be_disabled()
    staff.page.get_by_label("Per page").select_option("50")
    expect(staff.page.get_by_text("1–26 of 26")).to_be_visible()


def test_a_set_is_deleted_by_typing_its_name(staff: Visit, service: Service) -> None:
    staff.open("Face sets")
    staff.button("Delete face set staff").click()
    dialog = staff.page.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="Delete face set")
    dialog.get_by_label("Type staff to confirm").fill("staf")
    expect(confirm).to_be_disabled()
    dialog.get_by_label("Type staff to confirm").fill("staff")
    confirm.click()
    staff.toast("Face set staff is deleted")
    assert service.client.get(service.path("face-sets")).json()["face_sets_info"] == []
