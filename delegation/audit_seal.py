"""Append the committed audit events to the chain, with one sealer at a time.

Guards: writers never wait for the sealer. Each event is sealed once; an event that commits after a later one was sealed
goes into the next seal. Each seal records up to which event nothing is left to seal, so the next one reads about an
hour of events instead of years.
"""

from datetime import datetime
from typing import LiteralString

import psycopg

from delegation.audit_chain import GENESIS, digest_of, links
from delegation.audit_walk import LONGEST_TRANSACTION

_ONE_SEALER: LiteralString = "SELECT pg_advisory_xact_lock(hashtext('delegation.audit.seal'))"
# The order of these columns is the order in which an event is digested.
_UNSEALED: LiteralString = """
SELECT audit_id, at, actor, role, purpose, action, subject, resident_id, request_id, text_digest, written_at
FROM delegation.audit_event event
WHERE audit_id > %(settled)s
  AND NOT EXISTS (SELECT FROM delegation.audit_sealed_event sealed
                  WHERE sealed.audit_id = event.audit_id AND sealed.audit_id > %(settled)s)
ORDER BY audit_id LIMIT %(most)s
"""
_LAST_SEAL: LiteralString = (
    "SELECT seal_id, root, settled FROM delegation.audit_seal ORDER BY seal_id DESC LIMIT 1"
)
_SEALED_LONG_AGO: LiteralString = """
SELECT max(audit_id) FROM delegation.audit_sealed_event
WHERE seal_id = (SELECT max(seal_id) FROM delegation.audit_seal WHERE sealed_at < %s)
"""
_SEAL: LiteralString = """
INSERT INTO delegation.audit_seal (seal_id, sealed_at, previous, root, settled) VALUES (%s, %s, %s, %s, %s)
"""
_SEALED: LiteralString = """
INSERT INTO delegation.audit_sealed_event (audit_id, seal_id, digest, link) VALUES (%s, %s, %s, %s)
"""


def seal(conn: psycopg.Connection, at: datetime, most: int = 10_000) -> int:
    """Seal the committed events that are not sealed yet; return how many there were."""
    conn.execute(_ONE_SEALER)
    last, previous, settled = conn.execute(_LAST_SEAL).fetchone() or (0, GENESIS, 0)
    events = conn.execute(_UNSEALED, {"settled": settled, "most": most}).fetchall()
    if not events:
        return 0
    if len(events) < most:
        settled = max(settled, _settled(conn, at))
    digests = [digest_of(event) for event in events]
    chain = list(links(previous, digests))
    conn.execute(_SEAL, (last + 1, at, previous, chain[-1], settled))
    with conn.cursor() as cursor:
        rows = zip((event[0] for event in events), digests, chain, strict=True)
        cursor.executemany(_SEALED, [(audit_id, last + 1, digest, link) for audit_id, digest, link in rows])
    return len(events)


def _settled(conn: psycopg.Connection, at: datetime) -> int:
    """Return the last event up to which everything is sealed, once all visible events are.

    An unseen event with a lower number than one sealed over LONGEST_TRANSACTION ago was rolled back.
    """
    row = conn.execute(_SEALED_LONG_AGO, (at - LONGEST_TRANSACTION,)).fetchone()
    return row[0] or 0 if row else 0
