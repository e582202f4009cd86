"""When each process last did its work, so that silence of the platform is not taken for health of the residents.

Guards: a beat means work that can be done, not a process that exists: ingest beats only while the broker and the
database are both there, the scheduler only after its clocks have run.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import LiteralString

import psycopg


class Beating(StrEnum):
    """The processes that nobody would miss at once."""

    INGEST = "ingest"
    SCHEDULER = "scheduler"


QUIET_AFTER: Mapping[Beating, timedelta] = MappingProxyType(
    {Beating.INGEST: timedelta(seconds=6), Beating.SCHEDULER: timedelta(seconds=45)}
)
"""Longer than any pause between two beats of a process that works.

Ingest beats every second, between two batches: a batch of a thousand readings on a busy machine with two cores takes
one or two, so six in a row are missed only by what has stopped, or cannot store anything. The scheduler beats every ten
seconds, after its clocks have run, and nothing it raises is due sooner than in minutes. Their hosts' clocks and the
api's must agree to a second or two.
"""


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
        one: last
        for one, patience in QUIET_AFTER.items()
        if (last := beats.get(one)) is None or last < at - patience
    }
