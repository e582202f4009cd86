"""The rows that say which workers are at work and which partitions they hold; they expire by themselves.

Guards: all times are the database's, so workers' clocks need not agree. A lease only keeps workers out of each other's
way. If two work on one partition, identities and residents' locks still prevent loss and double storage.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import LiteralString

import psycopg

from ingest.worker.sharing import Roll

EXPIRES_AFTER = timedelta(seconds=4)
"""A worker renews every second, between two batches, one of which may take two: a longer silence means it has stopped.

Another worker then takes over before anybody is told that nothing comes in (`heartbeat.QUIET_AFTER`).
"""

_RENEW: LiteralString = """
INSERT INTO ingest.worker (worker, works_until) VALUES (%s, statement_timestamp() + %s)
ON CONFLICT (worker) DO UPDATE SET works_until = EXCLUDED.works_until
"""
_FORGOTTEN_AFTER = timedelta(days=1)
_FORGET: LiteralString = "DELETE FROM ingest.worker WHERE works_until < statement_timestamp() - %s"
_ROLL: LiteralString = """
SELECT worker, coalesce(array_agg(partition ORDER BY partition) FILTER (WHERE partition IS NOT NULL), '{}')
FROM ingest.worker LEFT JOIN ingest.partition_lease USING (worker)
WHERE works_until > statement_timestamp()
GROUP BY worker
"""
_TAKE: LiteralString = """
INSERT INTO ingest.partition_lease AS held (partition, worker, taken_at)
SELECT partition, %s, statement_timestamp() FROM unnest(%s::smallint[]) AS wanted (partition) ORDER BY partition
ON CONFLICT (partition) DO UPDATE SET worker = EXCLUDED.worker, taken_at = EXCLUDED.taken_at
WHERE NOT EXISTS (SELECT FROM ingest.worker other
                  WHERE other.worker = held.worker AND other.works_until > statement_timestamp())
RETURNING partition
"""
_RELEASE: LiteralString = "DELETE FROM ingest.partition_lease WHERE worker = %s AND partition = ANY (%s)"
_LEAVE: LiteralString = "DELETE FROM ingest.worker WHERE worker = %s"


def renew(conn: psycopg.Connection, worker: str) -> None:
    """Renew this worker's hold on everything it has."""
    conn.execute(_RENEW, (worker, EXPIRES_AFTER))


def forget(conn: psycopg.Connection) -> int:
    """Forget workers that have been silent for a day, with their leases. Return how many."""
    return conn.execute(_FORGET, (_FORGOTTEN_AFTER,)).rowcount


def roll(conn: psycopg.Connection) -> Roll:
    """The workers at work, and the partitions they hold."""
    rows = conn.execute(_ROLL).fetchall()
    holders = {partition: worker for worker, partitions in rows for partition in partitions}
    return Roll(frozenset(worker for worker, _ in rows), holders)


def take(conn: psycopg.Connection, worker: str, partitions: Collection[int]) -> frozenset[int]:
    """Take those of these partitions that no working worker holds, and return the ones taken."""
    if not partitions:
        return frozenset()
    return frozenset(one for (one,) in conn.execute(_TAKE, (worker, sorted(partitions))).fetchall())


def release(conn: psycopg.Connection, worker: str, partitions: Collection[int]) -> None:
    """Release these partitions."""
    if partitions:
        conn.execute(_RELEASE, (worker, sorted(partitions)))


def leave(conn: psycopg.Connection, worker: str) -> None:
    """Release everything: this worker stops."""
    conn.execute(_LEAVE, (worker,))
