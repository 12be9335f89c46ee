"""``openfrs restore``: everything is checked first, and nothing is ever half there."""

import errno
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from openfrs.storage.database import Database
from openfrs.storage.failures import DatabaseUnreadable
from openfrs.testing import TestService, make_service
from openfrs.upkeep.backup_manifest import BackupUnusable
from openfrs.upkeep.restore import restore
from tests.api.calls import GREEN, add, listed, search
from tests.storage.samples import NOON
from tests.upkeep.conftest import CommandLine


@pytest.fixture
def copy(command: CommandLine, tmp_path: Path) -> Path:
    command.run("backup", tmp_path / "copy")
    return tmp_path / "copy"


def names(data_dir: Path) -> set[str]:
    """What is in a data directory, but for what every process that opens it makes there."""
    return {path.name for path in data_dir.iterdir()} - {"openfrs.db-stamp"}


def change_manifest(copy: Path, **changes: Any) -> None:
    path = copy / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_restored_installation_serves_the_same_faces_to_the_same_keys(
    service: TestService, command: CommandLine, copy: Path, tmp_path: Path
) -> None:
    faces = listed(service)
    add(service, GREEN)
    printed = command.run("restore", copy, data_dir=tmp_path / "new")
    assert "3 faces" in printed
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert names(tmp_path / "new") == {"openfrs.db", "secret.key"}
    with make_service(tmp_path / "new", established=service.established) as again:
        assert listed(again) == faces
        hits = search(again, face_id=faces[1]["face_id"], top_n=1)
        assert hits[0]["face_id"] == faces[1]["face_id"]


def test_an_installation_of_which_nobody_knows_whether_it_is_used_stays(
    command: CommandLine, copy: Path, tmp_path: Path
) -> None:
    command.run("restore", copy, data_dir=tmp_path / "new")
    (tmp_path / "new" / "openfrs.db-wal").mkdir()
    told = command.run("restore", copy, "--force", data_dir=tmp_path / "new", fails=True)
    assert "cannot be used" in told
    assert (tmp_path / "new" / "secret.key").exists()
    assert list(tmp_path.glob("new.before-restore-*")) == []


def test_a_directory_that_is_a_link_stays_one(
    command: CommandLine, copy: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to("private")
    command.run("restore", copy, data_dir=tmp_path / "private")
    told = command.run("restore", copy, "--force", data_dir=link)
    assert link.is_symlink()
    assert (link / "openfrs.db").exists()
    [aside] = tmp_path.glob("private.before-restore-*")
    assert (aside / "openfrs.db").exists()
    assert str(aside) in told


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
def test_what_root_restores_belongs_to_the_user_of_the_service(
    command: CommandLine, copy: Path, tmp_path: Path
) -> None:
    service = (4242, 4243)
    data_dir = tmp_path / "served"
    data_dir.mkdir()
    os.chown(data_dir, *service)
    for options in ((), ("--force",)):
        command.run("restore", copy, *options, data_dir=data_dir)
        command.run("keys", "create", data_dir=data_dir)
        made = [data_dir, *data_dir.rglob("*")]
        assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {service}


def test_a_restore_tells_what_is_still_to_do(command: CommandLine, tmp_path: Path) -> None:
    command.run("backup", tmp_path / "copy", "--without-keys")
    told = command.json("restore", tmp_path / "copy", data_dir=tmp_path / "new")
    assert any("secret.key is missing" in line for line in told["to_do"])
    assert any("openfrs models pull default" in line for line in told["to_do"])


def test_a_directory_that_holds_something_is_left_alone(
    command: CommandLine, copy: Path, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "notes").write_text("mine")
    assert "not empty" in command.run("restore", copy, data_dir=tmp_path / "new", fails=True)
    refused = command.run("restore", copy, "--force", data_dir=tmp_path / "new", fails=True)
    assert "something else" in refused
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["notes"]


def test_an_empty_file_system_will_do(command: CommandLine, copy: Path, tmp_path: Path) -> None:
    (tmp_path / "new" / "lost+found").mkdir(parents=True)
    command.run("restore", copy, data_dir=tmp_path / "new")
    assert (tmp_path / "new" / "openfrs.db").exists()
    assert (tmp_path / "new" / "lost+found").exists()


def test_force_moves_an_installation_aside_that_no_server_uses(
    service: TestService, command: CommandLine, copy: Path, tmp_path: Path
) -> None:
    add(service, GREEN)
    assert "a server uses" in command.run("restore", copy, "--force", fails=True)
    service.openfrs.close()
    told = command.json("restore", copy, "--force")
    aside = Path(told["moved_to"])
    assert re.fullmatch(r"data\.before-restore-\d{8}T\d{6}Z", aside.name)
    with make_service(command.data_dir, established=service.established) as again:
        assert len(listed(again)) == 3
    with make_service(aside, established=service.established) as before:
        assert len(listed(before)) == 4


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["openfrs.db", "secret.key"])
@pytest.mark.parametrize("damage", [flipped, Path.unlink, lambda path: os.truncate(path, 9)])
def test_a_damaged_file_is_found_before_anything_is_made(
    command: CommandLine, copy: Path, tmp_path: Path, name: str, damage: Any
) -> None:
    damage(copy / name)
    assert name in command.run("restore", copy, data_dir=tmp_path / "new", fails=True)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 2}, "later OpenFRS"),
        ({"format": None}, "not what a backup writes"),
        ({"schema_version": 9999}, "version 9999"),
        ({"schema_version": "1"}, "not what a backup writes"),
        ({"counts": {}}, "not what a backup writes"),
        ({"counts": []}, "not what a backup writes"),
        ({"files": []}, "not what a backup writes"),
        ({"files": [7]}, "not what a backup writes"),
        ({"packs": 7}, "not what a backup writes"),
        ({"created": "yesterday"}, "not what a backup writes"),
    ],
)
def test_a_manifest_of_another_kind_is_refused(
    command: CommandLine, copy: Path, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    change_manifest(copy, **changes)
    assert words in command.run("restore", copy, data_dir=tmp_path / "new", fails=True)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "path", ["../outside", "/etc/outside", "thumbnails/../../outside", "thumbnails//a", "models/a"]
)
def test_no_manifest_leads_outside(
    command: CommandLine, copy: Path, tmp_path: Path, path: str
) -> None:
    files = json.loads((copy / "manifest.json").read_text())["files"]
    change_manifest(copy, files=[*files, {"path": path, "size": 0, "sha256": "0" * 64}])
    assert "no file of a backup" in command.run(
        "restore", copy, data_dir=tmp_path / "new", fails=True
    )


