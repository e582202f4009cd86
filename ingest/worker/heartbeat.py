"""When each process last did its work, so that a platform that has stopped is not taken for residents who are well.

Guards: a beat means that work can be done, not that a process exists. Ingest beats only while it reaches both broker
and database; the scheduler only after its clocks have run. Ingest beats per partition, so one worker's beat does not
hide that another has stopped. A partition that nobody works on is reported, even if that is on purpose.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import LiteralString

import psycopg

from devices.topics import PARTITIONS


class Beating(StrEnum):
    """The processes whose stopping nobody would notice at once."""

    INGEST = "ingest"
    SCHEDULER = "scheduler"


QUIET_AFTER: Mapping[Beating, timedelta] = MappingProxyType(
    {Beating.INGEST: timedelta(seconds=6), Beating.SCHEDULER: timedelta(seconds=45)}
)
"""Longer than any pause between two beats of a process that works.

Ingest beats every second, between two batches. A batch of a thousand readings takes one or two seconds on a busy
machine with two cores, so six missed beats mean that the worker has stopped or cannot store. The scheduler beats every
ten seconds, after its clocks have run, and nothing it raises is due within minutes. The clocks of all hosts, the api's
included, must agree to a second or two.
"""
_BEATS_FOR: Mapping[Beating, range] = MappingProxyType(
    {Beating.INGEST: range(PARTITIONS), Beating.SCHEDULER: range(1)}
)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A process that has stopped working. `partly`: it still works on some partitions."""

    since: datetime | None
    """The oldest last beat among the quiet partitions; None if none ever beat."""
    partly: bool = False


_BEAT: LiteralString = """
INSERT INTO ingest.heartbeat (process, partition, beat_at)
SELECT %s, partition, %s FROM unnest(%s::smallint[]) AS worked_on (partition) ORDER BY partition
ON CONFLICT (process, partition) DO UPDATE SET beat_at = greatest(heartbeat.beat_at, EXCLUDED.beat_at)
"""
_BEATS: LiteralString = "SELECT process, partition, beat_at FROM ingest.heartbeat"


def beat(
    conn: psycopg.Connection, process: Beating, at: datetime, partitions: Iterable[int] | None = None
) -> None:
    """Note that this process could do its work just now, on these partitions or on all."""
    worked_on = _BEATS_FOR[process] if partitions is None else partitions
    conn.execute(_BEAT, (process, at, list(worked_on)))


def quiet(conn: psycopg.Connection, at: datetime) -> dict[Beating, Quiet]:
    """The processes that have stopped working, on all partitions or on some."""
    beats = {(process, partition): beat_at for process, partition, beat_at in conn.execute(_BEATS).fetchall()}
    found: dict[Beating, Quiet] = {}
    for process, patience in QUIET_AFTER.items():
        lasts = [beats.get((process, partition)) for partition in _BEATS_FOR[process]]
        quiet_ones = [last for last in lasts if last is None or last < at - patience]
        if quiet_ones:
            since = min((last for last in quiet_ones if last is not None), default=None)
            found[process] = Quiet(since, partly=len(quiet_ones) < len(lasts))
    return found
