"""The hash chain over the audit's events: each link covers the link before it and one event.

Guards: a changed, removed, inserted or reordered event changes every later link. Two different events never have the
same encoding.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

GENESIS = bytes(32)


def digest_of(event: Sequence[object]) -> bytes:
    """Return the SHA-256 over an event's columns, each prefixed with its length."""
    hashed = hashlib.sha256()
    for value in event:
        text = _bytes(value)
        hashed.update(b"-" if text is None else len(text).to_bytes(4, "big") + text)
    return hashed.digest()


def link(previous: bytes, digest: bytes) -> bytes:
    """Return the link after `previous`."""
    return hashlib.sha256(previous + digest).digest()


def links(previous: bytes, digests: Iterable[bytes]) -> Iterator[bytes]:
    """Return the links after `previous`, one for each digest."""
    for digest in digests:
        previous = link(previous, digest)
        yield previous


def _bytes(value: object) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().encode()
    return value if isinstance(value, bytes) else str(value).encode()
