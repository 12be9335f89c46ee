import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import save

from openfrs.engine.session import ProviderMissing, Session
from tests.engine.networks import CHIP, detector, embedder


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("session") / "detector.onnx"
    save(detector(), path)
    return path


def test_the_runtime_keeps_no_record_for_its_maker(path: Path, tmp_path: Path) -> None:
    """It would leave a device identifier and a queue of reports under the user's home."""
    code = f"from openfrs.engine.session import Path, Session; Session(Path({str(path)!r}))"
    switches = {"CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "XDG_CACHE_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in switches}
    subprocess.run(
        [sys.executable, "-c", code], env=environment | {"HOME": str(tmp_path)}, check=True
    )
    assert not list(tmp_path.iterdir())


def test_cuda_that_is_not_there_is_an_error_and_no_fallback(path: Path) -> None:
    if "CUDAExecutionProvider" in importlib.import_module("onnxruntime").get_available_providers():
        pytest.skip("CUDA is there")
    with pytest.raises(ProviderMissing, match="onnxruntime-gpu"):
        Session(path, provider="cuda")


def test_an_unknown_provider_is_our_own_mistake(path: Path) -> None:
    with pytest.raises(KeyError):
        Session(path, provider="abacus")


def test_threads_and_batches_do_not_change_the_answer(tmp_path: Path) -> None:
    save(embedder(), tmp_path / "embedder.onnx")
    chips = np.random.default_rng(1).integers(0, 256, (5, CHIP, CHIP, 3), dtype=np.uint8)
    [together] = Session(tmp_path / "embedder.onnx", threads=1).run(chips)
    session = Session(tmp_path / "embedder.onnx", threads=2)
    for chip, expected in zip(chips, together, strict=True):
        np.testing.assert_allclose(session.run(chip[None])[0][0], expected, rtol=1e-5)


def test_a_large_batch_gets_the_same_answer_as_a_small_one(path: Path) -> None:
    session = Session(path, threads=1)
    small = np.random.default_rng(2).uniform(0, 255, (1, 3, 64, 64)).astype(np.float32)
    large = np.tile(small, (1, 1, 16, 16))
    heat = session.run(large)[0]
    np.testing.assert_allclose(heat[:, :, :16, :16], session.run(small)[0], rtol=1e-5)
