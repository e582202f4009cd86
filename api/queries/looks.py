"""Who looked at a resident's record on one day, and who changed it.

Guards: read by who answers for the resident's home or leads its hub; what one person did to one record in one way is
one row, with how often.
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


_LOOKS: LiteralString = """
SELECT actor, person.name AS person_name, role, purpose, action, event.resident_id, resident.name AS resident_name,
       min(at) AS first_at, max(at) AS last_at, count(*) AS times
FROM delegation.audit_event event
LEFT JOIN delegation.resident USING (resident_id)
LEFT JOIN delegation.person ON actor = 'person:' || person.person_id
WHERE at >= %(since)s AND at < %(until)s
"""
_AS_ROWS: LiteralString = """
GROUP BY actor, person.name, role, purpose, action, event.resident_id, resident.name
ORDER BY max(at) DESC, actor, action, event.resident_id LIMIT %(most)s
"""
_OF_RESIDENT: LiteralString = _LOOKS + "AND event.resident_id = %(whose)s" + _AS_ROWS
_OF_HOME: LiteralString = (
    _LOOKS
    + """AND (resident.home_id = %(whose)s
              OR (event.resident_id IS NULL AND event.subject = 'home:' || %(whose)s::uuid))"""
    + _AS_ROWS
)


def of_resident(
    conn: psycopg.Connection[Any], resident_id: UUID, since: datetime, until: datetime
) -> list[Look]:
    """The last first, at most MOST_ROWS."""
    return _looks(conn, _OF_RESIDENT, resident_id, since, until)


def of_home(conn: psycopg.Connection[Any], home_id: UUID, since: datetime, until: datetime) -> list[Look]:
    """Of everybody who lives there, and of the home as a whole."""
    return _looks(conn, _OF_HOME, home_id, since, until)


def _looks(
    conn: psycopg.Connection[Any], query: LiteralString, whose: UUID, since: datetime, until: datetime
) -> list[Look]:
    wanted = {"whose": whose, "since": since, "until": until, "most": MOST_ROWS}
    with conn.cursor(row_factory=class_row(Look)) as cursor:
        return cursor.execute(query, wanted).fetchall()
