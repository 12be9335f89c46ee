"""Passwords, hashed with argon2id (RFC 9106, the setting for little memory)."""

import threading
from dataclasses import dataclass

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

# 64 MiB a hash: two at a time bound what a flood of sign-ins can take.
_SLOTS = threading.BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a hash costs to make and to try: passes over the memory, its KiB, its lanes."""

    passes: int = 3
    memory: int = 64 * 1024
    lanes: int = 4

    @property
    def nobody(self) -> str:
        """Stands in for a user who does not exist, so that the answer takes as long.

        It ends in the hash of random bytes that were thrown away.
        """
        return (
            f"$argon2id$v=19$m={self.memory},t={self.passes},p={self.lanes}$"
            "/y+F/jhl0DYs94W39R3g+w$YmMvcUYCtblKYn06o5X0/rURCq5sNZ/KKSIOsyUetDc"
        )


COST = Cost()


def hash_password(password: str, cost: Cost = COST) -> str:
    """The hash to store: algorithm, parameters, salt and digest in one text."""
    with _SLOTS:
        return _hasher(cost).hash(_bytes(password))


def password_fits(password_hash: str | None, password: str, cost: Cost = COST) -> bool:
    """True where the password is the one that was hashed, at whatever cost it was.

    For None, a user who does not exist, False after the work of one hashed at this ``cost``.
    """
    with _SLOTS:
        try:
            _hasher(cost).verify(
                cost.nobody if password_hash is None else password_hash, _bytes(password)
            )
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def _hasher(cost: Cost) -> PasswordHasher:
    return PasswordHasher(
        time_cost=cost.passes,
        memory_cost=cost.memory,
        parallelism=cost.lanes,
        hash_len=32,
        salt_len=16,
        type=Type.ID,
    )


def _bytes(password: str) -> bytes:
    # JSON can spell half a surrogate pair, which UTF-8 proper cannot.
    return password.encode("utf-8", "surrogatepass")
