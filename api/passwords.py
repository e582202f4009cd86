"""Passwords as argon2id hashes.

Guards: checking takes the same work whether or not the account exists, and few run at once, so that guessing
cannot eat the machine's memory.
"""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(4)
# Of a password nobody has: what an unknown account is checked against.
_NOBODY = _HASHER.hash("no account has this password")


def hash_password(password: str) -> str:
    """The hash to keep instead of a password."""
    return _HASHER.hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Whether this is the password; without a hash the same work is done for nothing."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(kept or _NOBODY, password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(kept)
