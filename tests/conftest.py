"""What tests of several folders share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Evaluation pictures that lie beside the repository and may not be copied into it."""
    directory = ROOT.parent / "shared" / "data"
    if not directory.is_dir():
        pytest.skip("the evaluation pictures are not beside this repository")
    return directory


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """Where the default model pack is installed; scripts/check does so before the tests run."""
    directory = Path(os.environ.get("OPENFRS_MODELS_DIR", ROOT / ".cache" / "models")).absolute()
    if not (directory / "default").is_dir():
        pytest.skip("the default model pack is not installed; see scripts/check")
    return directory
