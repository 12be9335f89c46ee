import numpy as np
import pytest

from openfrs.bench.people import DRAWS, SCHEMA, filter_text, make_people
from openfrs.bench.synthetic import SAMPLES, make_templates
from openfrs.bench.synthetic_engine import SyntheticEngine, picture_of
from openfrs.domain.fields import check_values
from openfrs.domain.query import Range, parse_filter

FACES = 5000


@pytest.mark.parametrize("dimension", [128, 512])
def test_samples_of_one_identity_are_as_close_as_promised(dimension: int) -> None:
    made = make_templates(FACES, dimension, 0)
    people = made.matrix.reshape(-1, SAMPLES, dimension)
    genuine = np.einsum("ij,ij->i", people[:, 0], people[:, 1])
    assert genuine.mean() == pytest.approx(0.64, abs=0.02)
    strangers = np.einsum("ij,ij->i", people[:-1, 0], people[1:, 1])
    assert strangers.mean() == pytest.approx(0, abs=0.02)
    assert strangers.std() < genuine.mean() / 4


@pytest.mark.parametrize("faces", [1, 7, FACES])
def test_templates_have_unit_length_however_many_there_are(faces: int) -> None:
    made = make_templates(faces, 32, 10)
    assert made.matrix.shape == (faces, 32)
    for rows in (made.matrix, made.queries):
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)


def test_the_spectrum_decays() -> None:
    widths = np.linalg.svd(make_templates(FACES, 64, 0).matrix, compute_uv=False)
    exponent = np.polyfit(np.log(np.arange(1, 65)), np.log(widths), 1)[0]
    assert exponent == pytest.approx(-0.35, abs=0.07)


def test_a_query_is_a_new_sample_of_a_stored_identity() -> None:
    made = make_templates(FACES, 128, 100)
    firsts = made.identities * SAMPLES
    genuine = np.einsum("ij,ij->i", made.queries, made.matrix[firsts])
    assert genuine.mean() == pytest.approx(0.64, abs=0.03)
    assert genuine.max() < 0.99


def test_the_same_numbers_make_the_same_templates() -> None:
    one, two = (make_templates(100, 16, 5) for _ in range(2))
    assert (one.matrix == two.matrix).all()
    assert (one.queries == two.queries).all()
    assert (make_templates(100, 16, 5, seed=1).matrix != one.matrix).any()


@pytest.mark.parametrize("selectivity", [0.5, 0.01, 0.001])
def test_a_filter_lets_its_share_of_the_set_through_to_a_face(selectivity: float) -> None:
    people = make_people(FACES, seed=1)
    mask = people.selected(selectivity)
    assert mask is not None
    assert mask.sum() == FACES * selectivity
    assert parse_filter(filter_text(selectivity) or "", SCHEMA) == Range(
        "draw", 0, round(DRAWS * selectivity), low_included=True, high_included=False
    )


def test_no_filter_lets_nobody_through() -> None:
    mask = make_people(20, seed=1).selected(0.0001)
    assert mask is not None
    assert mask.sum() == 1
    assert filter_text(1.0) is None
    assert make_people(20, seed=1).selected(1.0) is None


def test_the_fields_of_a_face_fit_the_schema() -> None:
    fields = make_people(20, seed=1).fields(19)
    assert check_values(SCHEMA, fields) == fields
    assert set(fields) == set(SCHEMA)


def test_the_engine_sees_the_template_that_a_picture_carries() -> None:
    template = make_templates(1, 16, 0).matrix[0]
    engine, picture = SyntheticEngine(16), picture_of(template)
    [found] = engine.templates(picture, engine.detect(picture))
    assert (found.vector == template).all()
