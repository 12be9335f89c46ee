"""The first start and those after it, as an operator sees them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from openfrs.cli.serve import listening_socket
from openfrs.storage.database import Database
from tests.observation.scrapes import read, value

KEYS = {"endpoint", "project_id", "domain", "user", "password", "access_key", "secret_key"}


def openfrs(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "openfrs", *arguments],
        env=os.environ | environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


@contextmanager
def running(
    directory: Path,
    models_dir: Path,
    log: Path,
    *options: str,
    end: signal.Signals = signal.SIGINT,
) -> Iterator[dict[str, str]]:
    """A server, and what credentials.json says once it is ready."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "openfrs", "serve", "--port", "0"),
                *("--data-dir", str(directory), *options),
            ],
            env=os.environ | {"OPENFRS_MODELS_DIR": str(models_dir)},
            stdout=output,
            stderr=output,
        )
    try:
        give_up = time.monotonic() + 60
        while "serves at" not in log.read_text():
            assert time.monotonic() < give_up
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        credentials: dict[str, str] = json.loads((directory / "credentials.json").read_text())
        while True:
            try:
                httpx2.get(f"{credentials['endpoint']}/readyz").raise_for_status()
                break
            except httpx2.TransportError:
                assert time.monotonic() < give_up
                time.sleep(0.1)
        yield credentials
    finally:
        process.send_signal(end)
        assert process.wait(timeout=60) == 0, log.read_text()


@pytest.mark.models
def test_the_first_start_leaves_keys_and_later_ones_keep_silent(
    tmp_path: Path, models_dir: Path
) -> None:
    directory = tmp_path / "data"
    with running(directory, models_dir, tmp_path / "first.log") as credentials:
        assert set(credentials) == KEYS
        assert (directory / "credentials.json").stat().st_mode & 0o777 == 0o600
        assert directory.stat().st_mode & 0o777 == 0o700
        first_log = (tmp_path / "first.log").read_text()
        page = f"{credentials['endpoint']}/console"
        assert httpx2.get(page, follow_redirects=True).text.startswith("<!doctype html>")
        for told in (credentials["endpoint"], page, str(directory / "credentials.json"), "curl"):
            assert told in first_log
        for secret in ("password", "secret_key"):
            assert credentials[secret] not in first_log
        token = openfrs("token", "--data-dir", str(directory)).stdout.strip()
        address = openfrs("endpoint", "--data-dir", str(directory)).stdout.strip()
        answer = httpx2.get(f"{address}/face-sets", headers={"X-Auth-Token": token})
        assert answer.json() == {"face_sets_info": []}
    with running(directory, models_dir, tmp_path / "second.log") as again:
        assert {**again, "endpoint": ""} == {**credentials, "endpoint": ""}
        second_log = (tmp_path / "second.log").read_text()
        assert again["endpoint"] in second_log
        for secret in ("password", "secret_key", "access_key"):
            assert credentials[secret] not in second_log


def test_a_port_in_use_is_named_before_anything_is_fetched(tmp_path: Path) -> None:
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        ended = openfrs("serve", "--port", str(port), "--data-dir", str(tmp_path / "data"))
    assert ended.returncode == 1
    assert str(port) in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_in_use_for_metrics_is_named_as_well(tmp_path: Path) -> None:
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        ended = openfrs(
            *("serve", "--port", "0", "--data-dir", str(tmp_path / "data")),
            OPENFRS_METRICS_PORT=str(port),
        )
    assert ended.returncode == 1
    told = " ".join(ended.stderr.split())
    assert f"cannot listen on 127.0.0.1 port {port}" in told
    assert "metrics_port" in told
    assert "Traceback" not in ended.stderr


@pytest.mark.models
@pytest.mark.parametrize("workers", ["1", "2"])
def test_one_process_or_several_serve_with_metrics_beside_and_end_in_order(
    tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("OPENFRS_METRICS_PORT", "0")
    directory, log = tmp_path / "data", tmp_path / "log"
    options = ("--workers", workers)
    with running(directory, models_dir, log, *options, end=signal.SIGTERM) as credentials:
        metrics_are_served_on_a_port_of_their_own(log, credentials, int(workers))
        token = openfrs("token", "--data-dir", str(directory)).stdout.strip()
        address = f"{credentials['endpoint']}/v2/{credentials['project_id']}/face-sets"
        for _ in range(8):
            answer = httpx2.get(address, headers={"X-Auth-Token": token})
            assert answer.json() == {"face_sets_info": []}
    assert not (directory / "openfrs.db-wal").exists()
    assert "Traceback" not in log.read_text()


def metrics_are_served_on_a_port_of_their_own(
    log: Path, credentials: dict[str, str], workers: int
) -> None:
    [address] = re.findall(r"Metrics are at (http://127\.0\.0\.1:\d+/metrics)", log.read_text())
    give_up = time.monotonic() + 60
    while value(read(httpx2.get(address).text), "openfrs_workers") < workers:
        assert time.monotonic() < give_up
        time.sleep(0.1)
    name, labels = "openfrs_requests_total", {"operation": "Readiness", "error_code": ""}
    assert value(read(httpx2.get(address).text), name, status="200", **labels) >= 1
    assert httpx2.get(f"{credentials['endpoint']}/metrics").status_code == 404


def test_small_answers_are_sent_without_delay() -> None:
    """asyncio switches Nagle's algorithm off only on sockets whose protocol says TCP."""
    with listening_socket("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_wrong_setting_is_named_without_a_trace(tmp_path: Path) -> None:
    (tmp_path / "openfrs.toml").write_text("colour = 'red'\n")
    ended = openfrs("serve", "--data-dir", str(tmp_path))
    assert ended.returncode == 1
    assert "there is no setting colour" in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr


@pytest.mark.models
@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["keys", "list"]])
def test_a_file_that_is_no_database_is_named_without_a_trace(
    tmp_path: Path, models_dir: Path, command: list[str]
) -> None:
    (tmp_path / "openfrs.db").write_bytes(b"this is no database" * 100)
    ended = openfrs(*command, "--data-dir", str(tmp_path), OPENFRS_MODELS_DIR=str(models_dir))
    assert ended.returncode == 1
    assert "openfrs.db" in "".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr


@pytest.mark.models
@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["keys", "list"]])
def test_a_damaged_database_is_named_without_a_trace(
    tmp_path: Path, models_dir: Path, command: list[str]
) -> None:
    database = tmp_path / "openfrs.db"
    Database(database).close()
    whole = database.read_bytes()
    database.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    ended = openfrs(*command, "--data-dir", str(tmp_path), OPENFRS_MODELS_DIR=str(models_dir))
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: ")
    assert "bring it back from a backup" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_data_directory_that_cannot_be_made_is_named_without_a_trace() -> None:
    ended = openfrs("serve", OPENFRS_DATA_DIR="/proc/nowhere/data")
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: ")
    assert "/proc/nowhere" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.models
def test_the_head_of_a_request_is_bounded(tmp_path: Path, models_dir: Path) -> None:
    with running(tmp_path / "data", models_dir, tmp_path / "log") as credentials:
        address = httpx2.URL(credentials["endpoint"])
        with socket.create_connection((address.host, address.port or 80), timeout=10) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ")
            try:
                for _ in range(1000):
                    client.sendall(b"x" * 10_000)
                answer = client.recv(100)
            except ConnectionError:
                answer = b""
        assert b"200" not in answer


def test_a_token_needs_credentials_and_a_server(tmp_path: Path) -> None:
    ended = openfrs("token", "--data-dir", str(tmp_path))
    assert ended.returncode == 1
    assert "credentials.json" in " ".join(ended.stderr.split())
