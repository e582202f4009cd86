"""Who did what to whose record, in rows that cannot be changed unseen.

Guards: no event without an actor; writers never wait for the chain, which one sealer appends to afterwards
over whatever has committed; free text lies beside its event under a salted digest, so erasing the words
leaves the chain whole.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString
from uuid import UUID

import psycopg

from delegation.people import Actor, Process

GENESIS = bytes(32)


class NoActorError(ValueError):
    """An audit event was written by nobody."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Where the sealed record and the rows part ways."""

    audit_id: int | None
    seal_id: int
    what: str


_RECORD: LiteralString = """
INSERT INTO delegation.audit_event (at, actor, role, action, subject, resident_id, request_id, text_digest)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
# The id was given a moment ago in this session: RETURNING would need the right to read events back.
_WORDS: LiteralString = """
INSERT INTO delegation.audit_text (audit_id, salt, words)
VALUES (currval('delegation.audit_event_audit_id_seq'), %s, %s)
"""
_ONE_SEALER: LiteralString = "SELECT pg_advisory_xact_lock(hashtext('delegation.audit.seal'))"
_UNSEALED: LiteralString = """
SELECT audit_id, at, actor, role, action, subject, resident_id, request_id, text_digest, written_at
FROM delegation.audit_event event
WHERE NOT EXISTS (SELECT FROM delegation.audit_sealed_event sealed WHERE sealed.audit_id = event.audit_id)
ORDER BY audit_id LIMIT %s
"""
_LAST_SEAL: LiteralString = "SELECT seal_id, root FROM delegation.audit_seal ORDER BY seal_id DESC LIMIT 1"
_SEAL: LiteralString = """
INSERT INTO delegation.audit_seal (seal_id, sealed_at, previous, root) VALUES (%s, %s, %s, %s)
"""
_SEALED: LiteralString = """
INSERT INTO delegation.audit_sealed_event (audit_id, seal_id, digest) VALUES (%s, %s, %s)
"""
_SEALS: LiteralString = "SELECT seal_id, previous, root FROM delegation.audit_seal ORDER BY seal_id"
_SEALED_BY: LiteralString = """
SELECT sealed.digest, sealed.audit_id,
       at, actor, role, action, subject, resident_id, request_id, text_digest, written_at
FROM delegation.audit_sealed_event sealed LEFT JOIN delegation.audit_event USING (audit_id)
WHERE sealed.seal_id = %s ORDER BY sealed.audit_id
"""
# Words that are gone were erased, which is nobody's fault; words that do not fit their digest were tampered with.
_SEALED_WORDS: LiteralString = """
SELECT audit_id, seal_id, text_digest, salt, words
FROM delegation.audit_text
JOIN delegation.audit_event USING (audit_id)
JOIN delegation.audit_sealed_event USING (audit_id)
ORDER BY audit_id
"""


def record(
    conn: psycopg.Connection,
    actor: Actor | Process | None,
    action: str,
    subject: str,
    *,
    at: datetime,
    resident_id: UUID | None = None,
    request_id: str | None = None,
    words: str | None = None,
) -> None:
    """Write one event in the caller's transaction. Raises NoActorError without an actor.

    `at` is the caller's word; the database writes down its own time beside it.
    """
    if actor is None:
        raise NoActorError("Nothing may be done to a record by nobody: name the actor.")
    role = ",".join(sorted({held.role for held in actor.roles})) if isinstance(actor, Actor) else None
    salt = secrets.token_bytes(16) if words is not None else None
    digest = _salted(salt, words) if salt and words is not None else None
    conn.execute(_RECORD, (at, str(actor), role, action, subject, resident_id, request_id, digest))
    if words is not None:
        conn.execute(_WORDS, (salt, words))


def seal(conn: psycopg.Connection, at: datetime, most: int = 10_000) -> int:
    """Seal what has committed and is not sealed yet; returns how many events that was."""
    conn.execute(_ONE_SEALER)
    events = conn.execute(_UNSEALED, (most,)).fetchall()
    if not events:
        return 0
    seal_id, previous = conn.execute(_LAST_SEAL).fetchone() or (0, GENESIS)
    digests = [_digest(event) for event in events]
    conn.execute(_SEAL, (seal_id + 1, at, previous, _root(previous, digests)))
    with conn.cursor() as cursor:
        cursor.executemany(
            _SEALED, [(event[0], seal_id + 1, digest) for event, digest in zip(events, digests, strict=True)]
        )
    return len(events)


def verify(conn: psycopg.Connection) -> list[Broken]:
    """Every place where a sealed event or its words were changed, removed or reordered, or a seal does not follow.

    For the database's owner: no process may read the words.
    """
    broken: list[Broken] = []
    expected = GENESIS
    for seal_id, previous, root in conn.execute(_SEALS).fetchall():
        if previous != expected:
            broken.append(Broken(None, seal_id, "does not follow the seal before it"))
        rows = conn.execute(_SEALED_BY, (seal_id,)).fetchall()
        for digest, audit_id, *event in rows:
            if event[0] is None:
                broken.append(Broken(audit_id, seal_id, "was removed"))
            elif _digest((audit_id, *event)) != digest:
                broken.append(Broken(audit_id, seal_id, "was changed"))
        if _root(previous, [row[0] for row in rows]) != root:
            broken.append(Broken(None, seal_id, "does not cover the events it sealed"))
        expected = root
    for audit_id, seal_id, digest, salt, words in conn.execute(_SEALED_WORDS):
        if _salted(salt, words) != digest:
            broken.append(Broken(audit_id, seal_id, "has other words than were written"))
    return broken


def _salted(salt: bytes, words: str) -> bytes:
    return hashlib.sha256(salt + words.encode()).digest()


def _digest(event: Sequence[object]) -> bytes:
    """SHA-256 over the event's columns, each with its length, so that no two events read alike."""
    hashed = hashlib.sha256()
    for value in event:
        text = _bytes(value)
        hashed.update(b"-" if text is None else len(text).to_bytes(4, "big") + text)
    return hashed.digest()


def _bytes(value: object) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().encode()
    return value if isinstance(value, bytes) else str(value).encode()


def _root(previous: bytes, digests: Sequence[bytes]) -> bytes:
    return hashlib.sha256(previous + b"".join(digests)).digest()
