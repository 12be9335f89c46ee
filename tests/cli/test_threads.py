"""The numeric libraries run on the thread that calls them: however the program was started."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

LOOKING = """
    import os, sys

    def look():
        wanted = [os.environ.get(name) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")]
        threads = len(os.listdir("/proc/self/task"))
        print(wanted, "numpy" in sys.modules, threads, file=sys.stderr, flush=True)

    def look_in_worker():
        import numpy
        look()
"""
AT_EXIT = "import atexit, looking; atexit.register(looking.look)"
SPAWN = (
    "import atexit, multiprocessing, looking, openfrs.__main__; atexit.unregister(looking.look);"
    " process = multiprocessing.get_context('spawn').Process(target=looking.look_in_worker);"
    " process.start(); process.join()"
)


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "openfrs", "--help"],
        ["-c", "import sys; sys.argv[1:] = ['--help']; import openfrs.__main__ as m; m.main()"],
        ["-c", SPAWN],
    ],
    ids=["module", "console script", "worker"],
)
def test_the_libraries_start_no_threads_of_their_own(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "looking.py").write_text(textwrap.dedent(LOOKING))
    (tmp_path / "sitecustomize.py").write_text(AT_EXIT)
    environment = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment.pop(name, None)
    path = [str(tmp_path), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    environment["PYTHONPATH"] = os.pathsep.join(part for part in path if part)
    ended = subprocess.run(
        [sys.executable, *command],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    told = [line.split(" True ") for line in ended.stderr.splitlines() if " True " in line]
    assert told
    for settings, threads in told:
        assert settings == "['1', '1']"
        assert int(threads) <= 2  # ONNX Runtime has one of its own
