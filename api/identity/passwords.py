"""Passwords as argon2id hashes.

Guards: checking takes the same work whether or not the account exists; few run at once and few wait, so that
guessing can eat neither the machine's memory nor the threads that others are served by.
"""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(4)
_AT_ONCE_OR_WAITING = threading.BoundedSemaphore(16)
# Of a password nobody has: what an unknown account is checked against.
_NOBODY = _HASHER.hash("no account has this password")


class BusyError(Exception):
    """Too many passwords are being checked at this moment."""


def hash_password(password: str) -> str:
    """The hash to keep instead of a password."""
    return _HASHER.hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Whether this is the password; without a hash the same work is done for nothing. Raises BusyError."""
    if not _AT_ONCE_OR_WAITING.acquire(blocking=False):
        raise BusyError("Too many people are signing in at this moment. Try again in a few seconds.")
    try:
        with _AT_ONCE:
            return _HASHER.verify(kept or _NOBODY, password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False
    finally:
        _AT_ONCE_OR_WAITING.release()


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(kept)
