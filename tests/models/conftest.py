"""The engine of the default pack, loaded once: nothing that it is asked changes it."""

from pathlib import Path

import pytest

from openfrs.engine.installed_pack import installed_pack
from openfrs.engine.pipeline import OnnxEngine


@pytest.fixture(scope="session")
def engine(models_dir: Path) -> OnnxEngine:
    made = OnnxEngine(installed_pack(models_dir, "default"))
    made.warm_up()
    return made
