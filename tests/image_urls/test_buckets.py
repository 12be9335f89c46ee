"""Buckets mapped to local directories, and the many ways out of them."""

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.domain.errors import (
    ImageRefused,
    UrlNotAllowed,
    UrlObjectMissing,
    UrlSizeRefused,
    UrlUnauthorized,
)
from openfrs.image_urls import fetch
from tests.image_urls.hosting import (
    MAX_BYTES,
    PICTURE,
    Server,
    everything_on_loopback,
    never,
    policy,
)


def from_bucket(root: Path, url: str) -> bytes:
    return fetch(url, policy(buckets={"faces": root}), resolve=never)


@pytest.mark.parametrize(
    "url",
    [
        "/faces/a/face.jpg",
        "https://faces.obs.cn-north-4.myhuaweicloud.com/a/face.jpg",
        "http://faces.obs.cn-north-4.myhuaweicloud.com/a/face.jpg",
        "https://FACES.OBS.cn-north-4.MyHuaweiCloud.com:443/a/face.jpg?AccessKeyId=x#y",
        "https://faces.obs.cn-north-4.myhuaweicloud.com./a%2Fface.jpg",
    ],
)
def test_an_object_of_a_mapped_bucket_is_a_local_file(url: str, bucket: Path) -> None:
    assert from_bucket(bucket, url) == PICTURE


def test_the_name_of_an_object_may_hold_any_letters(bucket: Path) -> None:
    name = "脸 100%.jpg"
    (bucket / name).write_bytes(PICTURE)
    assert from_bucket(bucket, f"/faces/{name}") == PICTURE
    url = "https://faces.obs.x.myhuaweicloud.com/%E8%84%B8%20100%25.jpg"
    assert from_bucket(bucket, url) == PICTURE


@pytest.mark.parametrize(
    "url",
    [
        "/secrets/a/face.jpg",
        "//faces/a/face.jpg",
        "/FACES/a/face.jpg",
        "/",
        "/../secret.jpg",
        "https://secrets.obs.cn-north-4.myhuaweicloud.com/a/face.jpg",
        "https://x.faces.obs.cn-north-4.myhuaweicloud.com/a/face.jpg",
        "https://faces.obs.cn-north-4.myhuaweicloud.com:444/a/face.jpg",
        "https://faces.obs.cn-north-4.myhuaweicloud.com.evil.example/a/face.jpg",
        "https://faces.example/a/face.jpg",
    ],
)
def test_what_is_not_mapped_is_not_allowed(url: str, bucket: Path) -> None:
    with pytest.raises(UrlNotAllowed):
        from_bucket(bucket, url)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "../secret.jpg",
        "a/../../secret.jpg",
        "a/../a/face.jpg",
        "./a/face.jpg",
        "a//face.jpg",
        "a/face.jpg/",
        "..",
        ".",
        "{outside}/secret.jpg",
        "/{outside}/secret.jpg",
        "a/face.jpg\0.png",
    ],
)
def test_a_path_with_parts_that_move_about_is_refused(key: str, bucket: Path) -> None:
    with pytest.raises(UrlNotAllowed):
        from_bucket(bucket, "/faces/" + key.format(outside=bucket.parent))


@pytest.mark.parametrize(
    "path",
    [
        "%2e%2e/secret.jpg",
        "..%2fsecret.jpg",
        "a/%2e%2e/%2E%2E/secret.jpg",
        "%2fetc%2fpasswd",
        "a/face.jpg%00",
        "",
    ],
)
def test_escapes_do_not_hide_parts_that_move_about(path: str, bucket: Path) -> None:
    with pytest.raises(UrlNotAllowed):
        from_bucket(bucket, f"https://faces.obs.x.myhuaweicloud.com/{path}")


def test_plain_dots_are_resolved_before_the_bucket_is_reached(bucket: Path) -> None:
    with pytest.raises(UrlObjectMissing):
        from_bucket(bucket, "https://faces.obs.x.myhuaweicloud.com/../../secret.jpg")


