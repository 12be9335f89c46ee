"""``openfrs backup``: whole, of one moment, for its owner alone, and nothing that was deleted."""

import hashlib
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openfrs.storage.copying import latest_schema
from openfrs.storage.migrate import bundled, migrate
from openfrs.testing import TestService
from openfrs.upkeep.backup import BackupRefused, back_up
from tests.api.calls import RED, add
from tests.storage.samples import NOON
from tests.upkeep.conftest import CommandLine


def listing(directory: Path) -> set[str]:
    return {
        path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()
    }


def test_a_backup_beside_a_running_server_holds_what_it_says(
    command: CommandLine, tmp_path: Path
) -> None:
    (command.data_dir / "openfrs.toml").write_text('log_level = "error"\n')
    told = command.json("backup", tmp_path / "copy")
    assert told.pop("backup") == str(tmp_path / "copy")
    assert told == json.loads((tmp_path / "copy" / "manifest.json").read_text())
    assert listing(tmp_path / "copy") == {
        *("manifest.json", "openfrs.db", "secret.key", "openfrs.toml")
    }
    assert told["format"] == 1
    assert told["schema_version"] == latest_schema()
    assert told["models"] == ["fake@1"]
    assert told["counts"] == {
        "projects": 1,
        "users": 1,
        "access_keys": 1,
        "face_sets": 1,
        "faces": 3,
    }
    for file in told["files"]:
        content = (tmp_path / "copy" / file["path"]).read_bytes()
        assert file["size"] == len(content)
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert {file["path"] for file in told["files"]} == {
        *("openfrs.db", "secret.key", "openfrs.toml")
    }


def test_the_packs_that_are_installed_are_told_with_their_hashes(
    command: CommandLine, tmp_path: Path
) -> None:
    pack = command.data_dir / "models" / "default"
    pack.mkdir(parents=True)
    entry = {"sha256": "0" * 64, "size": 1, "source_sha256": "1" * 64, "conversion": None}
    record = {"identity": "default@1", "files": {"a.onnx": entry}}
    (pack / "installed.json").write_text(json.dumps(record))
    told = command.json("backup", tmp_path / "copy")
    assert told["packs"] == [{"identity": "default@1", "files": {"a.onnx": "0" * 64}}]


def test_only_the_owner_can_read_a_backup(command: CommandLine, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        command.run("backup", tmp_path / "copy")
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "copy").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o700


def test_the_key_file_may_stay_away(command: CommandLine, tmp_path: Path) -> None:
    printed = command.run("backup", tmp_path / "copy", "--without-keys")
    assert "secret.key" in printed
    assert listing(tmp_path / "copy") == {"manifest.json", "openfrs.db"}


def test_thumbnails_come_along(command: CommandLine, tmp_path: Path) -> None:
    (command.data_dir / "thumbnails" / "ab").mkdir(parents=True)
    (command.data_dir / "thumbnails" / "ab" / "one").write_bytes(b"sealed")
    (command.data_dir / "thumbnails" / "away").symlink_to("/etc/hostname")
    told = command.json("backup", tmp_path / "copy")
    assert "thumbnails/ab/one" in {file["path"] for file in told["files"]}
    assert (tmp_path / "copy" / "thumbnails" / "ab" / "one").read_bytes() == b"sealed"
    assert not (tmp_path / "copy" / "thumbnails" / "away").exists()


def test_what_is_there_already_is_left_alone(command: CommandLine, tmp_path: Path) -> None:
    command.run("backup", tmp_path / "copy")
    before = (tmp_path / "copy" / "manifest.json").read_bytes()
    assert "there already" in command.run("backup", tmp_path / "copy", fails=True)
    assert (tmp_path / "copy" / "manifest.json").read_bytes() == before
    (tmp_path / "empty").mkdir()
    command.run("backup", tmp_path / "empty")
    assert (tmp_path / "empty" / "manifest.json").exists()


