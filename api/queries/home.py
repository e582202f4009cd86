"""A home's day: who lives there, and what was observed of each.

Guards: a full set is one whose bounds meet, which needs every vital sign (air may be assumed). Readings are searched
for within one day only.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Home:
    """A home, its rounds (hours of the day, Europe/London) and its hub."""

    home_id: UUID
    name: str
    kind: str
    phone: str
    rounds: list[int]
    synthetic: bool
    hub_name: str
    hub_phone: str
    hub_id: UUID
    at_my_hub: bool  # whether the actor works at that hub


@dataclass(frozen=True, slots=True)
class Lives:
    """A resident of the home: why they are not watched, if they are not, and the signs the hub waits for."""

    resident_id: UUID
    name: str
    born_on: date
    synthetic: bool
    no_score_reason: str | None
    has_ceiling: bool
    pause_reason: str | None
    pause_ends_at: datetime | None
    asked: list[str]


@dataclass(frozen=True, slots=True)
class Observed:
    """One reading of the day: whose, when, and which signs it gave or tried in vain."""

    resident_id: UUID
    effective_at: datetime
    signs: list[str]


@dataclass(frozen=True, slots=True)
class FullSet:
    """A moment at which a resident's set was complete, with its score."""

    resident_id: UUID
    effective_at: datetime
    low: int
    assumed_air: bool


_IN_SIGHT: LiteralString = """
SELECT home.home_id, home.name, home.kind, home.phone, home.rounds, home.synthetic,
       hub.name AS hub_name, hub.phone AS hub_phone, hub.hub_id,
       hub.hub_id IN (SELECT delegation.visible_hubs()) AS at_my_hub
FROM delegation.home JOIN delegation.hub USING (hub_id)
WHERE home.home_id IN (SELECT delegation.visible_homes())
"""
_HOMES: LiteralString = _IN_SIGHT + "ORDER BY home.name"
_HOME: LiteralString = _IN_SIGHT + "AND home.home_id = %s"
_LIVES: LiteralString = """
SELECT resident.resident_id, resident.name, resident.born_on, resident.synthetic, resident.no_score_reason,
       EXISTS (SELECT FROM delegation.ceiling
               WHERE ceiling.resident_id = resident.resident_id AND revoked_at IS NULL) AS has_ceiling,
       pause.reason AS pause_reason, pause.ends_at AS pause_ends_at,
       coalesce(question.deciding, '{}') AS asked
FROM delegation.resident
LEFT JOIN alerts.open_question question USING (resident_id)
LEFT JOIN LATERAL (
    SELECT reason, ends_at FROM delegation.monitoring_pause
    WHERE monitoring_pause.resident_id = resident.resident_id
      AND starts_at <= %(at)s AND monitoring_pause.ends_at > %(at)s
    ORDER BY monitoring_pause.ends_at DESC LIMIT 1
) pause ON true
WHERE resident.home_id = %(home)s AND resident.lives_here_from <= %(at)s
  AND NOT EXISTS (SELECT FROM delegation.end_of_care ended
                  WHERE ended.resident_id = resident.resident_id AND ended.withdrawn_at IS NULL)
ORDER BY resident.name
"""
_OBSERVED: LiteralString = """
SELECT resident_id, effective_at,
       array_remove(ARRAY[
           CASE WHEN respiration_rate IS NOT NULL THEN 'respiration_rate' END,
           CASE WHEN spo2 IS NOT NULL THEN 'spo2' END,
           CASE WHEN on_oxygen IS NOT NULL THEN 'on_oxygen' END,
           CASE WHEN systolic IS NOT NULL THEN 'systolic' END,
           CASE WHEN pulse IS NOT NULL THEN 'pulse' END,
           CASE WHEN consciousness IS NOT NULL THEN 'consciousness' END,
           CASE WHEN temperature IS NOT NULL THEN 'temperature' END], NULL) AS signs
FROM ingest.visible_reading
WHERE resident_id = ANY (%s) AND effective_at >= %s AND effective_at <= %s AND counts
ORDER BY effective_at
"""
_FULL_SETS: LiteralString = """
SELECT resident_id, effective_at, low, assumed_air
FROM (
    SELECT DISTINCT ON (effective_at, kit_id, reading_id, resident_id) resident_id, effective_at, low, high, assumed_air
    FROM alerts.visible_score
    WHERE resident_id = ANY (%s) AND effective_at >= %s AND effective_at <= %s
    ORDER BY effective_at, kit_id, reading_id, resident_id, cause_arrival DESC
) standing
WHERE low = high
ORDER BY effective_at
"""


def homes(conn: psycopg.Connection[Any]) -> list[Home]:
    """Return the homes the actor works in or watches over, by name."""
    with conn.cursor(row_factory=class_row(Home)) as cursor:
        return cursor.execute(_HOMES).fetchall()


def home(conn: psycopg.Connection[Any], home_id: UUID) -> Home | None:
    """Return the home, where the actor works in it or watches over it."""
    with conn.cursor(row_factory=class_row(Home)) as cursor:
        return cursor.execute(_HOME, (home_id,)).fetchone()


def living_there(conn: psycopg.Connection[Any], home_id: UUID, at: datetime) -> list[Lives]:
    """Return the home's residents by name."""
    with conn.cursor(row_factory=class_row(Lives)) as cursor:
        return cursor.execute(_LIVES, {"home": home_id, "at": at}).fetchall()


def observed(
    conn: psycopg.Connection[Any], residents: list[UUID], since: datetime, until: datetime
) -> list[Observed]:
    """Return the readings of these residents, in order; those corrected away are left out."""
    with conn.cursor(row_factory=class_row(Observed)) as cursor:
        return cursor.execute(_OBSERVED, (residents, since, until)).fetchall()


def full_sets(
    conn: psycopg.Connection[Any], residents: list[UUID], since: datetime, until: datetime
) -> list[FullSet]:
    """Return the moments at which one of these residents had a full set, in order."""
    with conn.cursor(row_factory=class_row(FullSet)) as cursor:
        return cursor.execute(_FULL_SETS, (residents, since, until)).fetchall()
