"""Copies new readings into the database, and reads the stored ones that a late reading affects.

Guards: only new readings are copied in, and nothing changes them afterwards.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from ingest import quality
from ingest.arrival import KnownReading, NewReading, ReadingKey
from ingest.storage import rows, whose
from ingest.storage.rows import SIGNS

_COPY: LiteralString = "COPY ingest.reading (" + rows.COLUMNS + ") FROM STDIN (FORMAT BINARY)"
_SAID: LiteralString = """
       respiration_rate, spo2, on_oxygen, systolic, diastolic, pulse, consciousness, temperature, not_obtained,
       unusable, coalesce((observations ->> 'clock_slow_by_s')::double precision, 0)
"""
_HISTORY: LiteralString = (
    "SELECT reading.kit_id, reading.reading_id, reading.resident_id, reading.effective_at, reading.arrival_number,"
    + _SAID
    + whose.AS_STORED
    + "UNION ALL SELECT reading.kit_id, reading.reading_id, corrected.resident_id, reading.effective_at,"
    + " corrected.arrival_number,"
    + _SAID
    + whose.AS_CORRECTED
)
# As doubles: each resident has many values, which are only ordered and counted.
_MEASURED: LiteralString = """
       respiration_rate::float8, spo2::float8, systolic::float8, diastolic::float8, pulse::float8, temperature::float8
"""
_QUANTITIES: LiteralString = (
    "SELECT reading.resident_id, reading.kit_id, reading.reading_id, reading.effective_at, reading.arrival_number,"
    + _MEASURED
    + whose.AS_STORED
    + "UNION ALL SELECT corrected.resident_id, reading.kit_id, reading.reading_id, reading.effective_at,"
    + " corrected.arrival_number,"
    + _MEASURED
    + whose.AS_CORRECTED
)
_EPOCH: LiteralString = "SELECT ingest.epoch()"


def epoch(conn: psycopg.Connection) -> UUID:
    """The database's epoch: it changes after a failover, a restore or a declared restore."""
    row = conn.execute(_EPOCH).fetchone()
    if row is None:
        raise RuntimeError("The database did not say which epoch it is in.")
    return row[0]


def copy(conn: psycopg.Connection, readings: Sequence[NewReading]) -> None:
    """Append readings; nothing ever changes them afterwards."""
    with conn.cursor() as cursor, cursor.copy(_COPY) as copying:
        copying.set_types(rows.TYPES)
        for reading in readings:
            copying.write_row(rows.row(reading))


def history(
    conn: psycopg.Connection, wanted: Mapping[UUID, Sequence[datetime]], window: timedelta
) -> list[KnownReading]:
    """Stored readings within `window` of any of these moments, before or after, per resident."""
    known: dict[ReadingKey, KnownReading] = {}
    for residents, start, end in _spans(wanted, window, window):
        span = {"residents": residents, "since": start, "until": end}
        for row in planned_for(conn, _HISTORY, span):
            reading = _known(row)
            known[reading.key] = reading
    return list(known.values())


def quantities(
    conn: psycopg.Connection, wanted: Mapping[UUID, Sequence[datetime]], before: timedelta
) -> list[tuple[Any, ...]]:
    """What was measured within `before` ahead of any of these moments, per resident, once each.

    A row holds resident, kit, reading, effective time, arrival number, and the values as `_MEASURED`.
    """
    found: dict[ReadingKey, tuple[Any, ...]] = {}
    for residents, start, end in _spans(wanted, before, timedelta(0)):
        span = {"residents": residents, "since": start, "until": end}
        found |= {(row[1], row[2]): row for row in planned_for(conn, _QUANTITIES, span)}
    return list(found.values())


def planned_for(
    conn: psycopg.Connection, query: LiteralString, values: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """Run a query with its values in the text: a plan made for any values would read every chunk."""
    with psycopg.ClientCursor(conn) as cursor:
        return cursor.execute(query, values).fetchall()


def _spans(
    wanted: Mapping[UUID, Sequence[datetime]], before: timedelta, after: timedelta
) -> list[tuple[list[UUID], datetime, datetime]]:
    """Periods that do not overlap, with their residents: one query each, over few chunks."""
    moments = sorted((moment, resident) for resident, times in wanted.items() for moment in times)
    spans: list[tuple[list[UUID], datetime, datetime]] = []
    for moment, resident in moments:
        if spans and moment - before <= spans[-1][2]:
            residents, start, _ = spans[-1]
            spans[-1] = ([*residents, resident], start, moment + after)
        else:
            spans.append(([resident], moment - before, moment + after))
    return [(sorted(set(residents)), start, end) for residents, start, end in spans]


def _known(row: tuple[Any, ...]) -> KnownReading:
    (
        kit_id,
        reading_id,
        resident_id,
        effective_at,
        arrival_number,
        *values,
        not_obtained,
        unusable,
        slow_by,
    ) = row
    return KnownReading(
        kit_id=kit_id,
        reading_id=reading_id,
        resident_id=resident_id,
        effective_at=effective_at,
        arrival_number=arrival_number,
        values={sign: value for sign, value in zip(SIGNS, values, strict=True) if value is not None},
        cleared=quality.cleared(not_obtained or (), unusable or ()),
        clock_slow_by=timedelta(seconds=slow_by),
    )
