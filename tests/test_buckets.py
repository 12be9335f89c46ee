"""From settings to stores of objects, and what is refused on the way."""

import sys
from pathlib import Path

import pytest

from openfrs.buckets import s3_buckets, thumbnail_objects
from openfrs.objects.local import LocalObjects
from openfrs.openers import url_policy
from openfrs.setting_values import SettingInvalid
from openfrs.settings import Settings, load_settings
from tests.objects.s3_server import ACCESS_KEY, SECRET_KEY, S3Server


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.touch(mode=0o600)
    path.write_text(f"{SECRET_KEY}\n")
    return path


def settings(directory: Path, secret: Path, **more: object) -> Settings:
    given: dict[str, object] = {
        "s3_endpoint": "https://s3.example.org",
        "s3_access_key": ACCESS_KEY,
        "s3_secret_file": secret,
        "thumbnails_bucket": "faces",
        "image_url_s3_buckets": ["pictures"],
    }
    return load_settings(directory, **given | more)


def test_without_a_bucket_thumbnails_are_in_the_data_directory(tmp_path: Path) -> None:
    plain = load_settings(tmp_path)
    assert isinstance(thumbnail_objects(plain, "1234"), LocalObjects)
    assert plain.thumbnails_dir == tmp_path / "thumbnails"
    assert not plain.thumbnails_dir.exists()


def test_several_installations_share_a_bucket_and_do_not_see_each_other(
    tmp_path: Path, secret: Path, s3_server: S3Server
) -> None:
    here = {"s3_endpoint": s3_server.endpoint, "thumbnails_bucket": s3_server.new_bucket()}
    one = thumbnail_objects(settings(tmp_path, secret, **here), "1")
    two = thumbnail_objects(settings(tmp_path, secret, **here), "2")
    one.put("a", b"of one")
    two.put("a", b"of two")
    two.put("b", b"of two")
    assert one.get("a", 10) == b"of one"
    assert sorted(one.keys()) == ["a"]
    assert sorted(two.keys()) == ["a", "b"]


def test_without_the_extra_a_bucket_is_refused_with_what_to_install(
    tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openfrs.objects.s3", None)  # as where botocore is missing
    with pytest.raises(SettingInvalid, match=r"openfrs\[s3\]"):
        thumbnail_objects(settings(tmp_path, secret), "1")


@pytest.mark.parametrize("endpoint", ["s3.example.org", "ftp://x", "https://x/bucket", "http://"])
def test_an_endpoint_is_the_address_of_a_server(
    tmp_path: Path, secret: Path, endpoint: str
) -> None:
    wrong = settings(tmp_path, secret, s3_endpoint=endpoint)
    for use in (lambda: thumbnail_objects(wrong, "1"), lambda: url_policy(wrong)):
        with pytest.raises(SettingInvalid, match="s3_endpoint"):
            use()


@pytest.mark.parametrize("name", ["a", "Faces", "a/b", "-abc", "a..", "a" * 64, "../x", "a b"])
def test_other_names_are_no_buckets(tmp_path: Path, secret: Path, name: str) -> None:
    with pytest.raises(SettingInvalid, match="no name of an S3 bucket"):
        s3_buckets(settings(tmp_path, secret), [name])


@pytest.mark.parametrize("text", ["", "\n", "hush hush", "hush\nhush\n", "\udcff"])
def test_a_secret_file_holds_one_secret(tmp_path: Path, secret: Path, text: str) -> None:
    secret.write_text(text, errors="surrogateescape")
    with pytest.raises(SettingInvalid, match="s3_secret_file") as refusal:
        s3_buckets(settings(tmp_path, secret), ["faces"])
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize("mode", [0o604, 0o606, 0o644, 0o601])
def test_a_secret_file_that_everybody_may_open_is_refused(
    tmp_path: Path, secret: Path, mode: int
) -> None:
    secret.chmod(mode)
    with pytest.raises(SettingInvalid, match="chmod 600") as refusal:
        s3_buckets(settings(tmp_path, secret), ["faces"])
    assert SECRET_KEY not in str(refusal.value)


def test_a_secret_file_may_be_its_groups(tmp_path: Path, secret: Path) -> None:
    secret.chmod(0o440)
    assert set(s3_buckets(settings(tmp_path, secret), ["faces"])) == {"faces"}


def test_authorities_that_are_not_there_are_named(tmp_path: Path, secret: Path) -> None:
    with pytest.raises(SettingInvalid, match=r"s3_ca_file.*nobody\.pem"):
        s3_buckets(settings(tmp_path, secret, s3_ca_file=tmp_path / "nobody.pem"), ["faces"])


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path, secret: Path) -> None:
    secret.unlink()
    with pytest.raises(SettingInvalid, match=str(secret)):
        s3_buckets(settings(tmp_path, secret), ["faces"])
