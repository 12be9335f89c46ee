"""What goes wrong with a bucket, against a real server of buckets."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.session import Session

from openfrs.domain.objects import (
    ObjectNotFound,
    ObjectRefused,
    ObjectStoreError,
    ObjectStoreUnavailable,
)
from openfrs.objects.s3 import S3Access, S3Connection, S3Objects
from tests.image_urls.hosting import response, serving, tls_pair
from tests.objects.s3_server import DOMAIN, SECRET_KEY, S3Server


def objects_of(access: S3Access, bucket: str) -> S3Objects:
    return S3Objects(S3Connection(access), bucket)


def on_loopback(endpoint: str) -> S3Access:
    """Access to a server of a test's own."""
    return S3Access(
        endpoint=endpoint,
        region="x",
        access_key="a",
        secret_key="b",
        addressing="path",
        timeout=20.0,
    )


def every_call(objects: S3Objects) -> Iterator[ObjectStoreError]:
    """What each of the calls raises."""
    for call in (
        lambda: objects.put("a", b"x"),
        lambda: objects.get("a", 10),
        lambda: objects.delete("a"),
        lambda: list(objects.keys()),
    ):
        with pytest.raises(ObjectStoreError) as refusal:
            call()
        yield refusal.value


@pytest.fixture
def bucket(s3_server: S3Server) -> str:
    name = s3_server.new_bucket()
    S3Objects(s3_server.connection, name).put("a", b"x")
    return name


def test_a_wrong_secret_or_an_unknown_key_is_refused(s3_server: S3Server, bucket: str) -> None:
    for wrong in (
        replace(s3_server.access, secret_key=SECRET_KEY[::-1]),
        replace(s3_server.access, access_key="AKNOBODY"),
    ):
        for error in every_call(objects_of(wrong, bucket)):
            assert isinstance(error, ObjectRefused)
            assert SECRET_KEY not in str(error)


def test_a_key_without_the_right_to_write_reads_alone(s3_server: S3Server, bucket: str) -> None:
    objects = objects_of(s3_server.reading, bucket)
    assert objects.get("a", 10) == b"x"
    with pytest.raises(ObjectRefused):
        objects.put("a", b"y")
    with pytest.raises(ObjectRefused):
        objects.delete("a")
    assert objects.get("a", 10) == b"x"


def test_a_bucket_that_is_not_there_is_not_an_object_that_is_not(s3_server: S3Server) -> None:
    objects = S3Objects(s3_server.connection, "no-such-bucket")
    with pytest.raises(ObjectStoreUnavailable, match="no such bucket"):
        objects.get("a", 10)
    with pytest.raises(ObjectStoreUnavailable):
        list(objects.keys())


def test_keys_of_others_are_neither_seen_nor_reached(s3_server: S3Server, bucket: str) -> None:
    mine = S3Objects(s3_server.connection, bucket, "mine/")
    assert list(mine.keys()) == []
    with pytest.raises(ObjectNotFound):
        mine.get("a", 10)
    mine.delete("a")
    mine.put("b", b"y")
    assert sorted(S3Objects(s3_server.connection, bucket).keys()) == ["a", "mine/b"]


def test_a_server_that_is_away_is_unavailable(s3_server: S3Server) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        away = replace(s3_server.access, endpoint=f"http://127.0.0.1:{closed.getsockname()[1]}")
        for error in every_call(objects_of(away, "a-bucket")):
            assert isinstance(error, ObjectStoreUnavailable)


def test_a_server_that_says_nothing_is_waited_for_no_longer_than_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        access = replace(on_loopback(f"http://127.0.0.1:{silent.getsockname()[1]}"), timeout=0.05)
        with pytest.raises(ObjectStoreUnavailable):
            objects_of(access, "a-bucket").get("a", 10)


