import contextlib
import hashlib
import itertools
import shutil
import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from openfrs.engine import sources
from openfrs.engine.manifest import HttpsSource, PackFile, WheelSource
from openfrs.engine.sources import HashWrong, SourceUnavailable

CONTENT = b"the weights of a very small network" * 100


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pack_file(source: WheelSource | HttpsSource) -> PackFile:
    return PackFile(
        role="detector",
        family="centerface",
        name="detector.onnx",
        source=source,
        sha256=sha256(CONTENT),
        size=len(CONTENT),
        licence="MIT",
        author="Nobody",
        url="https://example.org/",
        conversion=None,
        input=None,
    )


def wheel_in(directory: Path, content: bytes = CONTENT) -> WheelSource:
    """Writes a real, tiny wheel and gives the source that names it."""
    path = directory / "tinymodel-1.0-py3-none-any.whl"
    meta = "tinymodel-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tinymodel/net.onnx", content)
        wheel.writestr(f"{meta}/METADATA", "Metadata-Version: 2.1\nName: tinymodel\nVersion: 1.0\n")
        wheel.writestr(
            f"{meta}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{meta}/RECORD", "")
    return WheelSource(
        requirement="tinymodel==1.0",
        wheel=path.name,
        wheel_sha256=sha256(path.read_bytes()),
        wheel_size=path.stat().st_size,
        member="tinymodel/net.onnx",
        platform="manylinux_2_28_x86_64",
        python="3.11",
        abi="cp311",
    )


def silent(description: str, done: int, total: int) -> None:
    """Progress for nobody."""


class Steps:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int, int]] = []

    def __call__(self, description: str, done: int, total: int) -> None:
        self.seen.append((description, done, total))


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    directory = tmp_path / "mirror"
    directory.mkdir()
    return directory


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "detector.onnx"


def test_a_mirror_gives_the_file_under_its_own_name(mirror: Path, target: Path) -> None:
    (mirror / "net.onnx").write_bytes(CONTENT)
    assert sources.from_mirror(pack_file(wheel_in(target.parent)), [mirror], target)
    assert target.read_bytes() == CONTENT


def test_a_mirror_gives_the_file_out_of_its_wheel(mirror: Path, target: Path) -> None:
    assert sources.from_mirror(pack_file(wheel_in(mirror)), [mirror], target)
    assert target.read_bytes() == CONTENT


def test_a_mirror_gives_a_file_that_would_come_over_https(mirror: Path, target: Path) -> None:
    (mirror / "net.onnx").write_bytes(CONTENT)
    file = pack_file(HttpsSource("https://example.org/a/net.onnx"))
    assert sources.from_mirror(file, [mirror], target)
    assert target.read_bytes() == CONTENT


def test_mirrors_are_tried_in_order_and_may_have_nothing(mirror: Path, target: Path) -> None:
    file = pack_file(wheel_in(mirror))
    absent, empty = target.parent / "absent", target.parent / "empty"
    empty.mkdir()
    assert not sources.from_mirror(file, [absent, empty], target)
    assert sources.from_mirror(file, [absent, empty, mirror], target)


@pytest.mark.parametrize("content", [b"another file", CONTENT[:-1], CONTENT + b"!", b""])
def test_a_file_of_another_hash_is_refused_with_both_hashes(
    mirror: Path, target: Path, content: bytes
) -> None:
    (mirror / "net.onnx").write_bytes(content)
    with pytest.raises(HashWrong) as caught:
        sources.from_mirror(pack_file(wheel_in(target.parent)), [mirror], target)
    for part in (str(mirror / "net.onnx"), sha256(CONTENT), sha256(content)):
        assert part in str(caught.value)
    assert not target.exists()


def test_a_huge_file_is_not_copied_whole(mirror: Path, target: Path) -> None:
    """A member that unpacks to gigabytes must not fill the disk before it is refused."""
    (mirror / "net.onnx").write_bytes(bytes(50 * sources.CHUNK))
    read = 0

    class Counting:
        def __init__(self, path: Path) -> None:
            self._file = path.open("rb")

        def read(self, size: int) -> bytes:
            nonlocal read
            chunk = self._file.read(size)
            read += len(chunk)
            return chunk

        def close(self) -> None:
            self._file.close()

    counting = Counting(mirror / "net.onnx")
    with pytest.raises(HashWrong):
        sources.copy_checked(
            counting,  # type: ignore[arg-type]  # all that is used of a file
            target,
            "net.onnx",
            pack_file(HttpsSource("https://example.org/net.onnx")),
        )
    counting.close()
    assert read <= len(CONTENT) + sources.CHUNK


def test_a_wheel_of_another_hash_is_refused_though_its_member_is_right(
    mirror: Path, target: Path
) -> None:
    source = wheel_in(mirror)
    with zipfile.ZipFile(mirror / source.wheel, "a") as wheel:
        wheel.writestr("something/more.txt", "x")
    with pytest.raises(HashWrong, match=source.wheel_sha256):
        sources.from_mirror(pack_file(source), [mirror], target)
    assert not target.exists()


