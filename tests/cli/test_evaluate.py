"""``openfrs eval``: its messages, and the real pack on real pictures."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openfrs.cli.evaluate import app

KEYS = {"pairs", "accuracy", "accuracy_std", "tar", "failures_to_enrol", "ms_per_picture"}


def run(*arguments: str | Path, models_dir: Path | None = None) -> tuple[int, str, str]:
    environment = {"OPENFRS_MODELS_DIR": str(models_dir) if models_dir else ""}
    result = CliRunner().invoke(app, [str(one) for one in arguments], env=environment)
    return result.exit_code, result.stdout, result.stderr


def listed(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(("img1\timg2\tsame", *rows)), encoding="utf-8")
    return path


def test_a_mistake_in_the_list_is_told_by_line(tmp_path: Path) -> None:
    path = listed(tmp_path, "a.jpg\tb.jpg\tmaybe")
    code, _, error = run(
        "pairs", "--root", tmp_path, "--pairs", path, "--data-dir", tmp_path / "data"
    )
    assert code == 1
    assert "line 2: same is 1 or 0" in error
    assert "Traceback" not in error


def test_a_picture_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = listed(tmp_path, "a.jpg\tb.jpg\t1", "a.jpg\tc.jpg\t0")
    (tmp_path / "a.jpg").touch()
    code, _, error = run(
        "pairs", "--root", tmp_path, "--pairs", path, "--data-dir", tmp_path / "data"
    )
    assert code == 1
    assert "2 of 3 pictures" in error
    assert "b.jpg" in error


def test_a_pack_that_is_not_installed_is_told(tmp_path: Path) -> None:
    path = listed(tmp_path, "a.jpg\tb.jpg\t1", "a.jpg\tb.jpg\t0")
    (tmp_path / "a.jpg").touch()
    (tmp_path / "b.jpg").touch()
    code, _, error = run(
        "pairs", "--root", tmp_path, "--pairs", path, "--data-dir", tmp_path / "data"
    )
    assert code == 1
    assert "not installed" in error


@pytest.mark.models
@pytest.mark.shared
def test_the_report_as_json_has_the_keys_of_the_contract(
    tmp_path: Path, shared_data: Path, models_dir: Path
) -> None:
    path = listed(
        tmp_path,
        "people/obama.jpg\tpeople/obama2.jpg\t1",
        "people/obama.jpg\tpeople/biden.jpg\t0",
        "people/obama2.jpg\tpeople/biden.jpg\t0",
        "people/obama.jpg\tdlib-faces/dogs.jpg\t0",
        "people/obama.jpg\tbroken/truncated.jpg\t0",
    )
    code, output, _ = run(
        *("pairs", "--root", shared_data, "--pairs", path, "--json"),
        *("--data-dir", tmp_path / "data"),
        models_dir=models_dir,
    )
    assert code == 0
    report = json.loads(output)
    assert set(report) == KEYS
    assert report["pairs"] == 5
    assert report["failures_to_enrol"] == 2
    assert report["tar"] == {"0.01": 1.0, "0.001": 1.0, "0.0001": 1.0}
    assert report["ms_per_picture"] > 0


@pytest.mark.models
@pytest.mark.shared
def test_the_report_as_text_says_what_each_figure_rests_on(
    tmp_path: Path, shared_data: Path, models_dir: Path
) -> None:
    path = listed(tmp_path, "obama.jpg\tobama2.jpg\t1", "obama.jpg\tbiden.jpg\t0")
    code, output, _ = run(
        *("pairs", "--root", shared_data / "people", "--pairs", path),
        *("--data-dir", tmp_path / "data"),
        models_dir=models_dir,
    )
    assert code == 0
    assert re.search(
        r"true match rate +100.00% at false match rate 0.0001 \(1 mated, 1 non-", output
    )
    assert re.search(r"failures to enrol +0 of 3 pictures", output)


@pytest.mark.models
@pytest.mark.shared
def test_too_few_people_make_no_calibration(
    tmp_path: Path, shared_data: Path, models_dir: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        picture = (shared_data / "people" / "obama.jpg").read_bytes()
        (tmp_path / name / "a.jpg").write_bytes(picture)
    code, _, error = run(
        "calibrate", "--root", tmp_path, "--data-dir", tmp_path / "data", models_dir=models_dir
    )
    assert code == 1
    assert "1 pairs of different people; 100000 are needed" in error


@pytest.mark.models
@pytest.mark.shared
def test_attributes_are_judged_by_the_path_of_the_service(
    tmp_path: Path, shared_data: Path, models_dir: Path
) -> None:
    labels = tmp_path / "labels.tsv"
    rows = ["file\tage\tgender", "people/obama.jpg\t47\tm", "people/biden.jpg\t70\tm"]
    rows += ["dlib-faces/dogs.jpg\t5\tf", "broken/truncated.jpg\t5\tf"]
    labels.write_text("\n".join(rows), encoding="utf-8")
    arguments = ("attributes", "--root", shared_data, "--labels", labels)
    code, out, error = run(*arguments, "--json", "--plots", tmp_path, models_dir=models_dir)
    assert code == 0, error
    report = json.loads(out)
    assert set(report) == {"faces", "age_mae", "gender_accuracy"}
    assert report["faces"] == 2
    assert report["age_mae"] < 20
    assert report["gender_accuracy"] == 1
    assert (tmp_path / "age-errors.png").is_file()
    assert "1 of 4 pictures cannot be read" in error
    assert "broken/truncated.jpg" in error
    code, out, _ = run(*arguments, models_dir=models_dir)
    assert code == 0
    assert "without a face       2" in out
    labels.write_text(rows[0] + "\n" + rows[3], encoding="utf-8")
    code, out, error = run(*arguments, "--json", models_dir=models_dir)
    assert code == 0, error
    assert json.loads(out) == {"faces": 0}


@pytest.mark.models
@pytest.mark.shared
def test_detection_is_judged_by_the_path_of_the_service(
    tmp_path: Path, shared_data: Path, models_dir: Path
) -> None:
    labels = tmp_path / "boxes.tsv"
    rows = ["file\tleft\ttop\twidth\theight", "people/obama.jpg\t368\t86\t251\t347"]
    rows += ["people/biden.jpg\t0\t0\t9\t9", "broken/truncated.jpg\t\t\t\t"]
    labels.write_text("\n".join(rows), encoding="utf-8")
    arguments = ("detect", "--root", shared_data, "--labels", labels)
    code, out, error = run(*arguments, "--json", "--plots", tmp_path, models_dir=models_dir)
    assert code == 0, error
    expected = {"pictures": 3, "faces": 2, "found": 1, "false_alarms": 1}
    assert json.loads(out) == expected | {"recall": 0.5, "precision": 0.5}
    assert (tmp_path / "detection-precision-recall.png").is_file()
    assert "1 of 3 pictures cannot be read" in error
    code, out, _ = run(*arguments, models_dir=models_dir)
    assert code == 0
    assert "found                1 (50.00%)" in out
    assert "precision            50.00%" in out
    labels.write_text(f"{rows[0]}\nbroken/truncated.jpg\t\t\t\t", encoding="utf-8")
    code, out, error = run(*arguments, "--json", models_dir=models_dir)
    assert code == 0, error
    assert json.loads(out) == {"pictures": 1, "faces": 0, "found": 0, "false_alarms": 0}
