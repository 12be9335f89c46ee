"""Search, compare, detect, liveness, access and models, as somebody uses them in the browser."""

import json

import pytest
from playwright.sync_api import Browser, expect

from openfrs.testing import TestService as Service
from openfrs.testing import picture
from tests.console.visit import Visit, painted

RED, REDDISH, GREEN, BLUE = (200, 40, 40), (204, 44, 40), (40, 200, 40), (40, 40, 200)
CAMERA_RED = (240, 32, 32)

RECORDINGS = 5


@pytest.fixture(scope="module", autouse=True)
def staff(service: Service) -> None:
    """The face set staff with ann and bob."""
    service.client.post(
        service.path("face-sets"),
        json={
            "face_set_name": "staff",
            "external_fields": {"floor": {"type": "integer"}, "badge": {"type": "string"}},
        },
    ).raise_for_status()
    for name, colour, floor in (("ann", RED, 1), ("bob", GREEN, 2), ("cat", REDDISH, 3)):
        service.client.post(
            service.path("face-sets/staff/faces"),
            data={
                "external_image_id": name,
                "external_fields": json.dumps({"floor": floor, "badge": f"B_{floor}"}),
            },
            files={"image_file": picture(colour)},
        ).raise_for_status()


@pytest.fixture
def inside(visit: Visit) -> Visit:
    visit.enter()
    return visit


def test_a_picture_finds_its_person_with_similarity_and_rate(inside: Visit) -> None:
    inside.open("Search")
    inside.page.get_by_label("Who is this?").set_input_files([painted("probe.png", RED)])
    cards = inside.page.locator(".hit")
    expect(cards).to_have_count(2)
    expect(cards.first).to_contain_text("ann")
    expect(cards.first).to_contain_text("1.0000")
    expect(cards.first).to_contain_text("strangers")
    expect(cards.first).to_contain_text("floor1")
    probe = inside.page.get_by_alt_text("Your picture probe.png")
    source = probe.get_attribute("src")
    assert source is not None
    assert source.startswith("blob:")
    expect(inside.page.locator(".probe .marks .box")).to_have_count(1)


def test_a_search_does_as_it_is_told(inside: Visit) -> None:
    inside.go("search", "staff")
    slider = inside.page.get_by_label("Least similarity")
    slider.fill("0")
    inside.page.get_by_label("At most this many").fill("3")
    inside.page.get_by_label("Order").select_option("floor, falling")
    inside.page.get_by_label("badge").uncheck()
    inside.page.get_by_label("Filter").fill("floor:[2 TO *]")
    expect(inside.page.get_by_text("2 faces match")).to_be_visible()
    inside.page.get_by_label("Who is this?").set_input_files([painted("probe.png", RED)])
    cards = inside.page.locator(".hit")
    expect(cards).to_have_count(2)
    assert [text.split("\n")[0] for text in cards.all_inner_texts()] == ["cat", "bob"]
    expect(cards.first).not_to_contain_text("badge")
    inside.page.get_by_label("Filter").fill("floor:9")
    inside.button("Search").click()
    expect(inside.heading("Nobody is that similar")).to_be_visible()


def test_a_stored_face_and_the_camera_can_be_searched_by(inside: Visit) -> None:
    inside.open("Search")
    inside.page.get_by_label("Who is this?").set_input_files([painted("probe.png", REDDISH)])
    inside.page.get_by_role("link", name="Search for faces like ann").click()
    expect(inside.page.locator(".hit").first).to_contain_text("1.0000")
    inside.page.get_by_text("Picture", exact=True).click()
    inside.button("Use the camera").click()
    inside.take_picture()
    expect(inside.heading("Nobody is that similar")).to_be_visible()


def test_a_picture_without_a_face_is_explained(inside: Visit) -> None:
    inside.open("Search")
    inside.page.get_by_label("Who is this?").set_input_files([painted("none.png")])
    expect(inside.page.get_by_role("alert")).to_contain_text("No face was found in the picture")


def test_a_set_that_is_gone_is_not_searched_in_anothers_place(inside: Visit) -> None:
    inside.go("search", "gone")
    expect(inside.page.get_by_role("alert")).to_contain_text("no such face set")
    expect(inside.page.get_by_label("Face set")).to_have_count(0)


