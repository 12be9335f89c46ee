"""Every store of objects there is. A new one is added to ``OBJECT_STORES``; green means done."""

from collections.abc import Callable
from pathlib import Path

import pytest

from openfrs.domain.ports import ObjectStore
from openfrs.objects.local import LocalObjects
from openfrs.objects.s3 import S3Objects
from tests.objects.s3_server import S3Server

MakeObjects = Callable[[pytest.FixtureRequest, Path], ObjectStore]


def directory(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    return LocalObjects(tmp_path / "objects")


def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    server: S3Server = request.getfixturevalue("s3_server")
    return S3Objects(server.connection, server.new_bucket())


def part_of_a_bucket(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    server: S3Server = request.getfixturevalue("s3_server")
    name = server.new_bucket()
    S3Objects(server.connection, name).put("other/a", b"somebody else's")
    return S3Objects(server.connection, name, "mine/")


OBJECT_STORES: list[MakeObjects] = [directory, bucket, part_of_a_bucket]
