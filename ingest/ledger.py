"""The books of each kit: what it sent is stored, in quarantine, or still on the kit.

Guards: books are compared as sets of ids. Counts could agree by accident.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

import psycopg


@dataclass(frozen=True, slots=True)
class KitLedger:
    """What the platform holds of one kit."""

    kit_id: UUID
    stored: int
    quarantined: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class Compared:
    """A kit's own ledger compared with the platform's. `missing`: ids that only the kit's ledger has."""

    stored: frozenset[UUID]
    quarantined: frozenset[UUID]
    missing: frozenset[UUID]


# A quarantined reading that was replayed, or that conflicts with a stored one, counts once, as stored.
_LEDGER: LiteralString = """
SELECT kit.kit_id,
    (SELECT count(*) FROM ingest.seen WHERE seen.kit_id = kit.kit_id),
    (SELECT count(DISTINCT reading_id) FROM ingest.quarantine kept
        WHERE kept.kit_id = kit.kit_id AND kept.reading_id IS NOT NULL AND kept.replayed_at IS NULL
          AND NOT EXISTS (SELECT FROM ingest.seen
                          WHERE seen.kit_id = kept.kit_id AND seen.reading_id = kept.reading_id)),
    (SELECT count(*) FROM ingest.quarantine kept
        WHERE kept.kit_id = kit.kit_id AND kept.reading_id IS NULL AND kept.replayed_at IS NULL)
FROM devices.kit WHERE kit.kind = 'kit' ORDER BY kit.kit_id
"""
_STORED: LiteralString = "SELECT reading_id FROM ingest.seen WHERE kit_id = %s AND reading_id = ANY (%s)"
_QUARANTINED: LiteralString = """
SELECT DISTINCT reading_id FROM ingest.quarantine WHERE kit_id = %s AND reading_id = ANY (%s)
"""
_KEPT_UNREAD: LiteralString = """
SELECT payload_sha256 FROM ingest.quarantine
WHERE kit_id = %s AND reading_id IS NULL AND payload_sha256 = ANY (%s)
"""


def ledgers(conn: psycopg.Connection) -> list[KitLedger]:
    """The platform's side of every kit's books."""
    return [KitLedger(*row) for row in conn.execute(_LEDGER).fetchall()]


def kept_unread(conn: psycopg.Connection, kit_id: UUID, digests: Collection[bytes]) -> frozenset[bytes]:
    """Which of these items (SHA-256) of a kit are in quarantine without a legible reading id."""
    return frozenset(bytes(row[0]) for row in conn.execute(_KEPT_UNREAD, (kit_id, list(digests))))


def compare(conn: psycopg.Connection, kit_id: UUID, sent: Collection[UUID]) -> Compared:
    """Compare a kit's own ledger with what is stored here, id by id."""
    ids = list(sent)
    stored = frozenset(row[0] for row in conn.execute(_STORED, (kit_id, ids)))
    quarantined = frozenset(row[0] for row in conn.execute(_QUARANTINED, (kit_id, ids))) - stored
    return Compared(stored, quarantined, frozenset(sent) - stored - quarantined)
