"""What makes the audit log one piece: each entry's hash covers the one before, a seal the last.

Whoever changes, removes or moves an entry would have to write every later hash anew, and the seal
over the last one needs the installation's key.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

ORIGIN = "0" * 64
"""The hash before the first entry."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log begins and ends: numbers, and hashes as hexadecimal SHA-256.

    ``anchor`` is the hash of the entry before ``first``, ``hash`` that of entry ``last``. A log
    without entries has ``last`` before ``first``.
    """

    first: int = 1
    anchor: str = ORIGIN
    last: int = 0
    hash: str = ORIGIN

    @property
    def pristine(self) -> bool:
        """True for the log of an installation that has never kept one."""
        return self == Head()


def canonical(entry: Mapping[str, object]) -> str:
    """The entry as JSON, the same for the same content."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def link(previous: str, text: str) -> str:
    """The hash of an entry that follows the one of hash ``previous``."""
    return sha256(f"{previous}\n{text}".encode()).hexdigest()


def seal(key: bytes, head: Head) -> str:
    """What only the holder of the key can say of a head: hexadecimal HMAC-SHA-256."""
    text = f"{head.first} {head.anchor} {head.last} {head.hash}"
    return hmac.digest(key, text.encode(), "sha256").hex()


def sealed(key: bytes, head: Head, found: str) -> bool:
    """True where the seal is that of the head."""
    return hmac.compare_digest(seal(key, head).encode(), found.encode())
