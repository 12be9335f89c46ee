"""The installation's key file, and what is encrypted with it (AES-256-GCM).

The database alone, or a copy of it, gives no secret key away. Whoever has database and key file
has everything.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Collection
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from openfrs.domain.identity import AccessKey
from openfrs.domain.operator import OperatorCanMend
from openfrs.domain.thumbnails import SealBroken
from openfrs.ownership import give_away

KEY_FILE = "secret.key"
KEY_BYTES = 32
AUDIT_LOG = "audit log 1"
"""The purpose of the key that seals the audit log."""

_VERSION = b"\x01"
_NONCE_BYTES = 12


class KeyFileRefused(OperatorCanMend):
    """The key file cannot be used; the message says why and what to do."""


def load_key(path: Path, *, create: bool) -> bytes:
    """The 32 bytes of the key file, made first where it is absent and ``create`` is true.

    Several processes may start at once: all get the same key. Raises KeyFileRefused where the
    file is absent, not 32 bytes long, or open to others than its owner.
    """
    if create and not path.exists():
        _create(path)
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            key = file.read(KEY_BYTES + 1)
    except FileNotFoundError:
        raise KeyFileRefused(
            f"{path} is missing, but the database holds access keys sealed with it: bring the "
            "file back from a backup, or revoke those keys and start again"
        ) from None
    except OSError as error:
        raise KeyFileRefused(f"{path} cannot be read: {error.strerror}") from None
    if stat.S_IMODE(mode) & 0o077:
        raise KeyFileRefused(
            f"{path} can be read by others (mode {stat.S_IMODE(mode):04o}): run chmod 600 on it, "
            "and treat its secrets as known if others had access to this machine"
        )
    if len(key) != KEY_BYTES:
        raise KeyFileRefused(f"{path} is not {KEY_BYTES} bytes long: bring it back from a backup")
    return key


def _create(path: Path) -> None:
    """Makes the file whole or not at all; one that another process made meanwhile stays."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            give_away(file.fileno(), path.parent)
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def derive(key: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose alone; none tells anything about another (RFC 5869)."""
    return HKDF(SHA256(), length=32, salt=None, info=f"openfrs {purpose}".encode()).derive(key)


class ContentSealer:
    """Encrypts contents for one purpose (AES-256-GCM). Each is bound to its name.

    ``key`` is the content of the key file.
    """

    def __init__(self, key: bytes, purpose: str) -> None:
        self._cipher = AESGCM(derive(key, purpose))

    def seal(self, name: str, content: bytes) -> bytes:
        """The encrypted content: a version byte, a nonce, the ciphertext with its tag."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, content, name.encode())

    def open(self, name: str, sealed: bytes) -> bytes:
        """The content. Raises SealBroken for another name, key or text than it was sealed with."""
        nonce = sealed[len(_VERSION) : len(_VERSION) + _NONCE_BYTES]
        text = sealed[len(_VERSION) + _NONCE_BYTES :]
        try:
            if not sealed.startswith(_VERSION):
                raise InvalidTag
            return self._cipher.decrypt(nonce, text, name.encode())
        except (InvalidTag, ValueError):
            raise SealBroken from None


class Sealer:
    """Encrypts secret keys for the database. Each is bound to its access key.

    ``key`` is the content of the key file.
    """

    def __init__(self, key: bytes) -> None:
        self._sealer = ContentSealer(key, "secret keys 1")

    def seal(self, access_key: str, secret_key: str) -> bytes:
        """The encrypted secret key."""
        return self._sealer.seal(access_key, secret_key.encode())

    def open(self, access_key: str, sealed: bytes) -> str:
        """The secret key. Raises KeyFileRefused where it was sealed with another key file."""
        try:
            return self._sealer.open(access_key, sealed).decode()
        except (SealBroken, ValueError):
            raise KeyFileRefused(
                f"the secret of access key {access_key} was sealed with another {KEY_FILE}: "
                "bring that file back, or revoke the key"
            ) from None


def open_key_file(data_dir: Path, keys: Collection[AccessKey]) -> bytes:
    """The content of the installation's key file, made at the first start.

    ``keys`` are the access keys in the database: where there are any, a missing file is not
    replaced, and a file that did not seal the newest of them is refused. Raises KeyFileRefused.
    """
    content = load_key(data_dir / KEY_FILE, create=not keys)
    if keys:
        newest = max(keys, key=lambda key: key.created)
        Sealer(content).open(newest.access_key, newest.sealed_secret)
    return content
