"""Recompute the audit's chain from its rows, and count what is not sealed yet.

Guards: rows are read a few at a time, and nothing is changed. Only the database's owner can run this, because no
process may read the words. If the owner rewrote the whole chain, only a signed head kept elsewhere reveals it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import LiteralString

import psycopg

from delegation.audit import salted
from delegation.audit_walk import Broken, Head, Walk

MOST_NAMED = 100
_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Verified:
    """The result of a walk. `broken` names the first hundred faults; `faults` counts them all."""

    events: int
    seals: int
    heads: int
    faults: int
    broken: tuple[Broken, ...]
    unsealed: int
    unsealed_since: datetime | None


# Each seal comes after its events.
_CHAIN: LiteralString = """
SELECT sealed.seal_id, false AS is_seal, sealed.digest, sealed.link, sealed.audit_id,
       at, actor, role, purpose, action, subject, resident_id, request_id, text_digest, written_at
FROM delegation.audit_sealed_event sealed LEFT JOIN delegation.audit_event USING (audit_id)
UNION ALL
SELECT seal_id, true, previous, root, settled, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM delegation.audit_seal
ORDER BY seal_id, is_seal, audit_id
"""
# Missing words were erased, which is no fault. Words that do not match their digest were tampered with.
_WORDS: LiteralString = """
SELECT audit_id, seal_id, text_digest, salt, words
FROM delegation.audit_text
JOIN delegation.audit_event USING (audit_id)
LEFT JOIN delegation.audit_sealed_event USING (audit_id)
ORDER BY audit_id
"""
_IS_HIDDEN: LiteralString = """
SELECT row_security_active('delegation.audit_event') OR row_security_active('delegation.audit_seal')
    OR row_security_active('delegation.audit_sealed_event') OR row_security_active('delegation.audit_text')
"""
_UNSEALED: LiteralString = """
SELECT count(*), min(written_at) FROM delegation.audit_event event
WHERE NOT EXISTS (SELECT FROM delegation.audit_sealed_event sealed WHERE sealed.audit_id = event.audit_id)
"""


def is_hidden(conn: psycopg.Connection) -> bool:
    """Return whether row-level security hides rows from this user; the hidden part must not be reported as whole."""
    row = conn.execute(_IS_HIDDEN).fetchone()
    return row is None or row[0]


def verify(conn: psycopg.Connection, heads: Sequence[Head] = ()) -> Verified:
    """Find sealed events and words that were changed, removed, inserted or reordered, and heads that do not fit."""
    walk = Walk(heads)
    with conn.transaction():
        faults = _faults(conn, walk)
        broken = tuple(islice(faults, MOST_NAMED))
        more = sum(1 for _ in faults)
        row = conn.execute(_UNSEALED).fetchone()
    unsealed, since = row or (0, None)
    return Verified(walk.events, walk.seals, len(heads), len(broken) + more, broken, unsealed, since)


def _faults(conn: psycopg.Connection, walk: Walk) -> Iterator[Broken]:
    for seal_id, is_seal, one, two, *event in _streamed(conn, "audit_chain", _CHAIN):
        yield from walk.seal(seal_id, one, two, event[0]) if is_seal else walk.event(seal_id, one, two, event)
    yield from walk.end()
    for audit_id, seal_id, digest, salt, words in _streamed(conn, "audit_words", _WORDS):
        if salted(salt, words) != digest:
            yield Broken(audit_id, seal_id, "has other words than were written")


def _streamed(conn: psycopg.Connection, name: str, query: LiteralString) -> Iterator[tuple]:
    with conn.cursor(name) as cursor:
        cursor.itersize = _AT_ONCE
        yield from cursor.execute(query)
