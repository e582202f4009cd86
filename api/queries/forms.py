"""Who opened a capture form that is sent, and who has sent it already.

Guards: names are shown as far as the actor may see them. A stored reading is searched for within days, never in all of
history.
"""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg

_NAME: LiteralString = "SELECT name FROM delegation.person WHERE person_id = %s"
_SENT_BY: LiteralString = """
SELECT coalesce(person.name, 'somebody else')
FROM ingest.visible_reading reading LEFT JOIN delegation.person ON person.person_id = reading.taken_by
WHERE reading.resident_id = %s AND reading.reading_id = %s AND reading.effective_at BETWEEN %s AND %s
LIMIT 1
"""


def name_of(conn: psycopg.Connection[Any], person_id: UUID) -> str | None:
    """Return this person's name, where the actor may know it."""
    row = conn.execute(_NAME, (person_id,)).fetchone()
    return row[0] if row else None


def sent_by(
    conn: psycopg.Connection[Any], resident_id: UUID, reading_id: UUID, since: datetime, until: datetime
) -> str | None:
    """Return who took the reading that this form made; None where none is stored."""
    row = conn.execute(_SENT_BY, (resident_id, reading_id, since, until)).fetchone()
    return row[0] if row else None
