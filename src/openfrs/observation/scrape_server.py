"""The metrics on a port of their own, served by a thread: a busy event loop does not delay them."""

import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import structlog

from openfrs.api.metrics_access import MetricsAccess

log = structlog.get_logger("openfrs.metrics")

PATH = "/metrics"
PATIENCE = 10.0  # seconds for a client to say what it wants
TEXT = "text/plain; charset=utf-8"


class ScrapeServer:
    """Answers ``GET /metrics`` on a listening socket, which other processes may serve as well."""

    def __init__(self, listener: socket.socket, access: MetricsAccess) -> None:
        # Several processes wait for one connection, and all but one come too late for it.
        listener.settimeout(0)
        handler = type("Handler", (_Handler,), {"access": access})
        self._server = _Server(listener.getsockname()[:2], handler, bind_and_activate=False)
        self._server.socket.close()
        self._server.socket = listener
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="scrapes", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Takes no more connections. The socket stays open: it is the caller's."""
        self._server.shutdown()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A scraper that went away before it had the page is no failure of ours."""
        if isinstance(sys.exception(), OSError):
            log.info("a scraper did not wait for the metrics")
        else:
            log.exception("the metrics failed")


class _Handler(BaseHTTPRequestHandler):
    access: MetricsAccess
    timeout = PATIENCE
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != PATH:
            self._answer(404, f"the metrics are at {PATH}\n".encode(), TEXT)
        elif not self.access.allows(self.headers.get("Authorization", "")):
            self._answer(401, b"the bearer token of the metrics is missing or wrong\n", TEXT)
        else:
            page = self.access.page(self.headers.get("Accept", ""))
            self._answer(200, page.content, page.content_type)

    def _answer(self, status: int, content: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(content)

    def version_string(self) -> str:
        """What the ``Server`` header says: nothing that helps a stranger."""
        return "openfrs"

    def log_message(self, *_: object) -> None:
        """Scrapes are not logged."""
