import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.auth.sealing import (
    KEY_FILE,
    ContentSealer,
    KeyFileRefused,
    Sealer,
    derive,
    load_key,
    open_key_file,
)
from openfrs.domain.identity import AccessKey
from openfrs.domain.thumbnails import SealBroken

KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / KEY_FILE


def test_the_key_file_is_made_once_for_its_owner_alone(path: Path) -> None:
    key = load_key(path, create=True)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(path, create=True) == load_key(path, create=False) == key
    assert [file.name for file in path.parent.iterdir()] == [KEY_FILE]


def test_every_installation_has_another_key(tmp_path: Path) -> None:
    assert load_key(tmp_path / "a", create=True) != load_key(tmp_path / "b", create=True)


def test_all_who_start_at_once_get_the_same_key(path: Path) -> None:
    keys: list[bytes] = []
    gate = threading.Barrier(8)

    def start() -> None:
        gate.wait()
        keys.append(load_key(path, create=True))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o610])
def test_a_key_file_open_to_others_is_refused_with_what_to_do(path: Path, mode: int) -> None:
    load_key(path, create=True)
    path.chmod(mode)
    with pytest.raises(KeyFileRefused, match="chmod 600"):
        load_key(path, create=True)


def test_a_read_only_key_file_is_fine(path: Path) -> None:
    key = load_key(path, create=True)
    path.chmod(0o400)
    assert load_key(path, create=False) == key


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(33)])
def test_a_key_file_of_another_length_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileRefused, match="32 bytes"):
        load_key(path, create=True)


def test_a_missing_key_file_is_not_replaced_where_secrets_depend_on_it(tmp_path: Path) -> None:
    key = AccessKey("AK", "u1", b"", datetime(2026, 1, 2, tzinfo=UTC))
    with pytest.raises(KeyFileRefused, match="missing"):
        open_key_file(tmp_path, [key])
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_of_another_installation_is_found_at_the_start(tmp_path: Path) -> None:
    content = open_key_file(tmp_path, [])
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    ours = AccessKey("AK", "u1", Sealer(content).seal("AK", "secret"), moment)
    theirs = AccessKey("AK", "u1", Sealer(KEY).seal("AK", "secret"), moment)
    assert open_key_file(tmp_path, [ours]) == content
    with pytest.raises(KeyFileRefused, match="sealed with another"):
        open_key_file(tmp_path, [theirs])


@given(st.text("ABC012", min_size=1), st.text(st.characters(codec="utf-8")))
def test_what_is_sealed_can_be_opened(access_key: str, secret: str) -> None:
    assert Sealer(KEY).open(access_key, Sealer(KEY).seal(access_key, secret)) == secret


def test_sealing_twice_gives_two_texts_and_shows_neither_secret() -> None:
    first, second = (Sealer(KEY).seal("AK", "made-up-secret") for _ in range(2))
    assert first != second
    assert b"made-up-secret" not in first


def test_a_sealed_secret_belongs_to_its_access_key() -> None:
    sealed = Sealer(KEY).seal("AK1", "secret")
    with pytest.raises(KeyFileRefused):
        Sealer(KEY).open("AK2", sealed)


@given(st.data())
def test_a_sealed_secret_with_any_bit_changed_is_refused(data: st.DataObject) -> None:
    sealed = bytearray(Sealer(KEY).seal("AK", "secret"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(KeyFileRefused):
        Sealer(KEY).open("AK", bytes(sealed))


@pytest.mark.parametrize("length", range(0, 29))
def test_a_truncated_secret_is_refused(length: int) -> None:
    with pytest.raises(KeyFileRefused):
        Sealer(KEY).open("AK", Sealer(KEY).seal("AK", "secret")[:length])


def test_each_purpose_has_a_key_of_its_own() -> None:
    assert derive(KEY, "tokens 1") != derive(KEY, "secret keys 1") != KEY


@given(content=st.binary(max_size=200))
def test_a_sealed_content_opens_under_its_name_with_its_key_and_purpose_alone(
    content: bytes,
) -> None:
    sealer = ContentSealer(KEY, "thumbnails 1")
    sealed = sealer.seal("a/b", content)
    assert sealer.open("a/b", sealed) == content
    assert sealer.seal("a/b", content) != sealed
    assert len(content) < 8 or content not in sealed
    for other, name, changed in (
        (sealer, "a/c", sealed),
        (ContentSealer(KEY[::-1], "thumbnails 1"), "a/b", sealed),
        (ContentSealer(KEY, "secret keys 1"), "a/b", sealed),
        (sealer, "a/b", sealed[:-1]),
        (sealer, "a/b", b"\x02" + sealed[1:]),
        (sealer, "a/b", sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:]),
        (sealer, "a/b", b""),
        (sealer, "a/b", b"\x01"),
    ):
        with pytest.raises(SealBroken):
            other.open(name, changed)