def test_an_object_that_drips_is_given_up() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n"
    ended = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            connection.sendall(head)
            while not ended.wait(0.01):
                connection.sendall(b"x" * 40_000)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: drip(server.accept()[0]))
        thread.start()
        access = replace(on_loopback(f"http://127.0.0.1:{server.getsockname()[1]}"), timeout=0.3)
        with pytest.raises(ObjectStoreUnavailable, match="in time"):
            objects_of(access, "a-bucket").get("a", 10_000_000)
        ended.set()
        thread.join()


@pytest.mark.parametrize("addressing", ["path", "virtual"])
def test_the_bucket_may_stand_in_the_path_or_in_the_host(
    s3_server: S3Server, bucket: str, addressing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    look_up = socket.getaddrinfo

    def everything_is_here(host: str, *rest: object, **more: object) -> object:
        asked.append(host)
        return look_up("127.0.0.1", *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", everything_is_here)
    endpoint = f"http://{DOMAIN}:{s3_server.port}"
    access = replace(s3_server.access, endpoint=endpoint, addressing=addressing)
    objects = objects_of(access, bucket)
    assert objects.get("a", 10) == b"x"
    objects.put("b", b"y")
    assert sorted(objects.keys()) == ["a", "b"]
    assert set(asked) == {DOMAIN if addressing == "path" else f"{bucket}.{DOMAIN}"}


def test_nothing_but_the_settings_says_where_to_go_and_as_whom(
    s3_server: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    profile = tmp_path / "config"
    profile.write_text(
        "[default]\nendpoint_url = http://127.0.0.1:9\nregion = mars-1\n"
        "s3 =\n  use_accelerate_endpoint = true\n  addressing_style = virtual\n"
    )
    for _, variables, *_ in Session.SESSION_VARIABLES.values():
        for name in [variables] if isinstance(variables, str) else variables or ():
            monkeypatch.setenv(name, "nonsense")
    for name, value in {
        "AWS_CONFIG_FILE": str(profile),
        "AWS_ACCESS_KEY_ID": "AKSOMEBODYELSE",
        "AWS_SECRET_ACCESS_KEY": "else",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "",
        "no_proxy": "",
    }.items():
        monkeypatch.setenv(name, value)
    assert objects_of(s3_server.access, bucket).get("a", 10) == b"x"


@pytest.mark.parametrize("status", [b"301 Moved Permanently", b"307 Temporary Redirect"])
def test_a_server_cannot_send_us_to_another(status: bytes) -> None:
    with serving() as server, serving() as other:
        elsewhere = f"127.0.0.1:{other.port}".encode()
        body = (
            b"<Error><Code>PermanentRedirect</Code><Bucket>a-bucket</Bucket>"
            b"<Endpoint>" + elsewhere + b"</Endpoint></Error>"
        )
        location = b"Location: http://" + elsewhere + b"/a-bucket/a"
        moved = response(body, location, b"x-amz-bucket-region: mars-1", status=status)
        server.says(moved, path="/a-bucket/a")
        server.says(moved, path="/a-bucket")
        other.answers(b"something else")
        access = on_loopback(f"http://127.0.0.1:{server.port}")
        with pytest.raises(ObjectStoreError):
            objects_of(access, "a-bucket").get("a", 100)
        assert server.requests
        assert other.requests == []


def test_a_certificate_has_to_be_known(tmp_path: Path) -> None:
    tls, _ = tls_pair(tmp_path, "localhost")
    authorities = tmp_path / "chain.pem"
    with serving(tls) as server:
        server.says(response(b"x"), path="/a-bucket/a")
        access = on_loopback(f"https://localhost:{server.port}")
        with pytest.raises(ObjectStoreUnavailable):
            objects_of(access, "a-bucket").get("a", 10)
        trusting = replace(access, ca_file=authorities)
        assert objects_of(trusting, "a-bucket").get("a", 10) == b"x"


def test_a_secret_does_not_stand_in_what_is_printed(s3_server: S3Server) -> None:
    assert SECRET_KEY not in repr(s3_server.access)
