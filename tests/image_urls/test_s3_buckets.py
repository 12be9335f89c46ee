"""Pictures in buckets of an S3 server, from the settings to the codes of the wire."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from openfrs.domain.errors import (
    UrlNotAllowed,
    UrlObjectMissing,
    UrlSizeRefused,
    UrlUnauthorized,
)
from openfrs.image_urls import UrlPolicy, fetch
from openfrs.objects.s3 import S3Connection, S3Objects
from openfrs.testing import TestService, make_service, picture
from openfrs.web_places import WebPlace
from tests.api.calls import RED, code_of, make_set
from tests.image_urls.hosting import MAX_BYTES, PICTURE, never, policy
from tests.objects.s3_server import READER, S3Server


@pytest.fixture
def bucket(s3_server: S3Server) -> str:
    """A bucket with a picture, beside one that is nobody's business."""
    name = s3_server.new_bucket()
    objects = S3Objects(s3_server.connection, name)
    objects.put("a/face.jpg", PICTURE)
    objects.put("a b/脸.jpg", PICTURE)
    objects.put("empty", b"")
    objects.put("large", b"x" * (MAX_BYTES + 1))
    objects.put("full", b"x" * MAX_BYTES)
    return name


def allowing(server: S3Server, bucket: str) -> UrlPolicy:
    return replace(
        policy(),
        buckets={bucket: S3Objects(server.connection, bucket)},
        bucket_endpoint=WebPlace.parse(server.endpoint),
    )


def read(server: S3Server, bucket: str, url: str) -> bytes:
    named = url.format(bucket=bucket, host=f"127.0.0.1:{server.port}")
    return fetch(named, allowing(server, bucket), resolve=never)


@pytest.mark.parametrize(
    "url",
    [
        "/{bucket}/a/face.jpg",
        "/{bucket}/a b/脸.jpg",
        "https://{bucket}.obs.cn-north-4.myhuaweicloud.com/a/face.jpg?Signature=x",
        "https://obs.cn-north-4.myhuaweicloud.com/{bucket}/a/face.jpg",
        "https://obs.cn-north-4.myhuaweicloud.com/{bucket}/a%20b/%E8%84%B8.jpg",
        "http://{host}/{bucket}/a/face.jpg",
        "http://{bucket}.{host}/a/face.jpg",
    ],
)
def test_an_object_is_read_from_the_bucket_that_the_operator_named(
    s3_server: S3Server, bucket: str, url: str
) -> None:
    assert read(s3_server, bucket, url) == PICTURE


@pytest.mark.parametrize(
    "url",
    [
        "/first/first",
        "/{bucket}/../first/first",
        "/{bucket}/..%2ffirst/first/../x",
        "/{bucket}//first",
        "/{bucket}/",
        "https://first.obs.cn-north-4.myhuaweicloud.com/first",
        "https://obs.cn-north-4.myhuaweicloud.com/first/first",
        "https://obs.cn-north-4.myhuaweicloud.com/{bucket}/%2e%2e/first/first",
        "https://obs.cn-north-4.myhuaweicloud.com:444/{bucket}/a/face.jpg",
        "https://x.{bucket}.obs.cn-north-4.myhuaweicloud.com/a/face.jpg",
        "http://{host}/first/first",
        "http://{host}/{bucket}/..%2ffirst/first",
        "http://first.{host}/first",
        "https://{host}/{bucket}/a/face.jpg",
    ],
)
def test_no_other_bucket_is_reached(s3_server: S3Server, bucket: str, url: str) -> None:
    with pytest.raises(UrlNotAllowed):
        read(s3_server, bucket, url)


def test_each_failure_has_its_fact(s3_server: S3Server, bucket: str) -> None:
    assert len(read(s3_server, bucket, "/{bucket}/full")) == MAX_BYTES
    for key, fact in {
        "nobody.jpg": UrlObjectMissing,
        "a": UrlObjectMissing,
        "x" * 2000: UrlObjectMissing,
        "\ud800": UrlObjectMissing,
        "empty": UrlSizeRefused,
        "large": UrlSizeRefused,
    }.items():
        with pytest.raises(fact):
            read(s3_server, bucket, "/{bucket}/" + key)
    wrong = replace(s3_server.access, secret_key="x")
    refused = replace(policy(), buckets={bucket: S3Objects(S3Connection(wrong), bucket)})
    with pytest.raises(UrlUnauthorized):
        fetch(f"/{bucket}/a/face.jpg", refused, resolve=never)
    gone = replace(policy(), buckets={"gone": S3Objects(s3_server.connection, "gone")})
    with pytest.raises(UrlObjectMissing, match="cannot be reached"):
        fetch("/gone/a/face.jpg", gone, resolve=never)


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "s3-secret"
    path.touch(mode=0o600)
    path.write_text(READER[1] + "\n")
    return path


@pytest.fixture
def service(
    tmp_path: Path, s3_server: S3Server, bucket: str, secret_file: Path
) -> Iterator[TestService]:
    with make_service(
        tmp_path / "data",
        s3_endpoint=s3_server.endpoint,
        s3_access_key=READER[0],
        s3_secret_file=secret_file,
        image_url_s3_buckets=[bucket],
    ) as running:
        yield running


def test_a_face_is_added_from_a_bucket(
    service: TestService, s3_server: S3Server, bucket: str
) -> None:
    S3Objects(s3_server.connection, bucket).put("2026/red.png", picture(RED))
    make_set(service)
    for url in (
        f"/{bucket}/2026/red.png",
        f"https://{bucket}.obs.cn-north-4.myhuaweicloud.com/2026/red.png",
        f"{s3_server.endpoint}/{bucket}/2026/red.png",
    ):
        path = service.path("face-sets/staff/faces")
        answer = service.client.post(path, json={"image_url": url})
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["faces"]) == 1


def test_what_a_bucket_refuses_has_its_code(service: TestService, bucket: str) -> None:
    for url, code in {
        f"/{bucket}/nobody.png": "FRS.0024",
        f"/{bucket}/../first/first": "FRS.0022",
        "/first/first": "FRS.0022",
        f"/{bucket}/empty": "FRS.0023",
        "ftp://x/y": "FRS.0021",
    }.items():
        answer = service.client.post(service.path("face-detect"), json={"image_url": url})
        assert code_of(answer) == code
