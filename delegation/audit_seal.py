"""Seals what has been written: one sealer appends the committed events to the chain.

Guards: writers never wait for it; an event that commits after a later one was sealed is sealed next; each once.
"""

from datetime import datetime
from typing import LiteralString

import psycopg

from delegation.audit_chain import GENESIS, digest_of, links

_ONE_SEALER: LiteralString = "SELECT pg_advisory_xact_lock(hashtext('delegation.audit.seal'))"
# The columns in the order in which an event is digested.
_UNSEALED: LiteralString = """
SELECT audit_id, at, actor, role, purpose, action, subject, resident_id, request_id, text_digest, written_at
FROM delegation.audit_event event
WHERE NOT EXISTS (SELECT FROM delegation.audit_sealed_event sealed WHERE sealed.audit_id = event.audit_id)
ORDER BY audit_id LIMIT %s
"""
_LAST_SEAL: LiteralString = "SELECT seal_id, root FROM delegation.audit_seal ORDER BY seal_id DESC LIMIT 1"
_SEAL: LiteralString = """
INSERT INTO delegation.audit_seal (seal_id, sealed_at, previous, root) VALUES (%s, %s, %s, %s)
"""
_SEALED: LiteralString = """
INSERT INTO delegation.audit_sealed_event (audit_id, seal_id, digest, link) VALUES (%s, %s, %s, %s)
"""


def seal(conn: psycopg.Connection, at: datetime, most: int = 10_000) -> int:
    """Seal what has committed and is not sealed yet; returns how many events that was."""
    conn.execute(_ONE_SEALER)
    events = conn.execute(_UNSEALED, (most,)).fetchall()
    if not events:
        return 0
    last, previous = conn.execute(_LAST_SEAL).fetchone() or (0, GENESIS)
    digests = [digest_of(event) for event in events]
    chain = list(links(previous, digests))
    conn.execute(_SEAL, (last + 1, at, previous, chain[-1]))
    with conn.cursor() as cursor:
        rows = zip((event[0] for event in events), digests, chain, strict=True)
        cursor.executemany(_SEALED, [(audit_id, last + 1, digest, link) for audit_id, digest, link in rows])
    return len(events)
