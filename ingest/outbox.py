"""Words from the platform to kits, in the database until they are sent.

Guards: claimed with a lease, sent, then marked: at least once, never marked first.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from devices.identifiers import KitId
from devices.topics import Leaf, topic

_LEASE = timedelta(seconds=30)

_PUT: LiteralString = """
INSERT INTO ingest.outbox (kit_id, leaf, payload, dedupe_key, created_at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (dedupe_key) DO NOTHING
"""
_CLAIM: LiteralString = """
UPDATE ingest.outbox SET leased_until = %(lease)s
WHERE outbox_id IN (
    SELECT outbox_id FROM ingest.outbox
    WHERE sent_at IS NULL AND (leased_until IS NULL OR leased_until < %(at)s)
    ORDER BY outbox_id LIMIT 100 FOR UPDATE SKIP LOCKED)
RETURNING outbox_id, kit_id, leaf, payload
"""
_SENT: LiteralString = "UPDATE ingest.outbox SET sent_at = %s WHERE outbox_id = ANY (%s)"


def put(
    conn: psycopg.Connection,
    kit_id: UUID,
    leaf: Leaf,
    payload: dict[str, Any],
    *,
    dedupe_key: str,
    at: datetime,
) -> None:
    """Leave words for a kit, once per dedupe key, in the caller's transaction."""
    conn.execute(_PUT, (kit_id, leaf, json.dumps(payload), dedupe_key, at))


def send(
    conn: psycopg.Connection,
    publish: Callable[[str, bytes], None],
    partitions: dict[UUID, int],
    at: datetime,
) -> int:
    """Publish what waits for kits with a known partition; the connection must be in autocommit."""
    claimed = conn.execute(_CLAIM, {"lease": at + _LEASE, "at": at}).fetchall()
    sent: list[int] = []
    for outbox_id, kit_id, leaf, payload in claimed:
        if kit_id in partitions:
            publish(topic(partitions[kit_id], KitId(kit_id), Leaf(leaf)), json.dumps(payload).encode())
            sent.append(outbox_id)
    if sent:
        conn.execute(_SENT, (at, sent))
    return len(sent)
