"""How far the default pack's ages and genders are off, on tight crops of adults."""

from pathlib import Path

import pytest

from openfrs import images
from openfrs.domain.attributes import Attribute
from openfrs.domain.limits import OPEN
from openfrs.engine.pipeline import OnnxEngine
from openfrs.evaluation.attributes import GENDERS, Labelled, Measured, evaluate

pytestmark = [pytest.mark.models, pytest.mark.shared]

LETTERS = {"0": "m", "1": "f"}


def test_tight_crops_of_adults_keep_the_stated_accuracy(
    engine: OnnxEngine, shared_data: Path
) -> None:
    directory = shared_data / "utk-dev"
    lines = (directory / "labels.tsv").read_text(encoding="utf-8").splitlines()[1:]
    measured: list[Measured] = []
    for line in lines:
        name, age, gender, *_ = line.split("\t")
        image = images.decode((directory / name).read_bytes(), OPEN)
        faces = engine.detect(image)[:1]
        assert faces, f"{name}: no face in a crop that fills the picture"
        [found] = engine.attributes(image, faces, frozenset({Attribute.AGE, Attribute.GENDER}))
        measured.append((Labelled(name, float(age), GENDERS[LETTERS[gender]]), found))
    report = evaluate(measured)
    # docs/explanation/attributes-age-gender.md states 7.82 years and 93.3 %. Fewer pictures would
    # not do: what a wrong margin or colour costs is less than a quarter of them wavers by.
    assert (report.adults.faces, report.failures) == (360, 0)
    assert report.adults.age_mae < 7.9
    assert report.adults.gender_accuracy > 0.93