def test_without_an_installation_there_is_no_backup(tmp_path: Path) -> None:
    command = CommandLine(tmp_path / "nothing")
    assert "no installation" in command.run("backup", tmp_path / "copy", fails=True)
    assert not (tmp_path / "nothing").exists()
    assert not (tmp_path / "copy").exists()


def test_a_damaged_database_gives_no_backup(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "openfrs.db").write_bytes(b"no database" * 1000)
    printed = CommandLine(tmp_path / "data").run("backup", tmp_path / "copy", fails=True)
    assert "cannot be read" in printed
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_nothing_that_was_deleted_is_in_a_backup(
    service: TestService, command: CommandLine, tmp_path: Path
) -> None:
    """Not even where a page of the original still has it: there it was put by hand."""
    path = command.data_dir / "openfrs.db"
    careless = sqlite3.connect(path)
    careless.execute("PRAGMA secure_delete = OFF")
    careless.execute("INSERT INTO project VALUES ('gone', 'of-somebody-who-left')")
    careless.commit()
    careless.execute("DELETE FROM project WHERE project_id = 'gone'")
    careless.commit()
    careless.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    careless.close()
    assert b"of-somebody-who-left" in path.read_bytes()
    command.run("backup", tmp_path / "copy")
    assert b"of-somebody-who-left" not in (tmp_path / "copy" / "openfrs.db").read_bytes()


def test_an_installation_of_an_earlier_version_is_copied_and_not_changed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "openfrs.db"
    earlier = sqlite3.connect(path, isolation_level=None)
    migrate(earlier, bundled()[:1])
    earlier.close()
    before = path.read_bytes()
    told = CommandLine(tmp_path / "data").json("backup", tmp_path / "copy")
    assert told["schema_version"] == 1
    assert path.read_bytes() == before


def test_what_a_killed_backup_left_goes_with_the_next(
    service: TestService, command: CommandLine, tmp_path: Path
) -> None:
    """Killed at a random moment, it is there whole or not at all."""
    for _ in range(3):
        add(service, RED)
    destination = tmp_path / "copy"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "openfrs", "backup", str(destination)),
            *("--data-dir", str(command.data_dir)),
        ],
        stdout=subprocess.DEVNULL,
    )
    part = tmp_path / ".copy.part"
    while not part.exists() and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if destination.exists():
        assert (destination / "manifest.json").exists()
        return
    assert part.exists()
    command.run("backup", destination)
    assert not part.exists()
    assert listing(destination) == {"manifest.json", "openfrs.db", "secret.key"}


def test_two_backups_of_one_name_do_not_mix(command: CommandLine, tmp_path: Path) -> None:
    refused: list[str] = []

    def meanwhile(what: str, done: int, total: int) -> None:
        if not refused:
            refused.append(command.run("backup", tmp_path / "copy", fails=True))

    back_up(
        command.data_dir,
        tmp_path / "copy",
        keys=True,
        packs=[],
        version="0",
        now=NOON,
        progress=meanwhile,
    )
    assert re.search("another backup .* is under way", refused[0])
    assert (tmp_path / "copy" / "manifest.json").exists()


def test_a_backup_that_is_interrupted_leaves_nothing(command: CommandLine, tmp_path: Path) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        if what.startswith("hashing"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(
            command.data_dir,
            tmp_path / "copy",
            keys=True,
            packs=[],
            version="0",
            now=NOON,
            progress=interrupt,
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_a_place_that_is_taken_meanwhile_is_left_alone(
    command: CommandLine, tmp_path: Path
) -> None:
    def take(what: str, done: int, total: int) -> None:
        (tmp_path / "copy").mkdir(exist_ok=True)
        (tmp_path / "copy" / "mine").touch()

    with pytest.raises(BackupRefused):
        back_up(
            command.data_dir,
            tmp_path / "copy",
            keys=True,
            packs=[],
            version="0",
            now=NOON,
            progress=take,
        )
    assert listing(tmp_path / "copy") == {"mine"}
