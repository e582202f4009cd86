"""How much of each sender's unreadable messages is kept per day.

Guards: no kit and no crowd of unknown senders can fill the disk. A message beyond the quota leaves its digest, length,
reason and beginning, and delays nothing else.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import LiteralString
from uuid import UUID

import psycopg

KEPT_A_DAY = 8 * 1024 * 1024
"""Bytes for each enrolled kit, lent or not, and for all strangers together: some ten thousand readings."""
BEGINNING = 256
STRANGERS = UUID(int=0)

# The row is the lock: workers that refuse messages of the same sender take turns.
_USED: LiteralString = """
INSERT INTO ingest.quarantine_quota (sender, day, bytes) VALUES (%s, %s, 0)
ON CONFLICT (sender) DO UPDATE SET
    day = greatest(quarantine_quota.day, EXCLUDED.day),
    bytes = CASE WHEN quarantine_quota.day < EXCLUDED.day THEN 0 ELSE quarantine_quota.bytes END
RETURNING bytes
"""
_USE: LiteralString = "UPDATE ingest.quarantine_quota SET bytes = %s WHERE sender = %s"


def left(conn: psycopg.Connection, senders: Collection[UUID], day: date) -> dict[UUID, int]:
    """How many bytes may still be kept of each sender this day. The rows are locked until the transaction ends."""
    found: dict[UUID, int] = {}
    for sender in sorted(senders):
        row = conn.execute(_USED, (sender, day)).fetchone()
        found[sender] = KEPT_A_DAY - (row[0] if row is not None else 0)
    return found


def note(conn: psycopg.Connection, still_left: Mapping[UUID, int]) -> None:
    """Record what is left now."""
    for sender, bytes_left in still_left.items():
        conn.execute(_USE, (KEPT_A_DAY - bytes_left, sender))