def test_a_link_in_a_backup_is_not_followed(
    command: CommandLine, copy: Path, tmp_path: Path
) -> None:
    (copy / "secret.key").rename(tmp_path / "elsewhere")
    (copy / "secret.key").symlink_to(tmp_path / "elsewhere")
    assert "secret.key" in command.run("restore", copy, data_dir=tmp_path / "new", fails=True)


def test_a_backup_of_a_database_that_was_at_fault_is_not_put_in_place(
    command: CommandLine, tmp_path: Path
) -> None:
    """Its files are as they were when it was made, so only looking into them tells."""
    with Database(command.data_dir / "openfrs.db").read() as connection:
        connection.execute("PRAGMA query_only = OFF")
        connection.execute("UPDATE face_set SET face_number = 7")
        connection.execute("COMMIT")
    command.run("backup", tmp_path / "copy")
    printed = command.run("restore", tmp_path / "copy", data_dir=tmp_path / "new", fails=True)
    assert "counts 7 faces and holds 3" in printed
    assert not (tmp_path / "new").exists()


def test_a_killed_restore_keeps_servers_away_and_can_be_done_again(
    command: CommandLine, copy: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    process = subprocess.Popen(
        [sys.executable, "-m", "openfrs", "restore", str(copy), "--data-dir", str(new)],
        stdout=subprocess.DEVNULL,
    )
    while not (new / ".restoring").exists() and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if (new / ".restoring").exists():
        with pytest.raises(DatabaseUnreadable, match="has not ended"):
            Database(new / "openfrs.db")
        assert (
            "has not ended" in command.run("users", "list", data_dir=new, fails=True)
            or not (new / "openfrs.db").exists()
        )
        command.run("restore", copy, data_dir=new)
    assert names(new) == {"openfrs.db", "secret.key"}
    assert command.run("users", "list", data_dir=new)


def test_the_data_directory_may_not_hold_the_backup(command: CommandLine) -> None:
    command.run("backup", command.data_dir / "copies" / "one")
    printed = command.run("restore", command.data_dir / "copies" / "one", "--force", fails=True)
    assert "move it elsewhere" in printed


def test_what_is_no_backup_is_said_to_be_none(command: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    printed = command.run("restore", tmp_path / "empty", data_dir=tmp_path / "new", fails=True)
    assert "is no backup" in printed


@pytest.mark.parametrize("there", [True, False])
def test_a_restore_that_fails_on_the_way_leaves_the_directory_as_it_was(
    copy: Path, tmp_path: Path, *, there: bool
) -> None:
    new = tmp_path / "new"
    if there:
        new.mkdir()

    def full(what: str, done: int, total: int) -> None:
        if what == "restoring":
            raise OSError(errno.ENOSPC, "no space left")

    with pytest.raises(OSError, match="no space left"):
        restore(copy, new, force=False, now=NOON, faults=lambda _: [], progress=full)
    assert new.exists() == there
    assert not there or list(new.iterdir()) == []


def test_an_installation_that_was_moved_aside_comes_back_where_the_restore_fails(
    service: TestService, command: CommandLine, copy: Path
) -> None:
    service.openfrs.close()
    with pytest.raises(BackupUnusable, match="wrong; and wrong"):
        restore(
            copy,
            command.data_dir,
            force=True,
            now=NOON,
            faults=lambda _: ["wrong", "and wrong"],
            progress=lambda *_: None,
        )
    assert sorted(path.name for path in command.data_dir.parent.iterdir()) == ["copy", "data"]
    with make_service(command.data_dir, established=service.established) as again:
        assert len(listed(again)) == 3
