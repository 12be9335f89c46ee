"""A server of the test's own process on a real socket, and a browser to look at it."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from openfrs.app import create_app
from openfrs.cli.serve import listening_socket, server_config
from openfrs.testing import TestService

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def serving(service: TestService) -> Iterator[str]:
    """The service's address while a thread serves it."""
    listener = listening_socket("127.0.0.1", 0)
    server = uvicorn.Server(server_config(create_app(service.openfrs)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=60)
        listener.close()


def chromium_program() -> str:
    """Where Chromium is. Skips the test where it is not, and fails it in continuous integration."""
    program = os.environ.get("OPENFRS_CHROMIUM") or next(
        filter(None, map(shutil.which, PROGRAMS)), ""
    )
    if not program:
        reason = "no Chromium: install it, or name it in OPENFRS_CHROMIUM"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    return program


@contextmanager
def chromium(program: str, camera: Path) -> Iterator[Browser]:
    """A browser whose camera shows the film of that file, over and over."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=[
                "--no-sandbox",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-video-capture={camera}",
            ],
        )
        yield browser
        browser.close()
