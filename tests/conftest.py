"""What tests of several folders share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from openfrs.engine.install import install
from openfrs.engine.installed_pack import known_manifest
from tests.objects.s3_server import S3Server, seaweed

ROOT = Path(__file__).parent.parent

# How long an example takes is the machine's affair. The examples are the same in every run, so
# that no change is blamed for what it did not do; --hypothesis-profile=explore looks for new ones.
settings.register_profile("openfrs", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("openfrs")


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


@pytest.fixture(scope="session")
def shared_models() -> Path:
    """Model files that lie beside the repository and may not be copied into it."""
    directory = ROOT.parent / "shared" / "models"
    if not directory.is_dir():
        pytest.skip("the model files are not beside this repository")
    return directory


@pytest.fixture(scope="session")
def liveness_models_dir(
    models_dir: Path, shared_models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Where both the default pack and the liveness pack are installed."""
    directory = tmp_path_factory.mktemp("models")
    (directory / "default").symlink_to(models_dir / "default")
    manifest = known_manifest(directory, "silent-face")
    install(manifest, directory, mirrors=[shared_models], progress=lambda *_: None)
    return directory


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server, started when the first test asks for it."""
    with seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        yield server
