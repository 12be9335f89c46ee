"""What every store of objects must do; see object_stores.py."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from openfrs.domain.objects import ObjectKeyInvalid, ObjectNotFound, ObjectTooLarge
from openfrs.domain.ports import ObjectStore

MUCH = 10_000_000


def test_an_object_comes_back_as_it_was_put(objects: ObjectStore) -> None:
    for content in (b"", b"x", bytes(range(256)) * 4000):
        objects.put("a/b/c", content)
        assert objects.get("a/b/c", MUCH) == content


@pytest.mark.parametrize(
    "key", ["a", "脸/100% +x", "a b/c&d=e?f#g", "..a/b..", "%2e%2e/x", "é" * 100]
)
def test_keys_may_hold_any_letters(objects: ObjectStore, key: str) -> None:
    objects.put(key, b"here")
    assert objects.get(key, MUCH) == b"here"
    assert list(objects.keys()) == [key]
    objects.delete(key)
    assert list(objects.keys()) == []


@pytest.mark.parametrize("key", ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "../x", "a\0b"])
def test_keys_with_parts_that_move_about_are_refused_by_every_call(
    objects: ObjectStore, key: str
) -> None:
    for call in (lambda: objects.put(key, b""), lambda: objects.get(key, 1)):
        with pytest.raises(ObjectKeyInvalid):
            call()
    with pytest.raises(ObjectKeyInvalid):
        objects.delete(key)


def test_what_is_not_there_is_not_found_and_may_be_deleted(objects: ObjectStore) -> None:
    objects.put("a/b", b"")
    for key in ("a", "a/b/c", "a/c", "c"):
        with pytest.raises(ObjectNotFound):
            objects.get(key, MUCH)
    for key in ("a/b/c", "a/c", "c", "d/e/f"):
        objects.delete(key)
    assert list(objects.keys()) == ["a/b"]


def test_a_deleted_object_is_gone(objects: ObjectStore) -> None:
    objects.put("a/b", b"one")
    objects.put("a/c", b"two")
    objects.delete("a/b")
    objects.delete("a/b")
    with pytest.raises(ObjectNotFound):
        objects.get("a/b", MUCH)
    assert objects.get("a/c", MUCH) == b"two"


def test_keys_are_found_by_their_beginning(objects: ObjectStore) -> None:
    put = {f"{folder}/{number}" for folder in ("a", "ab", "b") for number in range(5)} | {"a1"}
    for key in put:
        objects.put(key, b"x")
    assert set(objects.keys()) == put
    assert set(objects.keys("a/")) == {f"a/{number}" for number in range(5)}
    assert set(objects.keys("a")) == {key for key in put if key.startswith("a")}
    assert set(objects.keys("b/3")) == {"b/3"}
    assert set(objects.keys("c")) == set()


def test_a_store_that_nothing_was_put_into_is_empty(objects: ObjectStore) -> None:
    assert list(objects.keys()) == []
    objects.delete("a")
    with pytest.raises(ObjectNotFound):
        objects.get("a", 1)


def test_no_more_is_read_than_the_reader_takes(objects: ObjectStore) -> None:
    objects.put("a", b"x" * 1000)
    assert len(objects.get("a", 1000)) == 1000
    with pytest.raises(ObjectTooLarge):
        objects.get("a", 999)


def test_readers_see_one_whole_object_while_it_is_replaced(objects: ObjectStore) -> None:
    contents = [bytes([number]) * 50_000 for number in range(8)]
    objects.put("a", contents[0])
    done = threading.Event()

    def write(content: bytes) -> None:
        for _ in range(5):
            objects.put("a", content)

    def read() -> set[bytes]:
        seen = {objects.get("a", MUCH)}
        while not done.is_set():
            seen.add(objects.get("a", MUCH))
        return seen

    with ThreadPoolExecutor(10) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        list(pool.map(write, contents))
        done.set()
        for reader in readers:
            assert reader.result() <= set(contents)
    assert objects.get("a", MUCH) in contents
    assert list(objects.keys()) == ["a"]
