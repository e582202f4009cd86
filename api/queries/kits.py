"""What an operator watches: kits, their last status, and what of theirs is stored or in quarantine.

Guards: only ids, counts and the names of homes are read; no person and no payload. All kits are counted in one
statement, so at one moment. A reading that was replayed, or conflicts with a stored one, counts once, as stored.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Kit:
    """One kit, with its side of the ledger as it last reported it and ours as it is stored."""

    kit_id: UUID
    kind: str
    partition: int
    enrolled_at: datetime
    revoked_at: datetime | None
    lent: bool
    home_name: str | None
    heard_at: datetime | None
    online: bool | None
    battery: int | None
    outbox_length: int | None
    clock_skew_s: float | None
    sent_seq: int | None
    not_kept_whole: int | None
    let_go: int | None
    disk_full: bool | None
    stored: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """How much of what arrived could not be understood, by reason."""

    reason: str
    payloads: int
    deliveries: int
    waiting: int  # not replayed with success
    newest_at: datetime
    cut: int  # of which only the beginning was kept


MOST = 1000

_KITS: LiteralString = """
SELECT kit.kit_id, kit.kind, kit.partition, kit.enrolled_at, kit.revoked_at,
       EXISTS (SELECT FROM devices.kit_loan loan
               WHERE loan.kit_id = kit.kit_id AND loan.returned_at IS NULL) AS lent, at_home.home_name,
       status.heard_at, status.online, status.battery, status.outbox_length, status.clock_skew_s,
       status.sent_seq, status.not_kept_whole, status.let_go, status.disk_full,
       coalesce(stored.total, 0) AS stored, coalesce(aside.total, 0) AS quarantined
FROM devices.kit
LEFT JOIN devices.kits_at_homes() at_home USING (kit_id)
LEFT JOIN devices.kit_status status USING (kit_id)
LEFT JOIN (SELECT kit_id, count(*) AS total FROM ingest.seen GROUP BY kit_id) stored USING (kit_id)
LEFT JOIN (
    SELECT kept.kit_id, count(DISTINCT kept.reading_id) + count(*) FILTER (WHERE kept.reading_id IS NULL) AS total
    FROM ingest.quarantine kept
    WHERE kept.replayed_at IS NULL
      AND NOT EXISTS (SELECT FROM ingest.seen
                      WHERE seen.kit_id = kept.kit_id AND seen.reading_id = kept.reading_id)
    GROUP BY kept.kit_id
) aside USING (kit_id)
ORDER BY kit.revoked_at IS NOT NULL, kit.kind = 'web', coalesce(status.online, false),
         status.heard_at NULLS FIRST, kit.kit_id
LIMIT %s
"""
_QUARANTINED: LiteralString = """
SELECT reason, count(*) AS payloads, sum(deliveries)::bigint AS deliveries,
       count(*) FILTER (WHERE replayed_at IS NULL) AS waiting, max(last_arrived_at) AS newest_at,
       count(cut_from) AS cut
FROM ingest.quarantine GROUP BY reason ORDER BY newest_at DESC
"""


def kits(conn: psycopg.Connection[Any]) -> list[Kit]:
    """Return every kit, those that are not online first; at most MOST."""
    with conn.cursor(row_factory=class_row(Kit)) as cursor:
        return cursor.execute(_KITS, (MOST,)).fetchall()


def quarantined(conn: psycopg.Connection[Any]) -> list[Quarantined]:
    """Return the quarantine by reason, newest first."""
    with conn.cursor(row_factory=class_row(Quarantined)) as cursor:
        return cursor.execute(_QUARANTINED).fetchall()
