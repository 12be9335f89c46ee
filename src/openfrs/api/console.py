"""The web console: files of the package, with headers that keep the browser to this server."""

from openfrs.api.call import Answer, Call
from openfrs.console.pages import FIRST_PAGE, pages
from openfrs.domain.errors import RouteUnknown

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "font-src 'self'",
        "media-src 'self' blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

SECURITY = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def enter(call: Call) -> Answer:
    """To the console's directory: its files name each other by relative paths."""
    _require(call)
    headers = SECURITY | {"Location": "console/", "Content-Type": "text/plain; charset=utf-8"}
    return Answer(b"", status=307, headers=headers)


def show(call: Call) -> Answer:
    """A file of the console; the browser asks each time whether it has changed. RouteUnknown."""
    _require(call)
    page = pages().get(call.path["file"] or FIRST_PAGE)
    if page is None:
        raise RouteUnknown
    headers = SECURITY | {
        "Content-Type": page.media_type,
        "Cache-Control": "no-cache",
        "ETag": page.etag,
    }
    known = [tag.strip().removeprefix("W/") for tag in call.header("if-none-match").split(",")]
    if page.etag in known:
        return Answer(b"", status=304, headers=headers | {"Content-Length": str(len(page.content))})
    return Answer(page.content, headers=headers)


def _require(call: Call) -> None:
    if not call.services.console:
        raise RouteUnknown("the console is switched off")