def test_two_pictures_are_compared(inside: Visit) -> None:
    inside.open("Compare")
    inside.page.get_by_label("First picture").set_input_files([painted("a.png", RED)])
    inside.page.get_by_label("Second picture").set_input_files([painted("b.png", REDDISH)])
    outcome = inside.page.get_by_role("region", name="Outcome")
    expect(outcome).to_contain_text("Probably the same person")
    expect(inside.page.locator(".marks .box")).to_have_count(2)
    inside.button("Choose another").last.click()
    inside.page.get_by_label("Second picture").set_input_files([painted("c.png", BLUE)])
    expect(outcome).to_contain_text("Probably different people")


def test_faces_are_drawn_with_what_is_measured(inside: Visit) -> None:
    inside.open("Detect")
    inside.page.get_by_label("A picture with people").set_input_files(
        [painted("two.png", RED, BLUE)]
    )
    faces = inside.page.locator(".faces > li")
    expect(faces).to_have_count(2)
    expect(faces.first).to_contain_text("about 200")
    expect(faces.last).to_contain_text("0.78")  # its blur
    expect(inside.page.locator(".marks .box")).to_have_count(2)
    assert inside.page.locator(".marks circle").count() >= 2
    inside.page.get_by_role("checkbox", name="Age").uncheck()
    expect(faces.first).not_to_contain_text("about 200")


def test_a_head_that_turns_is_alive(inside: Visit) -> None:
    inside.open("Liveness")
    inside.button("Start the camera").click()
    judged = inside.page.get_by_role("region", name="Outcome").get_by_role("term")
    for _ in range(RECORDINGS):  # a busy machine drops pictures, as if the film had been cut
        inside.button("Record and check").click()
        expect(judged.first).to_be_hidden()
        expect(judged.first).to_be_visible()
        if inside.heading("A live person").is_visible():
            break
    expect(inside.heading("A live person")).to_be_visible()
    expect(inside.page.get_by_alt_text("The picture the service chose")).to_be_visible()
    inside.button("Requests").click()
    expect(inside.page.locator("pre.code")).to_contain_text("-F 'action_time=500-3000'")
    inside.page.keyboard.press("Escape")
    inside.button("Remove Turn your head to your left").click()
    inside.button("Nod").click()
    inside.button("Record and check").click()
    expect(inside.heading("Not confirmed as live")).to_be_visible()


def test_a_single_picture_is_judged(inside: Visit) -> None:
    inside.open("Liveness")
    inside.page.get_by_text("One picture").click()
    inside.page.get_by_label("A picture of one person").set_input_files([painted("a.png", GREEN)])
    expect(inside.heading("A live person")).to_be_visible()
    inside.button("Choose another").click()
    inside.page.get_by_label("A picture of one person").set_input_files([painted("a.png", RED)])
    expect(inside.heading("Not confirmed as live")).to_be_visible()


def test_keys_are_made_shown_once_and_deleted(inside: Visit, service: Service) -> None:
    inside.open("Access keys")
    inside.button("New access key").click()
    inside.page.get_by_role("dialog").get_by_role("button", name="New access key").click()
    shown = inside.page.get_by_role("dialog", name="Your new access key")
    expect(shown.locator("dd")).to_have_count(2)
    access, secret = shown.locator("dd").all_inner_texts()
    assert service.openfrs.services.credentials.access_key(access) is not None
    shown.get_by_role("button", name="Copy").click()
    inside.toast("Copied")
    assert secret in inside.page.evaluate("() => navigator.clipboard.readText()")
    shown.locator("footer").get_by_role("button", name="Close").click()
    expect(shown).to_have_count(0)
    assert secret not in inside.page.content()
    inside.button(f"Delete key {access}").click()
    inside.button("Delete key").click()
    inside.toast("The key is deleted")
    assert service.openfrs.services.credentials.access_key(access) is None


