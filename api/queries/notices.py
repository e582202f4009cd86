"""Notices that nobody has acknowledged: a kit reports an emergency of somebody who cannot be named here.

Guards: a hub sees its own, and a home those of its own kits. Only operators see those of kits lent to no home.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Notice:
    """One kit's notice. `readings`: how many it is about; `kit_id` None: an unknown kit."""

    notice_id: UUID
    kit_id: UUID | None
    home_name: str | None
    home_phone: str | None
    signs: list[str]
    phoned_999: bool
    readings: int
    first_at: datetime
    last_at: datetime
    deadline_at: datetime


_NOTICES: LiteralString = """
SELECT notice.notice_id, notice.kit_id, home.name AS home_name, home.phone AS home_phone, notice.signs,
       notice.phoned_999, notice.readings, notice.first_at, notice.last_at, notice.deadline_at
FROM alerts.notice LEFT JOIN delegation.home USING (home_id)
WHERE notice.acknowledged_at IS NULL
  AND CASE WHEN %(home)s::uuid IS NULL THEN notice.hub_id IS NOT DISTINCT FROM %(hub)s::uuid
           ELSE notice.home_id = %(home)s END
ORDER BY notice.first_at, notice.notice_id
LIMIT 100
"""
# A home reads its own notices, and has no page on which to acknowledge them.
_HUB: LiteralString = """
SELECT hub_id FROM alerts.notice
WHERE notice_id = %s AND (hub_id IS NULL OR hub_id IN (SELECT delegation.visible_hubs()))
"""


def of_hub(conn: psycopg.Connection[Any], hub_id: UUID) -> list[Notice]:
    """Return those of a hub the actor works at, the longest unacknowledged first."""
    return _notices(conn, hub_id)


def of_home(conn: psycopg.Connection[Any], home_id: UUID) -> list[Notice]:
    """Return those of one home's kits, for somebody who works there."""
    return _notices(conn, None, home_id)


def of_no_home(conn: psycopg.Connection[Any]) -> list[Notice]:
    """Return those of kits lent to no home, for an operator."""
    return _notices(conn, None)


def _notices(conn: psycopg.Connection[Any], hub_id: UUID | None, home_id: UUID | None = None) -> list[Notice]:
    with conn.cursor(row_factory=class_row(Notice)) as cursor:
        return cursor.execute(_NOTICES, {"hub": hub_id, "home": home_id}).fetchall()


def hub_of(conn: psycopg.Connection[Any], notice_id: UUID) -> UUID | None:
    """Return the hub a notice belongs to; None: the operators'.

    Raises LookupError where the actor sees no such notice.
    """
    row = conn.execute(_HUB, (notice_id,)).fetchone()
    if row is None:
        raise LookupError("There is no such notice.")
    return row[0]
