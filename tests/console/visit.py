"""One person's visit to the console: a browser page, what it does there, and the rules it keeps."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from playwright.sync_api import Browser, FilePayload, Locator, Page, Request, expect

from openfrs.testing import Colour, picture

DESKTOP = (1280, 800)
WAIT_MS = 30_000
expect.set_options(timeout=WAIT_MS)

# What the browser itself says of an answer from 400 on; the views say what it means.
REFUSED = "Failed to load resource: the server responded with a status of"

RECORD_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


def painted(name: str, *colours: Colour, size: int = 160) -> FilePayload:
    """A picture file in which the fake engine sees one face a colour."""
    return {"name": name, "mimeType": "image/png", "buffer": picture(*colours, size=size)}


PATIENCE = 300
BLACK = 20
BRIGHTEST = """video => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 32;
  const drawing = canvas.getContext("2d");
  drawing.drawImage(video, 0, 0, 32, 32);
  const numbers = drawing.getImageData(0, 0, 32, 32).data;
  return Math.max(...numbers.filter((_, at) => at % 4 < 3));
}"""
"""The brightest number of what a video shows, 0 to 255."""


@dataclass
class Visit:
    """A page of the console, with everything it asked for and complained of."""

    page: Page
    address: str
    domain: str
    user: str
    password: str
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    @contextmanager
    def begun(
        cls,
        browser: Browser,
        address: str,
        domain: str,
        user: str,
        password: str,
        *,
        size: tuple[int, int] = DESKTOP,
        scheme: str = "light",
        locale: str = "en",
    ) -> Iterator[Self]:
        """A visit in a context of its own; at its end the rules are checked."""
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            locale=locale,
            permissions=["camera", "clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(WAIT_MS)
        context.add_init_script(RECORD_VIOLATIONS)
        page = context.new_page()
        self = cls(page, address, domain, user, password)
        context.on("request", self._asked)
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        try:
            page.goto(f"{address}/console")
            yield self
            self.keeps_the_rules()
        finally:
            context.close()

    def _asked(self, request: Request) -> None:
        self.requests.append(request)

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not text.startswith(REFUSED):
            self.complaints.append(f"{kind}: {text}")

    def keeps_the_rules(self) -> None:
        """Nothing was asked of another origin, nothing was blocked, and nothing broke."""
        own = (f"{self.address}/", "blob:", "data:")
        assert [r.url for r in self.requests if not r.url.startswith(own)] == []
        assert self.page.evaluate("window.violations") == []
        assert self.complaints == []

    def sign_in(self, password: str | None = None) -> None:
        self.page.get_by_label("Domain").fill(self.domain)
        self.page.get_by_label("User name").fill(self.user)
        self.page.get_by_label("Password").fill(self.password if password is None else password)
        self.page.get_by_role("button", name="Sign in").click()

    def enter(self) -> None:
        """Signs in, and waits for the first view."""
        self.sign_in()
        expect(self.heading("Face sets")).to_be_visible()

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", name=name, exact=True)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def open(self, name: str) -> None:
        """Goes to a view by the navigation."""
        self.page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
        expect(self.page.locator("h1")).to_have_text(name)

    def go(self, *segments: str) -> None:
        """Goes to a view by its address."""
        self.page.evaluate("hash => { location.hash = hash }", "#/" + "/".join(segments))

    def create_set(self, name: str, fields: Mapping[str, str]) -> None:
        """Makes a face set in the dialog, and waits until it is shown."""
        self.open("Face sets")
        self.button("New face set").first.click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("Name", exact=True).fill(name)
        for at, (field_name, kind) in enumerate(fields.items()):
            dialog.get_by_role("button", name="Add a field").click()
            dialog.get_by_label("Field name").nth(at).fill(field_name)
            dialog.get_by_label("Field type").nth(at).select_option(kind)
        dialog.get_by_role("button", name="Create face set").click()
        expect(self.heading(name)).to_be_visible()

    def add(self, files: Sequence[FilePayload | Path], **values: str) -> None:
        """Adds pictures to the face set shown, and waits until each has its outcome."""
        self.page.get_by_role("link", name="Add faces").first.click()
        for name, value in values.items():
            self.page.get_by_label(name).fill(value)
        self.page.get_by_label("Pictures of people").set_input_files(files)  # type: ignore[arg-type]
        number = len(files)
        expect(self.page.get_by_text(f"{number} of {number} pictures done")).to_be_visible()

    def row(self, name: str) -> Locator:
        """The line of a face in the table."""
        return self.page.get_by_role("row").filter(
            has=self.page.get_by_role("rowheader", name=name, exact=True)
        )

    def take_picture(self) -> None:
        """From the camera, once it sees something: its first pictures may be black."""
        for _ in range(PATIENCE):
            if self.page.locator("video.camera").evaluate(BRIGHTEST) > BLACK:
                break
            self.page.wait_for_timeout(100)
        self.button("Take picture").click()

    def toast(self, text: str) -> None:
        expect(self.page.locator(".toast").filter(has_text=text)).to_be_visible()
