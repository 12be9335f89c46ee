from pathlib import Path

import pytest

from openfrs.domain.faces import BoundingBox
from openfrs.evaluation.detection import evaluate, precision_and_recall, read_boxes
from openfrs.evaluation.detection_plot import draw_precision_and_recall

BOX = BoundingBox(100, 100, 0, 0)
NEAR = BoundingBox(100, 100, 20, 10)
FAR = BoundingBox(100, 100, 300, 300)
SMALL = BoundingBox(20, 24, 200, 0)


def listed(tmp_path: Path, *rows: str, header: str = "file\tleft\ttop\twidth\theight") -> Path:
    path = tmp_path / "boxes.tsv"
    path.write_text("\n".join((header, *rows)), encoding="utf-8")
    return path


def test_rows_are_gathered_by_picture(tmp_path: Path) -> None:
    path = listed(tmp_path, "a.jpg\t0\t0\t100\t100", "b.jpg\t\t\t\t", "a.jpg\t200\t0\t20.4\t24")
    assert read_boxes(path) == {"a.jpg": [BOX, SMALL], "b.jpg": []}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("\t0\t0\t1\t1", "line 2: the file is missing"),
        ("a.jpg\t0\t0\tx\t1", "line 2: left, top, width and height are numbers"),
        ("a.jpg\t0\t0\t1\t", "line 2: left, top, width and height are numbers"),
        ("a.jpg\t0\t0\tinf\t1", "line 2: left, top, width and height are numbers"),
        ("a.jpg\t0\t0\t0\t1", "line 2: a box has at least a pixel"),
    ],
)
def test_a_mistake_is_told_by_line(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_boxes(listed(tmp_path, row))


def test_a_table_without_its_columns_or_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no column height, left, top, width"):
        read_boxes(listed(tmp_path, "a.jpg", header="file"))
    with pytest.raises(ValueError, match="no pictures"):
        read_boxes(listed(tmp_path))


def test_a_box_stands_for_one_face_and_others_are_false_alarms() -> None:
    report = evaluate(
        [
            ([BOX, SMALL], [(NEAR, 0.9), (FAR, 0.6)]),
            ([BOX, BOX], [(BOX, 0.8)]),
            ([], [(FAR, 0.7)]),
            ([], []),
        ]
    )
    assert (report.pictures, report.faces, report.found, report.false_alarms) == (4, 4, 2, 2)
    assert report.recall == 0.5
    assert report.precision == 0.5
    assert sorted(report.missed_sides) == [20, 100]
    assert report.answers == [(0.9, True), (0.8, True), (0.7, False), (0.6, False)]


def test_without_marked_or_found_faces_there_is_no_recall_or_precision() -> None:
    assert evaluate([([], [])]).recall is None
    assert evaluate([([BOX], [])]).precision is None
    precision, recall = precision_and_recall(evaluate([([], [(FAR, 0.7)])]))
    assert precision.size == recall.size == 0


def test_precision_and_recall_follow_the_scores() -> None:
    report = evaluate([([BOX, SMALL], [(NEAR, 0.9), (FAR, 0.6), (SMALL, 0.6)])])
    precision, recall = precision_and_recall(report)
    assert precision.tolist() == [1, 2 / 3]  # boxes of one score count together
    assert recall.tolist() == [0.5, 1]


def test_the_plot_is_drawn(tmp_path: Path) -> None:
    path = draw_precision_and_recall(evaluate([([BOX], [(NEAR, 0.9)])]), tmp_path / "new")
    assert path.read_bytes().startswith(b"\x89PNG")
