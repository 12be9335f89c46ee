import math
from pathlib import Path

import pytest

from openfrs.domain.attributes import Attributes, Gender
from openfrs.evaluation.attribute_plots import draw_attributes
from openfrs.evaluation.attributes import Labelled, Measured, evaluate, read_labels

PNG = b"\x89PNG"


def listed(tmp_path: Path, *rows: str, header: str = "file\tage\tgender") -> Path:
    path = tmp_path / "labels.tsv"
    path.write_text("\n".join((header, *rows)), encoding="utf-8")
    return path


def test_labels_are_read_whatever_else_the_table_holds(tmp_path: Path) -> None:
    path = listed(tmp_path, "1\ta.jpg\tf\t30", "2\tb.jpg\tm\t0.5", header="n\tfile\tgender\tage")
    assert read_labels(path) == [Labelled("a.jpg", 30, "female"), Labelled("b.jpg", 0.5, "male")]


def test_white_space_as_people_and_programs_leave_it_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "labels.tsv"
    header = "\ufefffile \tage\t gender"
    rows = (header, " a b.jpg\t 30 \tf ", "\t\t", "c.jpg\t5\tm\textra", "  ")
    path.write_bytes("\r\n".join(rows).encode())
    assert read_labels(path) == [Labelled("a b.jpg", 30, "female"), Labelled("c.jpg", 5, "male")]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a.jpg\t30\tmale", "line 2: gender is m or f"),
        ("a.jpg\t30\t1", "line 2: gender is m or f"),
        ("a.jpg\tthirty\tm", "line 2: age is a number"),
        ("a.jpg\tnan\tm", "line 2: age is a number"),
        ("a.jpg\t-1\tm", "line 2: age is a number"),
        ("\t30\tm", "line 2: the file is missing"),
    ],
)
def test_a_mistake_is_told_by_line(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_labels(listed(tmp_path, row))


def test_a_table_without_its_columns_or_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no column age, gender"):
        read_labels(listed(tmp_path, "a.jpg", header="file"))
    with pytest.raises(ValueError, match="no pictures"):
        read_labels(listed(tmp_path))
    with pytest.raises(ValueError, match="nothing"):
        read_labels(tmp_path / "nothing.tsv")


def measured(
    true_age: float, true_gender: Gender, age: int | None, gender: Gender | None
) -> Measured:
    return Labelled("a.jpg", true_age, true_gender), Attributes(age=age, gender=gender)


FACES: list[Measured] = [
    measured(10, "female", 20, "male"),
    measured(18, "male", 20, "male"),
    measured(40, "female", 36, "female"),
    (Labelled("b.jpg", 50, "male"), None),
]


def test_errors_are_averaged_over_faces_and_over_adults_apart() -> None:
    report = evaluate(FACES)
    assert (report.everybody.faces, report.adults.faces, report.failures) == (3, 2, 1)
    assert report.everybody.age_mae == pytest.approx(16 / 3)
    assert report.adults.age_mae == pytest.approx(3)
    assert report.everybody.gender_accuracy == pytest.approx(2 / 3)
    assert report.adults.gender_accuracy == 1
    assert report.age_errors == [10, 2, -4]
    assert report.confusion == {
        ("male", "male"): 1,
        ("male", "female"): 0,
        ("female", "male"): 1,
        ("female", "female"): 1,
    }


def test_nothing_found_has_no_error() -> None:
    report = evaluate(FACES[3:])
    assert math.isnan(report.everybody.age_mae)
    assert report.failures == 1


def test_a_pack_without_a_model_of_age_is_told() -> None:
    with pytest.raises(ValueError, match="no model of age"):
        evaluate([measured(30, "male", None, "male")])


def test_plots_are_drawn(tmp_path: Path) -> None:
    drawn = draw_attributes(evaluate(FACES), tmp_path / "plots")
    assert [path.name for path in drawn] == ["age-errors.png", "gender-confusion.png"]
    assert all(path.read_bytes().startswith(PNG) for path in drawn)
