"""Signing in, and what becomes of the token."""

import re

import pytest
from playwright.sync_api import Browser, expect

from openfrs.auth.passwords import hash_password
from openfrs.operations import accounts
from openfrs.testing import TestService as Service
from tests.console.rules import violations
from tests.console.visit import Visit


def test_a_wrong_password_is_refused_and_the_right_one_taken(visit: Visit) -> None:
    visit.sign_in("wrong")
    expect(visit.page.get_by_role("alert")).to_contain_text("password is wrong")
    visit.enter()
    expect(visit.page.get_by_text("Administrator")).to_be_visible()


def test_the_token_is_kept_in_memory_alone(visit: Visit) -> None:
    visit.enter()
    token = next(
        request.headers["x-auth-token"]
        for request in visit.requests
        if "x-auth-token" in request.headers
    )
    assert len(token) > 20
    stored = visit.page.evaluate(
        "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, name])"
    )
    assert token not in stored
    assert visit.page.context.cookies() == []
    assert all(token not in request.url for request in visit.requests)
    visit.page.reload()
    expect(visit.button("Sign in")).to_be_visible()


def test_signing_out_forgets_the_calls(visit: Visit) -> None:
    visit.enter()
    visit.button("Sign out").click()
    expect(visit.button("Sign in")).to_be_visible()
    visit.enter()
    visit.button("Requests").click()
    names = visit.page.locator(".calls b").all_inner_texts()
    assert names.count("CreateToken") == 1


def test_an_ended_session_leads_back_to_signing_in(
    browser: Browser, service: Service, address: str
) -> None:
    credentials = service.openfrs.services.credentials
    project = service.established.project_id
    accounts.create_user(
        credentials,
        "passing",
        "first password",
        hash_password=hash_password,
        administrator=False,
        project_ids=[project],
    )
    domain = service.established.domain
    with Visit.begun(browser, address, domain, "passing", "first password") as visit:
        visit.enter()
        links = visit.page.get_by_role("navigation").get_by_role("link")
        assert "Users" not in links.all_inner_texts()  # that is for administrators
        accounts.set_password(credentials, "passing", "second one", hash_password=hash_password)
        visit.go("compare")
        visit.go("face-sets")
        expect(visit.page.get_by_role("alert")).to_contain_text("session has ended")
        visit.sign_in("second one")
        expect(visit.heading("Face sets")).to_be_visible()


def test_of_several_projects_one_is_chosen(
    browser: Browser, service: Service, address: str
) -> None:
    credentials = service.openfrs.services.credentials
    second = accounts.create_project(credentials, "second")
    made = service.established
    try:
        with Visit.begun(browser, address, made.domain, made.user, made.password) as visit:
            visit.sign_in()
            expect(visit.heading("Choose a project")).to_be_visible()
            assert violations(visit) == []
            visit.button("second").click()
            expect(visit.heading("Face sets")).to_be_visible()
            visit.create_set("only-here", {})
            visit.page.get_by_label("Project").select_option("local-1")
            expect(visit.heading("Face sets")).to_be_visible()
            visit.button("Requests").click()
            asked = [r.url for r in visit.requests if re.search(r"/face-sets$", r.url)]
            assert second.project_id in asked[0]
            assert made.project_id in asked[-1]
    finally:
        sets = service.openfrs.services.face_sets
        for face_set in sets.face_sets(second.project_id):
            sets.delete_face_set(face_set)
        credentials.remove_project(second.project_id)


@pytest.mark.parametrize(("locale", "action"), [("zh-CN", "登录"), ("en", "Sign in")])
def test_the_browsers_language_is_spoken_first(
    browser: Browser, service: Service, address: str, locale: str, action: str
) -> None:
    made = service.established
    begun = Visit.begun(browser, address, made.domain, made.user, made.password, locale=locale)
    with begun as visit:
        expect(visit.button(action)).to_be_visible()


def test_a_wrong_present_password_is_told_where_it_was_typed(visit: Visit) -> None:
    visit.enter()
    visit.open("Access keys")
    visit.button("Change my password").click()
    dialog = visit.page.get_by_role("dialog")
    dialog.get_by_label("Present password").fill("not the one")
    dialog.get_by_label("New password").fill("another password")
    dialog.get_by_role("button", name="Change my password").click()
    expect(dialog.get_by_role("alert")).to_contain_text("password is wrong")
    visit.page.keyboard.press("Escape")
    visit.open("Face sets")


@pytest.mark.parametrize("place", ["%", "face-sets/%E0%A4", "constructor", "nothing"])
def test_an_address_that_leads_nowhere_leads_to_the_face_sets(visit: Visit, place: str) -> None:
    visit.page.goto(f"{visit.address}/console/#/{place}")
    visit.page.reload()
    visit.sign_in()
    expect(visit.page.locator("h1")).to_be_visible()
    visit.open("Compare")
