"""What a directory of objects is to the machine that it is on."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from openfrs.domain.objects import (
    ObjectKeyInvalid,
    ObjectNotFound,
    ObjectRefused,
    ObjectStoreUnavailable,
)
from openfrs.objects.local import LocalObjects


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
def objects(root: Path) -> LocalObjects:
    return LocalObjects(root)


def test_nobody_but_the_owner_may_read_objects(root: Path, objects: LocalObjects) -> None:
    before = os.umask(0)
    try:
        objects.put("a/b/c", b"x")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (root, *root.rglob("*"))}
    assert modes == {"objects": 0o700, "a": 0o700, "b": 0o700, "c": 0o600}


def test_reading_makes_no_directory(root: Path, objects: LocalObjects) -> None:
    objects.delete("a/b")
    with pytest.raises(ObjectNotFound):
        objects.get("a", 1)
    assert list(objects.keys()) == []
    assert not root.exists()


@pytest.fixture
def outside(root: Path) -> Path:
    """A directory beside the objects, with a secret and a link that leads to it."""
    directory = root.parent / "outside"
    directory.mkdir()
    (directory / "secret").write_bytes(b"secret")
    root.mkdir()
    (root / "out").symlink_to(directory)
    return directory


def test_a_link_leads_nobody_out_of_it(objects: LocalObjects, outside: Path) -> None:
    with pytest.raises(ObjectKeyInvalid):
        objects.get("out/secret", 100)
    with pytest.raises(ObjectStoreUnavailable):
        objects.put("out/secret", b"new")
    objects.delete("out/secret")
    assert (outside / "secret").read_bytes() == b"secret"
    assert list(objects.keys()) == []


def test_a_link_is_replaced_and_deleted_itself(objects: LocalObjects, outside: Path) -> None:
    with pytest.raises(ObjectKeyInvalid):
        objects.get("out", 100)
    objects.put("out", b"new")
    assert objects.get("out", 100) == b"new"
    objects.delete("out")
    assert (outside / "secret").read_bytes() == b"secret"


def test_a_draft_of_a_writer_that_died_is_no_object_and_goes_with_the_next_put_or_delete(
    root: Path, objects: LocalObjects
) -> None:
    ends: list[Callable[[], None]] = [
        lambda: objects.put("a/b", b"new"),
        lambda: objects.delete("a/b"),
    ]
    for end in ends:
        (root / "a").mkdir(parents=True, exist_ok=True)
        (root / "a" / "b~").write_bytes(b"half of something long")
        assert set(objects.keys()) == set()
        end()
        assert not (root / "a" / "b~").exists()
        objects.delete("a/b")


def test_no_object_has_the_name_of_a_draft(objects: LocalObjects) -> None:
    with pytest.raises(ObjectKeyInvalid):
        objects.put("a/b~", b"")


def test_what_cannot_be_stored_is_refused_and_leaves_nothing(
    root: Path, objects: LocalObjects
) -> None:
    objects.put("a", b"x")
    for key in ("a/b", "x" * 300):
        with pytest.raises(ObjectStoreUnavailable):
            objects.put(key, b"y")
    assert [path.name for path in root.iterdir()] == ["a"]


def test_what_is_no_directory_has_lost_no_objects(root: Path, objects: LocalObjects) -> None:
    root.write_bytes(b"")
    with pytest.raises(ObjectStoreUnavailable):
        objects.get("a/b", 1)
    with pytest.raises(ObjectStoreUnavailable):
        objects.put("a/b", b"")
    with pytest.raises(ObjectStoreUnavailable):
        objects.delete("a/b")
    with pytest.raises(ObjectStoreUnavailable):
        list(objects.keys())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(root: Path, objects: LocalObjects) -> None:
    objects.put("a", b"x")
    (root / "a").chmod(0)
    with pytest.raises(ObjectRefused):
        objects.get("a", 1)