@given(
    key=st.text(max_size=20)
    | st.lists(st.sampled_from(["..", ".", "", "/", "a", "%2e"])).map("/".join)
)
def test_no_text_reaches_beyond_the_bucket(
    key: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.getbasetemp() / "empty-bucket"
    (root / "a").mkdir(parents=True, exist_ok=True)
    for url in (f"/faces/{key}", f"https://faces.obs.x.myhuaweicloud.com/{key}"):
        with pytest.raises(ImageRefused):
            from_bucket(root, url)


def test_a_link_inside_the_bucket_is_followed(bucket: Path) -> None:
    (bucket / "latest").symlink_to(bucket / "a")
    (bucket / "link.jpg").symlink_to("latest/face.jpg")
    assert from_bucket(bucket, "/faces/latest/face.jpg") == PICTURE
    assert from_bucket(bucket, "/faces/link.jpg") == PICTURE


def test_a_bucket_may_itself_be_a_link(bucket: Path) -> None:
    link = bucket.parent / "link"
    link.symlink_to(bucket)
    assert from_bucket(link, "/faces/a/face.jpg") == PICTURE


def test_a_link_out_of_the_bucket_is_refused(bucket: Path) -> None:
    (bucket / "up").symlink_to(bucket.parent)
    (bucket / "secret.jpg").symlink_to("../secret.jpg")
    (bucket / "passwd").symlink_to("/etc/passwd")
    for key in ("up/secret.jpg", "secret.jpg", "passwd", "up/bucket-2/x"):
        with pytest.raises((UrlNotAllowed, UrlObjectMissing)):
            from_bucket(bucket, f"/faces/{key}")


def test_a_neighbour_whose_name_starts_alike_is_outside(bucket: Path) -> None:
    neighbour = bucket.parent / "bucket-2"
    neighbour.mkdir()
    (neighbour / "x").write_bytes(b"secret")
    (bucket / "next").symlink_to(neighbour)
    with pytest.raises(UrlNotAllowed):
        from_bucket(bucket, "/faces/next/x")


def test_links_in_a_ring_lead_nowhere(bucket: Path) -> None:
    (bucket / "ring").symlink_to("ring")
    (bucket / "self").symlink_to(".")
    for key in ("ring", "ring/x", "self"):
        with pytest.raises(UrlObjectMissing):
            from_bucket(bucket, f"/faces/{key}")


@pytest.mark.parametrize("key", ["nobody.jpg", "a/nobody.jpg", "nowhere/x", "a", "a/face.jpg/x"])
def test_what_is_no_file_is_missing(key: str, bucket: Path) -> None:
    with pytest.raises(UrlObjectMissing):
        from_bucket(bucket, f"/faces/{key}")


def test_a_name_that_no_file_could_have_is_missing(bucket: Path) -> None:
    for key in ("x" * 300, "x/" * 3000 + "x", "\ud800"):
        with pytest.raises(UrlObjectMissing):
            from_bucket(bucket, f"/faces/{key}")


def test_a_bucket_without_its_directory_has_no_objects(bucket: Path) -> None:
    with pytest.raises(UrlObjectMissing):
        from_bucket(bucket / "gone", "/faces/a/face.jpg")


def test_pipes_and_sockets_are_no_objects(bucket: Path) -> None:
    os.mkfifo(bucket / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(bucket / "socket"))
        for key in ("pipe", "socket"):
            with pytest.raises(UrlObjectMissing):
                from_bucket(bucket, f"/faces/{key}")


@pytest.mark.parametrize("size", [0, MAX_BYTES + 1])
def test_an_object_of_the_wrong_size_is_refused(size: int, bucket: Path) -> None:
    (bucket / "file").write_bytes(b"x" * size)
    with pytest.raises(UrlSizeRefused):
        from_bucket(bucket, "/faces/file")


def test_an_object_of_exactly_the_limit_is_taken(bucket: Path) -> None:
    (bucket / "file").write_bytes(b"x" * MAX_BYTES)
    assert len(from_bucket(bucket, "/faces/file")) == MAX_BYTES


def test_a_sparse_file_of_any_size_is_not_read(bucket: Path) -> None:
    with (bucket / "file").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UrlSizeRefused):
        from_bucket(bucket, "/faces/file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_object_that_may_not_be_read_is_unauthorised(bucket: Path) -> None:
    (bucket / "a" / "face.jpg").chmod(0)
    with pytest.raises(UrlUnauthorized):
        from_bucket(bucket, "/faces/a/face.jpg")


def test_a_refusal_names_no_local_path(bucket: Path) -> None:
    (bucket / "passwd").symlink_to("/etc/passwd")
    for key in ("nobody", "passwd", "../secret.jpg", "a"):
        with pytest.raises(ImageRefused) as refusal:
            from_bucket(bucket, f"/faces/{key}")
        assert "/" not in refusal.value.detail


def test_an_unmapped_bucket_may_be_fetched_from_an_allowed_host(server: Server) -> None:
    server.answers(PICTURE)
    host = f"faces.obs.north.myhuaweicloud.com:{server.port}"
    allowed = policy(
        f"*.obs.north.myhuaweicloud.com:{server.port}", private=["*.myhuaweicloud.com"]
    )
    assert fetch(f"http://{host}/", allowed, resolve=everything_on_loopback) == PICTURE
