"""Words from the platform to kits, in the database until they are sent.

Guards: claimed with a lease, sent, then marked: at least once, never marked first; only by a worker that hears the kit.
"""

import json
from collections.abc import Callable, Collection
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
WITH waiting AS (
    SELECT outbox_id, partition FROM ingest.outbox JOIN devices.kit USING (kit_id)
    WHERE sent_at IS NULL AND (leased_until IS NULL OR leased_until < %(at)s)
      AND partition = ANY (%(heard)s) AND revoked_at IS NULL AND kind = 'kit'
    ORDER BY outbox_id LIMIT 100 FOR UPDATE OF outbox SKIP LOCKED)
UPDATE ingest.outbox held SET leased_until = %(lease)s
FROM waiting WHERE held.outbox_id = waiting.outbox_id
RETURNING held.outbox_id, held.kit_id, waiting.partition, held.leaf, held.payload
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
    conn: psycopg.Connection, publish: Callable[[str, bytes], None], heard: Collection[int], at: datetime
) -> int:
    """Publish what waits for kits of these partitions; the connection must be in autocommit.

    Only those that are heard now: without a broker the words would be marked as sent and lie in memory.
    """
    if not heard:
        return 0
    wanted = {"lease": at + _LEASE, "at": at, "heard": sorted(heard)}
    claimed = conn.execute(_CLAIM, wanted).fetchall()
    for _, kit_id, partition, leaf, payload in claimed:
        publish(topic(partition, KitId(kit_id), Leaf(leaf)), json.dumps(payload).encode())
    if claimed:
        conn.execute(_SENT, (at, [outbox_id for outbox_id, *_ in claimed]))
    return len(claimed)
