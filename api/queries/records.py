"""How long one resident's records are kept: the end of care, legal holds, and what was erased.

Guards: only residents in the actor's scope are shown, and legal holds only to those who answer for the records. A
caller must therefore check first that the actor does.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a resident's care. `kept_until`: by the rule in force, if nothing holds the records or comes in."""

    resident_id: UUID
    name: str
    synthetic: bool
    ended_at: datetime
    reason: str
    recorded_at: datetime
    recorded_by: UUID
    recorded_by_name: str | None
    kept_until: datetime | None
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold that keeps records from being erased; `ends_at` None: until it is lifted."""

    hold_id: UUID
    reason: str
    placed_by: UUID
    placed_by_name: str | None
    starts_at: datetime
    ends_at: datetime | None


_ENDED: LiteralString = """
SELECT resident_id, resident.name, resident.synthetic, ended.ended_at, ended.reason, ended.recorded_at,
       ended.recorded_by, person.name AS recorded_by_name,
       ended.ended_at + make_interval(years => rule.years_after_care) AS kept_until,
       (SELECT max(erased_at) FROM delegation.tombstone WHERE tombstone.resident_id = ended.resident_id) AS erased_at
FROM delegation.end_of_care ended
JOIN delegation.resident USING (resident_id)
LEFT JOIN delegation.person ON person.person_id = ended.recorded_by
LEFT JOIN LATERAL (SELECT years_after_care FROM delegation.retention_rule
                   WHERE in_force_from <= %(at)s ORDER BY in_force_from DESC, version DESC LIMIT 1) rule ON true
WHERE ended.withdrawn_at IS NULL
"""
_OF_RESIDENT: LiteralString = _ENDED + "AND resident_id = %(whose)s"
_OF_HOME: LiteralString = (
    _ENDED + "AND resident.home_id = %(whose)s ORDER BY ended.ended_at DESC, resident.name LIMIT 500"
)
_HOLDS: LiteralString = """
SELECT hold_id, reason, placed_by, person.name AS placed_by_name, starts_at, ends_at
FROM delegation.legal_hold LEFT JOIN delegation.person ON person.person_id = placed_by
WHERE resident_id = %s AND lifted_by IS NULL AND (ends_at IS NULL OR ends_at > %s)
ORDER BY starts_at, hold_id
"""
_ANSWERS_FOR: LiteralString = "SELECT %s IN (SELECT delegation.residents_answered_for())"
_ANSWERS_FOR_HOME: LiteralString = "SELECT %s IN (SELECT delegation.homes_held('home_manager', 'hub_lead'))"


def ended(conn: psycopg.Connection[Any], resident_id: UUID, at: datetime) -> Ended | None:
    """Return the end of this resident's care, where one is recorded."""
    with conn.cursor(row_factory=class_row(Ended)) as cursor:
        return cursor.execute(_OF_RESIDENT, {"whose": resident_id, "at": at}).fetchone()


def ended_at_home(conn: psycopg.Connection[Any], home_id: UUID, at: datetime) -> list[Ended]:
    """Return those of a home whose care has ended, last first."""
    with conn.cursor(row_factory=class_row(Ended)) as cursor:
        return cursor.execute(_OF_HOME, {"whose": home_id, "at": at}).fetchall()


def holds(conn: psycopg.Connection[Any], resident_id: UUID, at: datetime) -> list[Hold]:
    """Return the holds in force, oldest first."""
    with conn.cursor(row_factory=class_row(Hold)) as cursor:
        return cursor.execute(_HOLDS, (resident_id, at)).fetchall()


def answers_for(conn: psycopg.Connection[Any], resident_id: UUID) -> bool:
    """Return whether the actor decides about this resident's records."""
    row = conn.execute(_ANSWERS_FOR, (resident_id,)).fetchone()
    return row is not None and bool(row[0])


def answers_for_home(conn: psycopg.Connection[Any], home_id: UUID) -> bool:
    """Return whether the actor decides about the records of this home's residents."""
    row = conn.execute(_ANSWERS_FOR_HOME, (home_id,)).fetchone()
    return row is not None and bool(row[0])