def test_users_and_projects_are_managed(
    inside: Visit, browser: Browser, service: Service, address: str
) -> None:
    inside.open("Projects")
    inside.button("New project").click()
    dialog = inside.page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("branch")
    dialog.get_by_role("button", name="New project").click()
    inside.toast("Project branch is ready")
    inside.open("Users")
    inside.button("New user").click()
    dialog.get_by_label("Name").fill("gina")
    dialog.get_by_label("Password").fill("a long password")
    dialog.get_by_label("branch").check()
    dialog.get_by_role("button", name="Save").click()
    inside.toast("gina is saved")
    expect(inside.row("gina")).to_contain_text("branch")
    domain = service.established.domain
    with Visit.begun(browser, address, domain, "gina", "a long password") as other:
        other.enter()
        expect(other.page.get_by_label("Project")).to_have_text("branch")
        other.open("Access keys")
        expect(other.heading("No access keys")).to_be_visible()
        other.button("Change my password").click()
        other.page.get_by_label("Present password").fill("a long password")
        other.page.get_by_label("New password").fill("another password")
        other.page.get_by_role("dialog").locator("button[type=submit]").click()
        other.toast("Your password is changed")
        other.sign_in("another password")
        expect(other.page.locator("h1")).to_have_text("Access keys")
    inside.button("Delete user gina").click()
    dialog.get_by_label("Type gina to confirm").fill("gina")
    dialog.get_by_role("button", name="Delete user").click()
    inside.toast("User gina is deleted")
    inside.open("Projects")
    inside.button("Delete project branch").click()
    dialog.get_by_label("Type branch to confirm").fill("branch")
    dialog.get_by_role("button", name="Delete project").click()
    inside.toast("Project branch is deleted")


def test_packs_show_their_licences(inside: Visit) -> None:
    inside.open("Model packs")
    expect(inside.page.get_by_text("fake@1")).to_be_visible()
    pack = inside.page.locator(".card").filter(has=inside.heading("default"))
    expect(pack).to_contain_text("CC0")
    expect(pack).to_contain_text("openfrs models pull default")  # the fake engine has none


def test_language_and_theme_are_remembered(inside: Visit) -> None:
    inside.page.get_by_label("Language").select_option("简体中文")
    expect(inside.page.locator("h1")).to_have_text("人脸库")
    assert inside.page.evaluate("document.documentElement.lang") == "zh-CN"
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = inside.page.evaluate(ground)
    for name in ("配色：跟随系统", "配色：浅色"):
        inside.button(name).click()
    expect(inside.button("配色：深色")).to_be_focused()
    assert inside.page.evaluate(ground) != light
    inside.page.reload()
    expect(inside.button("登录")).to_be_visible()
    assert inside.page.evaluate(ground) != light


def test_everything_can_be_reached_by_keyboard(inside: Visit) -> None:
    reached = []
    while "Skip to content" not in reached:
        inside.page.keyboard.press("Shift+Tab")
        focused = "document.activeElement"
        reached.append(
            inside.page.evaluate(f"{focused}.getAttribute('aria-label') ?? {focused}.innerText")
        )
    assert {"Requests", "Sign out", "Face sets", "Model packs", "Language"} <= set(reached)
    inside.page.keyboard.press("Enter")
    expect(inside.page.locator("main")).to_be_focused()
    inside.page.keyboard.press("Tab")
    expect(inside.button("New face set").first).to_be_focused()
    inside.page.keyboard.press("Enter")
    dialog = inside.page.get_by_role("dialog")
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    for _ in range(12):  # the focus goes round inside the dialog
        inside.page.keyboard.press("Tab")
        assert inside.page.evaluate("document.activeElement.closest('main') === null")
    inside.page.keyboard.press("Escape")
    expect(inside.button("New face set").first).to_be_focused()


def test_a_narrow_screen_has_its_navigation_behind_a_button(
    browser: Browser, service: Service, address: str
) -> None:
    made = service.established
    begun = Visit.begun(browser, address, made.domain, made.user, made.password, size=(390, 844))
    with begun as visit:
        visit.enter()
        expect(visit.page.get_by_role("navigation")).to_be_hidden()
        visit.button("Menu").click()
        visit.open("Detect")
        expect(visit.page.get_by_role("navigation")).to_be_hidden()
        for view in ("face-sets", "face-sets/staff", "search/staff", "compare", "models"):
            visit.go(*view.split("/"))
            expect(visit.page.locator(".skeleton")).to_have_count(0)
            width = visit.page.evaluate("document.documentElement.scrollWidth")
            assert width <= 390, view
