"""What the service says of itself."""

from dataclasses import asdict
from importlib import metadata
from pathlib import Path

from openfrs.testing import FakeLiveness, TestService, make_service
from tests.api.calls import whole_token

PATH = "/openfrs/v1/service"


def test_whoever_signed_in_is_told(service: TestService) -> None:
    answer = service.client.get(PATH)
    assert answer.status_code == 200
    told = answer.json()
    packs = told.pop("packs")
    assert told == {
        "version": metadata.version("openfrs"),
        "model": "fake@1",
        "dimension": 16,
        "profile": "open",
        "calibration": [[0.3, 0.5], [0.93, 0.0001]],
        "thresholds": {"similarity": 0.93, "liveness": 0.5},
        "limits": asdict(service.openfrs.services.limits) | {"rate_limits": []},
        "features": {"live_detect": True, "live_detect_face": False, "thumbnails": True},
    }
    assert [pack["name"] for pack in packs] == ["default", "silent-face"]
    [default, silent] = packs
    assert (default["kind"], default["installed"], default["in_use"]) == (
        "recognition",
        False,
        True,
    )
    assert {"role": "detector", "name": "detector.onnx", "licence": "MIT"}.items() <= next(
        file for file in default["files"] if file["role"] == "detector"
    ).items()
    assert default["attributes"] == [0, 1, 2, 3, 5, 12, 21]
    assert (silent["in_use"], silent["attributes"]) == (False, [])


def test_settings_show_where_they_matter_to_clients(tmp_path: Path) -> None:
    with make_service(
        tmp_path, liveness=FakeLiveness(), profile="cloud", top_n=7, liveness_threshold=0.7
    ) as service:
        told = service.client.get(PATH).json()
        assert told["profile"] == "cloud"
        assert (told["limits"]["top_n"], told["limits"]["listing_window"]) == (7, 10_000)
        assert told["features"]["live_detect_face"] is True
        assert told["thresholds"]["liveness"] == 0.7
        assert [pack["in_use"] for pack in told["packs"]] == [True, True]


def test_a_manifest_that_cannot_be_read_is_passed_over(service: TestService) -> None:
    models = service.openfrs.settings.packs_dir
    models.mkdir()
    (models / "mine.toml").write_text("name = 5")
    packs = service.client.get(PATH, headers=whole_token(service)).json()["packs"]
    assert [pack["name"] for pack in packs] == ["default", "silent-face"]


def test_strangers_are_told_nothing(service: TestService) -> None:
    service.client.headers.pop("X-Auth-Token")
    answer = service.client.get(PATH)
    assert (answer.status_code, answer.json()["error_code"]) == (401, "APIG.0301")
