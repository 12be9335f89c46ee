"""The drawer of calls: what it shows as curl and as Python does what the console did."""

import shlex
from pathlib import Path
from typing import Any

import httpx2
import pytest
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from playwright.sync_api import expect

from openfrs.testing import TestService as Service
from openfrs.testing import picture
from tests.console.visit import Visit, painted

RED, GREEN = (200, 40, 40), (40, 200, 40)

SDK_CALLS = (
    "CreateFaceSet",
    "ShowAllFaceSets",
    "ShowFaceSet",
    "AddFaces",
    "UpdateFace",
    "SearchFace",
    "CompareFace",
    "DetectFace",
    "DetectLiveFace",
    "BatchDeleteFaces",
    "DeleteFaceSet",
)


def work(visit: Visit) -> None:
    """Uses most operations once."""
    visit.enter()
    visit.create_set("o-neil", {"floor": "integer"})
    visit.add([painted("it's ann.png", RED)], floor="3")
    visit.page.get_by_role("link", name="Show faces").click()
    visit.button("Edit it-s-ann").click()
    visit.page.get_by_label("floor").fill("4")
    visit.button("Save").click()
    visit.toast("is saved")
    visit.page.get_by_role("link", name="Search for faces like it-s-ann").click()
    expect(visit.page.locator(".hit")).to_have_count(1)
    visit.go("search", "o-neil")
    visit.page.get_by_label("Order").select_option("floor, rising")
    visit.page.get_by_label("Who is this?").set_input_files([painted("it's ann.png", RED)])
    expect(visit.page.locator(".hit")).to_have_count(1)
    visit.go("compare")
    visit.page.get_by_label("First picture").set_input_files([painted("it's ann.png", RED)])
    visit.page.get_by_label("Second picture").set_input_files([painted("bob.png", GREEN)])
    expect(visit.page.get_by_role("region", name="Outcome").locator("b")).to_be_visible()
    visit.go("detect")
    visit.page.get_by_label("A picture with people").set_input_files([painted("bob.png", GREEN)])
    expect(visit.page.locator(".faces > li")).to_have_count(1)
    visit.go("liveness")
    visit.page.get_by_text("One picture").click()
    visit.page.get_by_label("A picture of one person").set_input_files([painted("bob.png", GREEN)])
    expect(visit.heading("A live person")).to_be_visible()
    visit.go("face-sets", "o-neil")
    visit.page.get_by_label("Filter", exact=True).fill("floor:4")
    visit.button("Delete matching faces").click()
    visit.button("Delete 1 face").click()
    visit.toast("1 face deleted")
    visit.open("Face sets")
    visit.button("Delete face set o-neil").click()
    visit.page.get_by_label("Type o-neil to confirm").fill("o-neil")
    visit.page.get_by_role("dialog").get_by_role("button", name="Delete face set").click()
    visit.toast("is deleted")


def texts(visit: Visit, language: str) -> dict[str, list[str]]:
    """What the drawer shows of each call, the first ones first."""
    visit.page.locator(".segments").get_by_text(language).click()
    shown: dict[str, list[str]] = {}
    entries = visit.page.locator(".calls button")
    for at in reversed(range(entries.count())):
        entries.nth(at).click()
        name = entries.nth(at).locator("b").inner_text()
        shown.setdefault(name, []).append(visit.page.locator("pre.code").inner_text())
    return shown


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with the pictures under the names that the calls give them."""
    (tmp_path / "it's ann.png").write_bytes(picture(RED, size=160))
    (tmp_path / "bob.png").write_bytes(picture(GREEN, size=160))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))  # the SDK writes a file there
    return tmp_path


def test_every_call_can_be_repeated(visit: Visit, service: Service, folder: Path) -> None:
    work(visit)
    visit.button("Requests").click()
    curls, pythons = texts(visit, "curl"), texts(visit, "Python SDK")
    everything = str(curls) + str(pythons)
    assert visit.password not in everything
    tokens = {r.headers["x-auth-token"] for r in visit.requests if "x-auth-token" in r.headers}
    assert tokens
    assert not any(token in everything for token in tokens)
    for name in SDK_CALLS:
        run_curl(curls[name][0], visit.address, service.token, folder)
    assert [name for name in SDK_CALLS if "no call for this" in pythons[name][0]] == []
    for name in SDK_CALLS:
        # The first search was by a stored face, the last by a picture.
        for program in dict.fromkeys((pythons[name][0], pythons[name][-1])):
            assert outcome(program, service) in GONE, program
    assert "no call for this operation" in pythons["QueryFaces"][0]


def run_curl(text: str, address: str, token: str, folder: Path) -> None:
    """What a shell and curl would make of the text; the test machine need not have curl."""
    words = shlex.split(text.replace("\\\n", "").replace("$TOKEN", token))
    assert words[:2] == ["curl", "-X"]
    assert words[3].startswith(address)
    headers, data, fields, files = {}, None, {}, {}
    for option, value in zip(words[4::2], words[5::2], strict=True):
        name, _, rest = value.partition(": " if option == "-H" else "=")
        if option == "-H":
            headers[name] = rest
        elif option == "-d":
            data = value
        elif rest.startswith("@"):
            files[name] = (rest[1:], (folder / rest[1:]).read_bytes())
        else:
            fields[name] = rest
    answer = httpx2.request(
        words[2], words[3], headers=headers, content=data, data=fields or None, files=files or None
    )
    assert answer.json().get("error_code", "") in GONE, (text, answer.text)


def outcome(program: str, service: Service) -> str:
    """The code of the refusal that the program meets, or an empty text where it works."""
    made = service.established
    names: dict[str, Any] = {"ACCESS_KEY": made.access_key, "SECRET_KEY": made.secret_key}
    try:
        exec(compile(program, "shown", "exec"), names)  # noqa: S102  # that is what is tested
    except ServiceResponseException as refusal:
        return str(refusal.error_code)
    return ""


# What was edited or deleted in the meantime is not there any more: the call itself was understood.
GONE = {"", "FRS.0303", "FRS.0403", "FRS.0407"}
