"""Messages from the platform to kits, kept in the database until they are sent.

Guards: a message is claimed with a lease, sent, and marked sent only when the broker has acknowledged it: at least
once. Only a worker that hears the kit sends to it. A message that arrives twice has one id, so the kit shows it once.
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
"""How long the broker may take to acknowledge. After that, the worker that hears the kit sends the message again."""

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
    """Leave a message for a kit, once per dedupe key, in the caller's transaction."""
    conn.execute(_PUT, (kit_id, leaf, json.dumps(payload), dedupe_key, at))


class Post:
    """The messages that one worker gave to the broker and the broker has not acknowledged yet."""

    def __init__(self, publish: Callable[[str, bytes], Callable[[], bool]]) -> None:
        """`publish` returns a function that says whether the broker has acknowledged the message."""
        self._publish = publish
        self._under_way: dict[int, tuple[datetime, Callable[[], bool]]] = {}
        """Each until its lease ends: another worker may then send it."""

    def send(self, conn: psycopg.Connection, heard: Collection[int], at: datetime) -> int:
        """Publish what waits for kits of these partitions. The connection must be in autocommit.

        Only partitions heard now: without a broker the messages would pile up in memory.
        """
        self._mark(conn, at)
        if not heard:
            return 0
        lease = at + _LEASE
        wanted = {"lease": lease, "at": at, "heard": sorted(heard)}
        claimed = conn.execute(_CLAIM, wanted).fetchall()
        for outbox_id, kit_id, partition, leaf, payload in claimed:
            where = topic(partition, KitId(kit_id), Leaf(leaf))
            has_arrived = self._publish(where, json.dumps(payload).encode())
            self._under_way[outbox_id] = (lease, has_arrived)
        return len(claimed)

    def _mark(self, conn: psycopg.Connection, at: datetime) -> None:
        arrived = [outbox_id for outbox_id, (_, has_arrived) in self._under_way.items() if has_arrived()]
        if arrived:
            conn.execute(_SENT, (at, arrived))
        self._under_way = {
            outbox_id: (leased_until, has_arrived)
            for outbox_id, (leased_until, has_arrived) in self._under_way.items()
            if outbox_id not in arrived and at < leased_until
        }
