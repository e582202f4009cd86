"""What happened at a hub since a revision: the rows behind the stream its pages follow.

Guards: read as the actor, in the order of revisions, and never without a limit.
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
    """What happened after this revision, in order; at most MOST_EVENTS."""
    with conn.cursor(row_factory=class_row(HubEvent)) as cursor:
        return cursor.execute(_EVENTS, (hub_id, revision, MOST_EVENTS)).fetchall()


def news_after(
    conn: psycopg.Connection[Any], hub_id: UUID, revision: int
) -> tuple[int, list[HubEvent]] | None:
    """The hub's newest revision, and what happened after this one; None where the actor does not see the hub.

    The events may stop short of the revision: a case that left the hub left no event here that anybody may see.
    """
    # First: events up to it are there when it is, and later ones do no harm.
    now = revision_now(conn, hub_id)
    return (now, events_after(conn, hub_id, revision)) if now else None


def revision_now(conn: psycopg.Connection[Any], hub_id: UUID) -> int:
    """The hub's newest revision; 0 if nothing ever happened."""
    row = conn.execute(_REVISION, (hub_id,)).fetchone()
    return row[0] if row else 0
