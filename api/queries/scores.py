"""A resident's scores as they stand.

Guards: every query of the hypertable is limited in time. Of a reading's scores, the one caused by the latest arrival
stands. Of readings at one moment, the last to arrive is the newest.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Score:
    """One score, with the value and time that each of its parts rests on."""

    reading_id: UUID
    effective_at: datetime
    scored_at: datetime
    rule_version: str
    spo2_scale: int
    assumed_air: bool
    low: int
    high: int
    red_score: str
    band_low: str
    band_high: str
    complete: bool
    deciding: list[str]
    parts: dict[str, dict[str, Any]]


_SHOWN: LiteralString = """
       reading_id, effective_at, scored_at, rule_version, spo2_scale, assumed_air, low, high, red_score,
       band_low, band_high, complete, deciding, parts
"""
_COLUMNS: LiteralString = _SHOWN + "FROM alerts.visible_score"
_LATEST: LiteralString = (
    "SELECT"
    + _COLUMNS
    + """
WHERE resident_id = %s AND effective_at > %s
ORDER BY effective_at DESC, arrival_number DESC, cause_arrival DESC
LIMIT 1
"""
)
_OF_READING: LiteralString = (
    "SELECT"
    + _COLUMNS
    + """
WHERE resident_id = %s AND effective_at > %s AND reading_id = %s
ORDER BY cause_arrival DESC
LIMIT 1
"""
)
_STANDING: LiteralString = (
    "SELECT DISTINCT ON (effective_at, kit_id, reading_id)"
    + _COLUMNS
    + """
WHERE resident_id = %s AND effective_at > %s
ORDER BY effective_at, kit_id, reading_id, cause_arrival DESC
"""
)
# Bounds meet only where nothing is missing; air may be assumed. A score that no longer stands is no full set.
_NEWEST_FIRST: LiteralString = (
    "SELECT DISTINCT ON (effective_at, kit_id, reading_id) arrival_number,"
    + _COLUMNS
    + """
WHERE resident_id = %s AND effective_at > %s
ORDER BY effective_at DESC, kit_id, reading_id, cause_arrival DESC
"""
)
_LATEST_FULL_SET: LiteralString = (
    "WITH standing AS ("
    + _NEWEST_FIRST
    + """)
SELECT"""
    + _SHOWN
    + """FROM standing WHERE low = high ORDER BY effective_at DESC, low DESC, arrival_number DESC LIMIT 1
"""
)


def latest(conn: psycopg.Connection[Any], resident_id: UUID, since: datetime) -> Score | None:
    """Return the score at the resident's newest moment after `since`."""
    return _one(conn, _LATEST, resident_id, since)


def of_reading(
    conn: psycopg.Connection[Any], resident_id: UUID, since: datetime, reading_id: UUID
) -> Score | None:
    """Return the score at the moment of a reading taken after `since`."""
    return _one(conn, _OF_READING, resident_id, since, reading_id)


def latest_full_set(conn: psycopg.Connection[Any], resident_id: UUID, since: datetime) -> Score | None:
    """Return the newest score after `since` for which nothing was missing."""
    return _one(conn, _LATEST_FULL_SET, resident_id, since)


def standing(conn: psycopg.Connection[Any], resident_id: UUID, since: datetime) -> list[Score]:
    """Return the score of every reading after `since` as it stands now, oldest first."""
    with conn.cursor(row_factory=class_row(Score)) as cursor:
        return cursor.execute(_STANDING, (resident_id, since)).fetchall()


def _one(conn: psycopg.Connection[Any], query: LiteralString, *wanted: UUID | datetime) -> Score | None:
    with conn.cursor(row_factory=class_row(Score)) as cursor:
        return cursor.execute(query, wanted).fetchone()
