"""Who looked at a resident's record on one day, and who changed it.

Guards: for those who answer for the resident's home or lead its hub. Equal acts of one person on one record are one
row, with their number.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row

MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class Look:
    """What one actor did in one way. `resident_id` None: to the home as a whole."""

    actor: str
    person_name: str | None
    role: str | None
    purpose: str
    action: str
    resident_id: UUID | None
    resident_name: str | None
    first_at: datetime
    last_at: datetime
    times: int


_COLUMNS: LiteralString = """
SELECT actor, person.name AS person_name, role, purpose, action, event.resident_id, resident.name AS resident_name,
       min(at) AS first_at, max(at) AS last_at, count(*) AS times
FROM (
"""
_EVENTS: LiteralString = """
    SELECT actor, role, purpose, action, resident_id, at FROM delegation.visible_audit_event
    WHERE at >= %(since)s AND at < %(until)s AND
"""
_AS_ROWS: LiteralString = """
) event
LEFT JOIN delegation.resident USING (resident_id)
LEFT JOIN delegation.person ON actor = 'person:' || person.person_id
GROUP BY actor, person.name, role, purpose, action, event.resident_id, resident.name
ORDER BY max(at) DESC, actor, action, event.resident_id, role, purpose LIMIT %(most)s OFFSET %(skipped)s
"""
_OF_ONE: LiteralString = """
resident_id = %(whose)s
    UNION ALL
"""
_AT_THEIR_HOME: LiteralString = """
resident_id IS NULL AND starts_with(action, 'home.')
AND subject = (SELECT 'home:' || home_id FROM delegation.resident lives WHERE lives.resident_id = %(whose)s)
AND at >= (SELECT coalesce(lives_here_from, '-infinity') FROM delegation.resident lives
           WHERE lives.resident_id = %(whose)s)
"""
OF_RESIDENT: LiteralString = _COLUMNS + _EVENTS + _OF_ONE + _EVENTS + _AT_THEIR_HOME + _AS_ROWS
_BY_WHO_LIVES_THERE: LiteralString = """
resident_id = ANY (ARRAY(SELECT lives.resident_id FROM delegation.resident lives WHERE home_id = %(whose)s))
    UNION ALL
"""
_AS_A_WHOLE: LiteralString = "resident_id IS NULL AND subject = 'home:' || %(whose)s::uuid"
# Each half of both has an index of its own; one combined query would read years of audit for one day.
OF_HOME: LiteralString = _COLUMNS + _EVENTS + _BY_WHO_LIVES_THERE + _EVENTS + _AS_A_WHOLE + _AS_ROWS


@dataclass(frozen=True, slots=True)
class Asked:
    """A span of time, and the page of its rows: at most MOST_ROWS, last first; 1 is the first page."""

    since: datetime
    until: datetime
    page: int = 1


@dataclass(frozen=True, slots=True)
class Looks:
    """The rows of one page, and whether others come after it."""

    rows: list[Look]
    more: bool


def of_resident(conn: psycopg.Connection[Any], resident_id: UUID, asked: Asked) -> Looks:
    """Return the acts on one resident's record, and looks at the lists of their home since they live there."""
    return _looks(conn, OF_RESIDENT, resident_id, asked)


def of_home(conn: psycopg.Connection[Any], home_id: UUID, asked: Asked) -> Looks:
    """Return the acts on the records of all who live there, and of the home as a whole."""
    return _looks(conn, OF_HOME, home_id, asked)


def _looks(conn: psycopg.Connection[Any], query: LiteralString, whose: UUID, asked: Asked) -> Looks:
    wanted = {
        "whose": whose,
        "since": asked.since,
        "until": asked.until,
        "most": MOST_ROWS + 1,
        "skipped": (asked.page - 1) * MOST_ROWS,
    }
    with conn.cursor(row_factory=class_row(Look)) as cursor:
        found = cursor.execute(query, wanted).fetchall()
    return Looks(found[:MOST_ROWS], len(found) > MOST_ROWS)
