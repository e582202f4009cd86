"""When each process last did its work, so that silence of the platform is not taken for health of the residents.

Guards: a beat means work that can be done, not a process that exists: ingest beats only while the broker and the
database are both there, the scheduler only after its clocks have run.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import LiteralString

import psycopg

QUIET_AFTER = timedelta(seconds=45)
"""Longer than any pause between two beats of a process that works."""


class Beating(StrEnum):
    """The processes that nobody would miss at once."""

    INGEST = "ingest"
    SCHEDULER = "scheduler"


_BEAT: LiteralString = """
INSERT INTO ingest.heartbeat (process, beat_at) VALUES (%s, %s)
ON CONFLICT (process) DO UPDATE SET beat_at = greatest(heartbeat.beat_at, EXCLUDED.beat_at)
"""
_BEATS: LiteralString = "SELECT process, beat_at FROM ingest.heartbeat"


def beat(conn: psycopg.Connection, process: Beating, at: datetime) -> None:
    """Note that this process could do its work just now."""
    conn.execute(_BEAT, (process, at))


def quiet(conn: psycopg.Connection, at: datetime) -> dict[Beating, datetime | None]:
    """The processes that have stopped working, with when each was last known to; None is never."""
    beats = dict(conn.execute(_BEATS).fetchall())
    return {
        one: beats.get(one) for one in Beating if (last := beats.get(one)) is None or last < at - QUIET_AFTER
    }
