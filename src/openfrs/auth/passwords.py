"""Passwords, hashed with argon2id (RFC 9106, the setting for little memory)."""

import threading

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

# 64 MiB a hash: two at a time bound what a flood of sign-ins can take.
_SLOTS = threading.BoundedSemaphore(2)
_HASHER = PasswordHasher(
    time_cost=3, memory_cost=64 * 1024, parallelism=4, hash_len=32, salt_len=16, type=Type.ID
)
# Stands in for a user who does not exist, so that the answer takes as long as for one who does.
# It is the hash of random bytes that were thrown away.
NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$"
    "/y+F/jhl0DYs94W39R3g+w$YmMvcUYCtblKYn06o5X0/rURCq5sNZ/KKSIOsyUetDc"
)


def hash_password(password: str) -> str:
    """The hash to store: algorithm, parameters, salt and digest in one text."""
    with _SLOTS:
        return _HASHER.hash(_bytes(password))


def password_fits(password_hash: str | None, password: str) -> bool:
    """True where the password is the one that was hashed.

    For None, a user who does not exist, False after the same work.
    """
    with _SLOTS:
        try:
            _HASHER.verify(NOBODY if password_hash is None else password_hash, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def _bytes(password: str) -> bytes:
    # JSON can spell half a surrogate pair, which UTF-8 proper cannot.
    return password.encode("utf-8", "surrogatepass")
