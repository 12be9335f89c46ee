"""The console's files as they are served."""

import re
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from openfrs.api.routes import PAGES
from openfrs.console.pages import pages
from openfrs.testing import TestService as Service
from openfrs.testing import make_service

ROOT = Path(__file__).parents[2]


def test_the_console_starts_from_its_own_directory(service: Service) -> None:
    answer = service.client.get("/console", follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (307, "console/")
    answer = service.client.get("/console")
    assert answer.url.path == "/console/"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_nothing_but_files_is_public_beside_the_operations() -> None:
    assert [page.name for page in PAGES] == ["Console", "ConsoleFile"]
    assert all(page.method == "GET" and page.path.startswith("/console") for page in PAGES)


def test_every_file_is_served_with_its_type(service: Service) -> None:
    assert {"index.html", "app.js", "views/faces.js", "css/base.css", "logo.svg"} <= set(pages())
    for name, page in pages().items():
        answer = service.client.get(f"/console/{name}")
        assert answer.status_code == 200, name
        assert answer.content == page.content
        assert answer.headers["Content-Type"] == page.media_type


@pytest.mark.parametrize("path", ["", "app.js"])
def test_the_browser_is_kept_to_this_server(service: Service, path: str) -> None:
    headers = service.client.get(f"/console/{path}").headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob: data:",
        "connect-src": "'self'",
        "font-src": "'self'",
        "media-src": "'self' blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Permissions-Policy"].startswith("camera=(self)")


def test_a_file_that_has_not_changed_is_not_sent_again(service: Service) -> None:
    first = service.client.get("/console/app.js")
    assert first.headers["Cache-Control"] == "no-cache"
    tag = first.headers["ETag"]
    for known in (tag, f'"other", W/{tag}'):
        again = service.client.get("/console/app.js", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
    changed = service.client.get("/console/app.js", headers={"If-None-Match": '"other"'})
    assert changed.status_code == 200


@pytest.mark.parametrize("path", ["/console", "/console/", "/console/app.js"])
def test_a_page_may_be_asked_for_without_its_body(service: Service, path: str) -> None:
    whole = service.client.get(path, follow_redirects=False)
    head = service.client.head(path, follow_redirects=False)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    for name in ("Content-Type", "Content-Length", "Location", "ETag"):
        assert head.headers.get(name) == whole.headers.get(name)


@pytest.mark.parametrize(
    "path",
    [
        "none.js",
        "views",
        "views/",
        "views/none.js",
        "../pages.py",
        "%2e%2e/pages.py",
        "views/..%2f..%2fpages.py",
        "/etc/passwd",
        "%00",
        "app.js/",
    ],
)
def test_nothing_else_can_be_asked_for(service: Service, path: str) -> None:
    answer = service.client.get(f"/console/{path}")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "APIG.0101")


@pytest.mark.parametrize("path", ["/console", "/console/", "/console/app.js"])
def test_the_console_can_be_switched_off(tmp_path: Path, path: str) -> None:
    with make_service(tmp_path / "data", console="off") as service:
        answer = service.client.get(path)
    assert answer.status_code == 404
    assert "switched off" in answer.json()["error_msg"]


def test_the_files_name_no_other_server() -> None:
    namespace = b"http://www.w3.org/2000/svg"  # a name, which nobody fetches
    for name, page in pages().items():
        assert not re.search(rb"(?:https?:)?//\w+\.\w", page.content.replace(namespace, b"")), name


def test_the_wheel_holds_the_files(tmp_path: Path) -> None:
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    assert {f"openfrs/console/static/{name}" for name in pages()} <= packed
