"""Where settings come from, and which are refused."""

import os
from pathlib import Path

import pytest

from openfrs.domain.limits import CLOUD, OPEN
from openfrs.setting_values import SettingInvalid
from openfrs.settings import ENVIRONMENT_PREFIX, load_settings

S3 = "s3_endpoint = 'http://x'\ns3_access_key = 'a'\ns3_secret_file = '/b'\n"


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith((ENVIRONMENT_PREFIX, "OTEL_")):
            monkeypatch.delenv(name)


def test_defaults_are_local_and_generous(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.endpoint == "http://127.0.0.1:8080"
    assert settings.packs_dir == tmp_path / "models"
    assert settings.limits == OPEN


def test_the_command_line_wins_over_environment_over_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "openfrs.toml").write_text('port = 1\nhost = "a"\nprofile = "cloud"\n')
    monkeypatch.setenv("OPENFRS_PORT", "2")
    monkeypatch.setenv("OPENFRS_HOST", "b")
    settings = load_settings(tmp_path, port=3, host=None)
    assert (settings.port, settings.host, settings.profile) == (3, "b", "cloud")


def test_the_data_directory_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENFRS_DATA_DIR", str(tmp_path))
    assert load_settings().data_dir == tmp_path


def test_lists_are_separated_by_commas_or_are_arrays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "openfrs.toml").write_text('image_url_buckets = ["a=/b", "c=/d"]\n')
    monkeypatch.setenv("OPENFRS_IMAGE_URL_HOSTS", "a.example, b.example")
    settings = load_settings(tmp_path)
    assert settings.image_url_buckets == ("a=/b", "c=/d")
    assert settings.image_url_hosts == ("a.example", "b.example")


def test_single_limits_take_the_place_of_the_profiles(tmp_path: Path) -> None:
    limits = load_settings(tmp_path, profile="cloud", top_n=5).limits
    assert (limits.top_n, limits.face_sets) == (5, CLOUD.face_sets)


def test_the_cloud_profile_gates_faces_as_the_vendor_does_unless_the_setting_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings(tmp_path).server_gate == {}
    assert load_settings(tmp_path, profile="cloud").server_gate == {"face_pixels": 80}
    monkeypatch.setenv("OPENFRS_QUALITY_GATE", "face_pixels=120, pose=0.3")
    settings = load_settings(tmp_path, profile="cloud")
    assert settings.server_gate == {"face_pixels": 120, "pose": 0.3}


@pytest.mark.parametrize(
    "text",
    [
        "colour = 'red'",
        "port = 'many'",
        "port = true",
        "port = -1",
        "port = 70000",
        "token_hours = nan",
        "token_hours = inf",
        "token_hours = 0",
        "inference_threads = 99999999999999",
        "request_threads = 0",
        "face_set_name_pattern = '['",
        "port = [1]",
        "port = 1979-05-27",
        "profile = 'huge'",
        "log_level = 'loud'",
        "inference_provider = 'tpu'",
        "image_url_buckets = ['a']",
        "image_url_s3_buckets = ['faces']",
        "thumbnails_bucket = 'faces'",
        f"{S3}image_url_s3_buckets = ['a']\nimage_url_buckets = ['a=/b']",
        f"{S3}thumbnails_bucket = 'a'\ns3_addressing = 'both'",
        f"{S3}thumbnails_bucket = 'a'\ns3_timeout = 0",
        "s3_endpoint = 'http://x'\ns3_access_key = 'a'\nthumbnails_bucket = 'b'",
        "s3_endpoint = 'http://x'\ns3_secret_file = '/a'\nthumbnails_bucket = 'b'",
        "quality_gate = ['blur']",
        "quality_gate = ['blur=2']",
        "quality_gate = ['blur=x']",
        "quality_gate = ['blur=nan']",
        "quality_gate = ['sharp=0.5']",
        "image_url_hosts = [1]",
        "host = 5",
        "not toml",
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "openfrs.toml").write_text(text)
    with pytest.raises(SettingInvalid):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("host", "endpoint"),
    [
        ("::1", "http://[::1]:8080"),
        ("localhost", "http://localhost:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("::", "http://[::1]:8080"),
    ],
)
def test_the_endpoint_is_an_address_for_clients(tmp_path: Path, host: str, endpoint: str) -> None:
    assert load_settings(tmp_path, host=host).endpoint == endpoint
    assert load_settings(tmp_path, public_endpoint="https://f.example").endpoint == (
        "https://f.example"
    )


def test_the_address_for_clients_may_end_with_a_slash(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, public_endpoint="https://f.example:8443/")
    assert settings.endpoint == "https://f.example:8443"


@pytest.mark.parametrize(
    "endpoint", ["f.example", "ftp://f.example", "https://f.example/frs", "https:// f"]
)
def test_an_address_that_clients_cannot_use_is_refused(tmp_path: Path, endpoint: str) -> None:
    with pytest.raises(SettingInvalid, match="public_endpoint"):
        load_settings(tmp_path, public_endpoint=endpoint)


@pytest.mark.parametrize("token", ["short", "0123456789abcd\u00e9f"])
def test_a_metrics_token_that_is_short_or_cannot_be_sent_is_refused(
    tmp_path: Path, token: str
) -> None:
    with pytest.raises(SettingInvalid, match="metrics_token"):
        load_settings(tmp_path, metrics_token=token)


def test_metrics_are_there_where_a_port_or_a_token_is_set(tmp_path: Path) -> None:
    assert not load_settings(tmp_path).has_metrics
    assert load_settings(tmp_path, metrics_port=0).has_metrics
    assert load_settings(tmp_path, metrics_token="0123456789abcdef").has_metrics