def test_a_wheel_without_the_member_or_that_is_no_wheel_is_unavailable(
    mirror: Path, target: Path
) -> None:
    file = pack_file(wheel_in(mirror))
    other = mirror / "other.whl"
    with zipfile.ZipFile(other, "w") as wheel:
        wheel.writestr("x", "y")
    with pytest.raises(SourceUnavailable, match=r"tinymodel/net\.onnx in other\.whl"):
        sources.from_wheel(other, file, target)
    other.write_bytes(b"no archive")
    with pytest.raises(SourceUnavailable, match=r"tinymodel/net\.onnx in other\.whl"):
        sources.from_wheel(other, file, target)


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that pip takes its wheels from, in place of any network."""
    directory = tmp_path / "wheelhouse"
    directory.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(directory))
    return directory


def test_pip_fetches_the_wheel_from_where_the_user_configured(
    wheelhouse: Path, tmp_path: Path
) -> None:
    source, steps, directory = wheel_in(wheelhouse), Steps(), tmp_path / "fetched"
    directory.mkdir()
    wheel = sources.download_wheel(source, directory, steps)
    assert wheel.read_bytes() == (wheelhouse / source.wheel).read_bytes()
    assert steps.seen[-1] == (source.wheel, source.wheel_size, source.wheel_size)
    assert list(directory.iterdir()) == [wheel]


def test_a_fetch_is_watched_while_its_folders_come_and_go(
    wheelhouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "POLL_SECONDS", 0.001)
    source, directory = wheel_in(wheelhouse), tmp_path / "fetched"
    directory.mkdir()
    looks = itertools.count(1)
    enough = threading.Event()  # long before the end, as the folder itself must go in peace

    def looked(wheel: str, done: int, total: int) -> None:
        if next(looks) == 100:
            enough.set()

    def come_and_go() -> None:
        while not enough.is_set():
            for scratch in directory.glob("tmp*"):
                with contextlib.suppress(OSError):
                    (scratch / "a" / "b" / "c").mkdir(parents=True)
                    shutil.rmtree(scratch / "a")

    with ThreadPoolExecutor(1) as pool:
        pool.submit(come_and_go)
        try:
            wheel = sources.download_wheel(source, directory, looked)
        finally:
            enough.set()
    assert wheel.is_file()


def test_a_wheel_of_another_hash_from_pip_is_refused(wheelhouse: Path, tmp_path: Path) -> None:
    source, directory = wheel_in(wheelhouse), tmp_path / "fetched"
    directory.mkdir()
    wheel_in(wheelhouse, b"something else")
    found = sha256((wheelhouse / source.wheel).read_bytes())
    with pytest.raises(HashWrong) as caught:
        sources.download_wheel(source, directory, silent)
    assert source.wheel_sha256 in str(caught.value)
    assert found in str(caught.value)
    assert list(directory.iterdir()) == []


def test_a_wheel_that_pip_cannot_find_is_unavailable(wheelhouse: Path, tmp_path: Path) -> None:
    source, directory = wheel_in(tmp_path), tmp_path / "fetched"
    directory.mkdir()
    with pytest.raises(SourceUnavailable, match=r"tinymodel==1\.0"):
        sources.download_wheel(source, directory, silent)
    assert list(directory.iterdir()) == []


def over_https(answer: Callable[[httpx2.Request], httpx2.Response]) -> httpx2.Client:
    return httpx2.Client(transport=httpx2.MockTransport(answer))


def answering(status: int, content: bytes = b"") -> httpx2.Client:
    return over_https(lambda _: httpx2.Response(status, content=content))


HTTPS_FILE = pack_file(HttpsSource("https://example.org/net.onnx"))


def test_https_brings_the_file(target: Path) -> None:
    steps = Steps()
    with answering(200, CONTENT) as client:
        sources.download_https(HTTPS_FILE, target, steps, client)
    assert target.read_bytes() == CONTENT
    assert steps.seen[-1] == ("net.onnx", len(CONTENT), len(CONTENT))


def test_https_follows_redirects_to_https(target: Path) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "example.org":
            return httpx2.Response(302, headers={"Location": "https://files.example.org/x"})
        return httpx2.Response(200, content=CONTENT)

    with over_https(answer) as client:
        sources.download_https(HTTPS_FILE, target, silent, client)
    assert target.read_bytes() == CONTENT


def test_https_does_not_follow_a_redirect_to_http(target: Path) -> None:
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.scheme)
        return httpx2.Response(302, headers={"Location": "http://example.org/net.onnx"})

    with over_https(answer) as client, pytest.raises(SourceUnavailable, match="away from https"):
        sources.download_https(HTTPS_FILE, target, silent, client)
    assert asked == ["https"]


def test_https_gives_up_on_a_circle_of_redirects(target: Path) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(302, headers={"Location": str(request.url)})

    with over_https(answer) as client, pytest.raises(SourceUnavailable, match="redirects more"):
        sources.download_https(HTTPS_FILE, target, silent, client)


@pytest.mark.parametrize("content", [CONTENT[:1000], CONTENT + b"more", b"<html>not found"])
def test_a_truncated_or_foreign_download_is_refused(target: Path, content: bytes) -> None:
    with (
        answering(200, content) as client,
        pytest.raises(HashWrong, match=HTTPS_FILE.sha256),
    ):
        sources.download_https(HTTPS_FILE, target, silent, client)
    assert not target.exists()


def test_an_answer_of_404_and_a_dead_network_are_unavailable(target: Path) -> None:
    def dead(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route", request=request)

    with (
        answering(404) as client,
        pytest.raises(SourceUnavailable, match="404"),
    ):
        sources.download_https(HTTPS_FILE, target, silent, client)
    with over_https(dead) as client, pytest.raises(SourceUnavailable, match="no route"):
        sources.download_https(HTTPS_FILE, target, silent, client)
