"""Where what cannot be understood is kept, shown and replayable.

Guards: nothing that arrived is thrown away, and a resend of the same bytes is counted, not kept twice.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg

from devices.reading import Unreadable, encode_one
from ingest.arrival import Arrival

MAX_KEPT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is in quarantine: `told` is what the receipt says, which may be less."""

    code: str
    detail: str
    told: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One row of the quarantine."""

    quarantine_id: int
    kit_id: UUID | None
    reading_id: UUID | None
    topic: str
    payload: bytes
    reason: str
    detail: str
    arrived_at: datetime
    last_arrived_at: datetime
    deliveries: int
    replayed_at: datetime | None
    replay_outcome: str | None


_KEEP: LiteralString = """
INSERT INTO ingest.quarantine
    (kit_id, reading_id, topic, payload, payload_sha256, reason, detail, arrived_at, last_arrived_at)
VALUES (%(kit)s, %(reading)s, %(topic)s, %(payload)s, %(sha256)s, %(reason)s, %(detail)s, %(at)s, %(at)s)
ON CONFLICT (coalesce(kit_id, '00000000-0000-0000-0000-000000000000'), payload_sha256)
DO UPDATE SET
    last_arrived_at = greatest(quarantine.last_arrived_at, EXCLUDED.last_arrived_at),
    deliveries = quarantine.deliveries + 1
"""
_LIST: LiteralString = """
SELECT quarantine_id, kit_id, reading_id, topic, payload, reason, detail, arrived_at, last_arrived_at, deliveries,
       replayed_at, replay_outcome
FROM ingest.quarantine
WHERE quarantine_id > %s AND (NOT %s OR replayed_at IS NULL)
ORDER BY quarantine_id LIMIT %s
"""
_LOCK: LiteralString = "SELECT replay_outcome FROM ingest.quarantine WHERE quarantine_id = %s FOR UPDATE"
_REPLAYED: LiteralString = """
UPDATE ingest.quarantine SET replayed_at = %s, replay_outcome = %s WHERE quarantine_id = %s
"""


def raw_bytes(arrival: Arrival) -> bytes:
    """What arrived, as it is kept: an item of an array is kept by itself."""
    return arrival.item.raw if isinstance(arrival.item, Unreadable) else encode_one(arrival.item)


def digest(arrival: Arrival) -> bytes:
    """What a receipt names where no reading id could be read."""
    if isinstance(arrival.item, Unreadable):
        return arrival.item.sha256
    return hashlib.sha256(raw_bytes(arrival)).digest()


def keep(conn: psycopg.Connection, arrivals: Iterable[tuple[Arrival, Reason]]) -> None:
    """Put these away, in one order for all workers."""
    rows = [
        {
            "kit": arrival.kit_id,
            "reading": arrival.item.reading_id,
            "topic": arrival.topic[:500].replace("\0", "\ufffd"),
            "payload": raw_bytes(arrival)[:MAX_KEPT],
            "sha256": digest(arrival),
            "reason": reason.code,
            "detail": reason.detail[:2000].replace("\0", "\ufffd"),
            "at": arrival.arrived_at,
        }
        for arrival, reason in arrivals
    ]
    if rows:
        rows.sort(key=lambda row: (str(row["kit"]), row["sha256"]))
        with conn.cursor() as cursor:
            cursor.executemany(_KEEP, rows)


def listed(
    conn: psycopg.Connection, *, after: int = 0, waiting_only: bool = True, most: int = 100
) -> list[Quarantined]:
    """What is in quarantine, oldest first; `after` is the last id of the page before."""
    return [Quarantined(*row) for row in conn.execute(_LIST, (after, waiting_only, most)).fetchall()]


def locked(conn: psycopg.Connection, quarantine_id: int) -> str | None:
    """Lock one row; what came of trying it again, None where nobody did. Raises LookupError for no such row."""
    row = conn.execute(_LOCK, (quarantine_id,)).fetchone()
    if row is None:
        raise LookupError(f"There is no number {quarantine_id} in quarantine.")
    return row[0]


def mark_replayed(conn: psycopg.Connection, quarantine_id: int, outcome: str, at: datetime) -> None:
    """Note what came of trying again."""
    conn.execute(_REPLAYED, (at, outcome, quarantine_id))
