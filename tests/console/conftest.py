"""The console on the fake engine, and Chromium with a camera that shows a drawn film."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from openfrs.testing import FakeLiveness, TestService, make_service
from tests.console.films import film_of_a_turning_head
from tests.console.running import chromium, chromium_program, serving
from tests.console.visit import Visit


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = chromium_program()
    camera = tmp_path_factory.mktemp("camera") / "film.mjpeg"
    camera.write_bytes(film_of_a_turning_head())
    with chromium(program, camera) as running:
        yield running


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestService]:
    directory = tmp_path_factory.mktemp("service") / "data"
    with make_service(directory, liveness=FakeLiveness()) as running:
        yield running


@pytest.fixture(scope="module")
def address(service: TestService) -> Iterator[str]:
    with serving(service) as url:
        yield url


@pytest.fixture
def visit(browser: Browser, service: TestService, address: str) -> Iterator[Visit]:
    """A page of its own, which must not have broken any rule by the end of the test."""
    made = service.established
    with Visit.begun(browser, address, made.domain, made.user, made.password) as running:
        yield running
