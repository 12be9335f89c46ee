"""``python -m openfrs`` and the ``openfrs`` command."""

import os

# The numeric libraries read these when they load. Their thread pools would compete with the
# request threads for the same cores; ONNX Runtime's threads are a setting of our own.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")


def main() -> None:
    """Runs the command line."""
    from openfrs.cli.commands import run

    run()


if __name__ == "__main__":
    main()
