"""What happened at a hub since a revision: the rows of the stream that its pages follow.

Guards: rows are read as the actor, in order of revision, and always with a limit.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row

MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class HubEvent:
    """One change of a hub's queue. `severity` is the escalation's now."""

    revision: int
    escalation_id: UUID
    kind: str
    severity: str
    at: datetime
    cause_reading_id: UUID | None


_EVENTS: LiteralString = """
SELECT event.revision, event.escalation_id, event.kind, escalation.severity, event.at, event.cause_reading_id
FROM alerts.escalation_event event JOIN alerts.escalation USING (escalation_id)
WHERE event.hub_id = %s AND event.revision > %s
ORDER BY event.revision LIMIT %s
"""
_REVISION: LiteralString = "SELECT revision FROM alerts.hub_revision WHERE hub_id = %s"


def events_after(conn: psycopg.Connection[Any], hub_id: UUID, revision: int) -> list[HubEvent]:
    """Return what happened after this revision, in order; at most MOST_EVENTS."""
    with conn.cursor(row_factory=class_row(HubEvent)) as cursor:
        return cursor.execute(_EVENTS, (hub_id, revision, MOST_EVENTS)).fetchall()


def news_after(
    conn: psycopg.Connection[Any], hub_id: UUID, revision: int
) -> tuple[int, list[HubEvent]] | None:
    """Return the hub's newest revision and the events after `revision`; None where the actor does not see the hub.

    The events may stop short of the newest revision: nobody here may see the event of a case that left the hub.
    """
    # Read first: every event up to this revision is then there, and later ones do no harm.
    now = revision_now(conn, hub_id)
    return (now, events_after(conn, hub_id, revision)) if now else None


def revision_now(conn: psycopg.Connection[Any], hub_id: UUID) -> int:
    """Return the hub's newest revision; 0 if nothing ever happened."""
    row = conn.execute(_REVISION, (hub_id,)).fetchone()
    return row[0] if row else 0
