"""The files in deploy/ and the Dockerfile name settings, paths and options that exist."""

import dataclasses
import re
import tomllib
from pathlib import Path

from openfrs.api.routes import match
from openfrs.domain.limits import OPEN
from openfrs.settings import ENVIRONMENT_PREFIX, Settings

ROOT = Path(__file__).parent.parent.parent
SETTINGS = {ENVIRONMENT_PREFIX + field.name.upper() for field in dataclasses.fields(Settings)}
PAGES = ["run-in-a-container.md", "run-with-systemd.md", "run-behind-a-proxy.md"]


def read(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


def test_every_setting_that_they_name_exists() -> None:
    texts = [read("Dockerfile"), read("deploy", "systemd", "openfrs.service")]
    texts += [read("docs", "how-to", page) for page in PAGES]
    for text in texts:
        named = set(re.findall(rf"\b{ENVIRONMENT_PREFIX}[A-Z_]+\b", text))
        assert named
        assert named <= SETTINGS


def test_the_container_has_no_rights_and_asks_a_path_that_there_is() -> None:
    text = read("Dockerfile")
    final = text[text.rindex("FROM ") :]
    assert "USER 10001" in final
    assert "--require-hashes --requirement requirements/${LOCK}" in text
    [path] = re.findall(r"urlopen\('http://127\.0\.0\.1:8080(/\w+)'", final)
    assert match("GET", path).operation.public


def test_an_image_can_have_the_extras_that_the_pages_ask_for() -> None:
    assert "ARG LOCK=run.lock" in read("Dockerfile")
    assert "--build-arg LOCK=extras.lock" in read("docs", "how-to", "run-in-a-container.md")
    extras = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
    locked = set(re.findall(r"^([\w.-]+)==", read("requirements", "extras.lock"), re.MULTILINE))
    assert {
        re.split(r"[<>=]", need)[0] for name in ("s3", "tracing") for need in extras[name]
    } <= locked
    assert set(re.findall(r"^[\w.-]+==\S+", read("requirements", "run.lock"), re.MULTILINE)) <= set(
        re.findall(r"^[\w.-]+==\S+", read("requirements", "extras.lock"), re.MULTILINE)
    )


def test_the_proxy_lets_in_what_the_service_takes_and_keeps_the_host() -> None:
    text = read("deploy", "nginx", "openfrs.conf")
    assert f"client_max_body_size {OPEN.body_bytes // 2**20}m;" in text
    assert "proxy_set_header Host $http_host;" in text
    assert "proxy_request_buffering off;" in text
