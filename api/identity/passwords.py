"""Passwords as argon2id hashes.

Guards: a check takes the same work whether or not the account exists. Few checks run at once and few wait, so guessing
exhausts neither memory nor the threads that serve others.
"""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(4)
_AT_ONCE_OR_WAITING = threading.BoundedSemaphore(16)
# A hash of no known password, against which unknown accounts are checked.
_NOBODY = _HASHER.hash("no account has this password")


class BusyError(Exception):
    """Too many passwords are being checked now."""


def hash_password(password: str) -> str:
    """Return the hash to store instead of a password."""
    return _HASHER.hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Return whether this is the password; without a hash the same work is done. Raises BusyError."""
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
    """Return whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(kept)
