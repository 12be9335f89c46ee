"""Networks in ONNX Runtime: the only module that knows it."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

# From 1.29 on the runtime's own builds for Linux report to their maker: an identifier of the
# device, names and hashes of models, errors. Nothing of this service leaves the machine, so this
# is no setting. It has to stand before the import: the runtime reads it once, when it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}

_QUIET = 3  # errors only: a remark on an unused initialiser is nobody's business at run time

_LARGE = 5 * 1024 * 1024
"""Batches of more bytes than this give their memory back after the run. Keeping it makes the next
run faster, which ordinary pictures deserve; a huge one shall not swell the server for good."""


class ProviderMissing(Exception):
    """The wanted place to run models is not there; the message says what to do."""


class Session:
    """A loaded network with one input. Frozen after start; safe to call from many threads.

    ``threads`` bounds the threads of one run, 0 leaves it to the runtime (one a core). There is
    no fallback from ``cuda`` to the processor: what cannot run where it was told to is an error.

    Raises ProviderMissing.
    """

    def __init__(self, path: Path, *, threads: int = 0, provider: str = "cpu") -> None:
        wanted = PROVIDERS[provider]
        if wanted not in onnxruntime.get_available_providers():
            raise ProviderMissing(
                f"inference_provider is {provider}, and the installed onnxruntime has no {wanted}: "
                "install onnxruntime-gpu in its place, or set inference_provider = cpu"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _QUIET
        # Pictures come in all sizes: a plan a size, kept for ever, would be a leak.
        options.enable_mem_pattern = False
        # Waiting threads sleep: spinning would take the cores from the rest of the server.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=[wanted])
        if self._session.get_providers()[0] != wanted:
            raise ProviderMissing(
                f"inference_provider is {provider}, and {wanted} could not start; its own "
                "libraries (driver, CUDA, cuDNN) may be missing"
            )
        self._input = self._session.get_inputs()[0].name

    def run(self, batch: NDArray[Any]) -> Sequence[NDArray[Any]]:
        """The network's outputs for one batch, in the order of the file."""
        options = _releasing() if batch.nbytes > _LARGE else None
        return self._session.run(None, {self._input: batch}, options)  # type: ignore[no-any-return]


def _releasing() -> onnxruntime.RunOptions:
    """Options under which a run gives the memory it took back to the system."""
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options
