"""The opaque ids on the wire, each with its own type.

Guards: an id says nothing about a person, and the ids one process makes sort in the order it made them.
"""

import secrets
import threading
import time
from typing import NewType
from uuid import UUID

ReadingId = NewType("ReadingId", UUID)
KitId = NewType("KitId", UUID)
ResidentId = NewType("ResidentId", UUID)
PersonId = NewType("PersonId", UUID)
OutboxEpoch = NewType("OutboxEpoch", UUID)
"""One life of a kit's outbox: a new one begins when its memory of sequence numbers is lost."""
DatabaseEpoch = NewType("DatabaseEpoch", UUID)
"""One life of the platform's database: a new one begins at a failover or a restore."""

_TAIL_BITS = 74
_TAIL_MASK = (1 << _TAIL_BITS) - 1
_RANDOM_TAIL_BITS = (
    _TAIL_BITS - 1
)  # the top bit stays clear, which leaves room to count up within a millisecond


class UnreadableIdError(ValueError):
    """Not an id; the message says what was given and what was expected."""


def uuid7(milliseconds: int, tail: int) -> UUID:
    """A version 7 UUID (RFC 9562, 5.7) from Unix milliseconds and 74 bits that tell equal moments apart.

    Raises UnreadableIdError for milliseconds outside 48 bits.
    """
    if not 0 <= milliseconds < 1 << 48:
        raise UnreadableIdError(f"{milliseconds} milliseconds do not fit in the 48 bits of a version 7 UUID.")
    tail &= _TAIL_MASK
    high, low = tail >> 62, tail & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


class _Sequence:
    """The ids of one process; they never go back, even if the clock does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self._tail = 0

    def following(self, milliseconds: int) -> UUID:
        with self._lock:
            if milliseconds > self._last:
                self._last = milliseconds
                self._tail = secrets.randbits(_RANDOM_TAIL_BITS)
            else:
                self._tail += 1 + secrets.randbits(32)
                if self._tail > _TAIL_MASK:
                    self._last += 1
                    self._tail = secrets.randbits(_RANDOM_TAIL_BITS)
            return uuid7(self._last, self._tail)


_sequence = _Sequence()


def new_uuid7() -> UUID:
    """A new version 7 UUID, greater than every earlier one of this process."""
    return _sequence.following(time.time_ns() // 1_000_000)


def new_reading_id() -> ReadingId:
    """The id of a reading, made once at the kit and never changed."""
    return ReadingId(new_uuid7())


def parse_id(text: str, what: str) -> UUID:
    """Read an id written with hyphens. `what` names the thing in the error."""
    try:
        identifier = UUID(text)
    except (ValueError, AttributeError, TypeError):
        raise UnreadableIdError(f"{text!r:.60} is not the id of a {what}: expected a UUID.") from None
    if str(identifier) != text.lower():
        raise UnreadableIdError(f"{text!r:.60} is not the id of a {what}: expected the form {identifier}.")
    return identifier


def parse_kit_id(text: str) -> KitId:
    """Read a kit's id, as in topics and client ids."""
    return KitId(parse_id(text, "kit"))
