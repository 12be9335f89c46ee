"""``openfrs eval liveness``: its messages, and the real packs on pictures."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from typer.testing import CliRunner

from openfrs.cli.evaluate import app


def run(*arguments: str | Path, models_dir: Path | None = None) -> tuple[int, str, str]:
    environment = {"OPENFRS_MODELS_DIR": str(models_dir) if models_dir else ""}
    result = CliRunner().invoke(app, ["liveness", *map(str, arguments)], env=environment)
    return result.exit_code, result.stdout, result.stderr


def listed(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "labels.tsv"
    path.write_text("\n".join(("file\tlive", *rows)), encoding="utf-8")
    return path


def test_a_picture_that_is_not_there_is_named(tmp_path: Path) -> None:
    labels = listed(tmp_path, "a.jpg\t1", "b.jpg\t0")
    (tmp_path / "b.jpg").touch()
    code, _, error = run(*("--root", tmp_path, "--labels", labels, "--data-dir", tmp_path / "data"))
    assert code == 1
    assert "1 of 2 pictures are not below" in error
    assert "a.jpg" in error


def test_without_the_liveness_pack_it_says_how_to_install_it(tmp_path: Path) -> None:
    labels = listed(tmp_path, "a.jpg\t1", "b.jpg\t0")
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).touch()
    code, _, error = run(*("--root", tmp_path, "--labels", labels, "--data-dir", tmp_path / "data"))
    assert code == 1
    assert "openfrs models pull silent-face" in error
    assert "Traceback" not in error


@pytest.fixture
def pictures(tmp_path: Path, shared_data: Path) -> Path:
    """Three portraits, three pictures made to look like attacks, and two without a face."""
    root = tmp_path / "pictures"
    root.mkdir()
    for name in ("obama.jpg", "obama2.jpg", "biden.jpg"):
        portrait = cv2.imread(str(shared_data / "people" / name))
        assert portrait is not None
        cv2.imwrite(str(root / name), portrait)
        y, x = np.mgrid[: portrait.shape[0], : portrait.shape[1]]
        wave = 60 * np.sin(2 * np.pi * (0.21 * x + 0.13 * y))
        shown = (portrait * 0.6 + wave[..., None]).clip(0, 255).astype(np.uint8)
        cv2.imwrite(str(root / f"shown-{name}.png"), shown)
    cv2.imwrite(str(root / "empty.png"), np.full((200, 200, 3), 127, np.uint8))
    (root / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    return root


@pytest.mark.models
@pytest.mark.shared
def test_the_report_has_the_keys_of_the_contract(
    tmp_path: Path, pictures: Path, liveness_models_dir: Path
) -> None:
    labels = listed(
        tmp_path,
        "obama.jpg\t1",
        "obama2.jpg\t1",
        "biden.jpg\t1",
        "empty.png\t1",
        "shown-obama.jpg.png\t0",
        "shown-obama2.jpg.png\t0",
        "shown-biden.jpg.png\t0",
        "broken.jpg\t0",
    )
    arguments = ("--root", pictures, "--labels", labels, "--data-dir", tmp_path / "data")
    code, output, error = run(
        *arguments, "--json", "--plots", tmp_path / "plots", models_dir=liveness_models_dir
    )
    assert code == 0, error
    report = json.loads(output)
    assert list(report) == ["live", "attack", "eer", "threshold", "bpcer", "apcer"]
    assert (report["live"], report["attack"], report["threshold"]) == (4, 4, 0.5)
    assert report["bpcer"] == 0.25  # the live picture without a face
    assert report["apcer"] in (0, 0.25, 0.5, 0.75)
    with Pillow.open(tmp_path / "plots" / "liveness-det.png") as plot:
        assert plot.format == "PNG"
    code, output, error = run(*arguments, models_dir=liveness_models_dir)
    assert code == 0
    assert "4, 1 not judged (errors)" in output
    assert "4, 1 not judged (refused)" in output
    assert "1 of 8 pictures cannot be read" in error
    assert "broken.jpg" in error
    assert "empty.png" not in error
    assert "BPCER                25.00% of live pictures refused" in output


@pytest.mark.models
@pytest.mark.shared
def test_the_threshold_of_the_settings_counts(
    tmp_path: Path, pictures: Path, liveness_models_dir: Path
) -> None:
    labels = listed(tmp_path, "obama.jpg\t1", "shown-obama.jpg.png\t0")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "openfrs.toml").write_text("liveness_threshold = 0.0", encoding="utf-8")
    code, output, _ = run(
        *("--root", pictures, "--labels", labels, "--json", "--data-dir", tmp_path / "data"),
        models_dir=liveness_models_dir,
    )
    assert code == 0
    report = json.loads(output)
    assert (report["threshold"], report["bpcer"], report["apcer"]) == (0, 0, 1)
