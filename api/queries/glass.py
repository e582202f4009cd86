"""Records that were opened from outside their hub: what those who answer for the residents have not seen yet.

Guards: only where the actor answers for the resident at that desk; one's own doing is asked for by itself.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Broken:
    """One opening: by whom, of which hub or hubs, why, and for how long."""

    break_glass_id: UUID
    resident_id: UUID
    resident_name: str
    synthetic: bool
    home_name: str
    person_id: UUID
    person_name: str | None
    hub_names: str | None
    reason: str
    words: str | None
    opened_at: datetime
    ends_at: datetime


_BROKEN: LiteralString = """
SELECT broken.break_glass_id, resident_id, resident.name AS resident_name, resident.synthetic, home.name AS home_name,
       broken.person_id, person.name AS person_name, broken.reason, broken.words,
       (SELECT string_agg(hub.name, ', ' ORDER BY hub.name) FROM delegation.hub
        WHERE hub.hub_id = ANY (broken.hubs)) AS hub_names,
       broken.opened_at, broken.ends_at
FROM delegation.break_glass broken
JOIN delegation.resident USING (resident_id) JOIN delegation.home USING (home_id)
LEFT JOIN delegation.person ON person.person_id = broken.person_id
WHERE NOT EXISTS (SELECT FROM delegation.break_glass_seen seen
                  WHERE seen.break_glass_id = broken.break_glass_id AND seen.desk = %(desk)s)
"""
_AT_HOME: LiteralString = (
    _BROKEN
    + """AND home.home_id = %(place)s AND home.home_id IN (SELECT delegation.homes_held('home_manager'))
ORDER BY broken.opened_at DESC LIMIT 50"""
)
_AT_HUB: LiteralString = (
    _BROKEN
    + """AND home.hub_id = %(place)s AND home.home_id IN (SELECT delegation.homes_held('hub_lead'))
ORDER BY broken.opened_at DESC LIMIT 50"""
)
# What one sees through one's home or hub needs no glass.
_OPEN_UNTIL: LiteralString = """
SELECT max(ends_at) FROM delegation.break_glass
WHERE resident_id = %(resident)s AND person_id = delegation.actor() AND ends_at > now()
  AND delegation.roles_over(%(resident)s) IS NULL
"""
_LASTS: LiteralString = """
SELECT minutes FROM delegation.break_glass_rule WHERE in_force_from <= %s
ORDER BY in_force_from DESC, version DESC LIMIT 1
"""
_OF_LATE: LiteralString = "SELECT delegation.glass_broken_since(%s)"


def unseen_at_home(conn: psycopg.Connection[Any], home_id: UUID) -> list[Broken]:
    """What the home's manager has not acknowledged, the newest first; for anybody else nothing."""
    with conn.cursor(row_factory=class_row(Broken)) as cursor:
        return cursor.execute(_AT_HOME, {"desk": "home", "place": home_id}).fetchall()


def unseen_at_hub(conn: psycopg.Connection[Any], hub_id: UUID) -> list[Broken]:
    """The same for the hub's lead."""
    with conn.cursor(row_factory=class_row(Broken)) as cursor:
        return cursor.execute(_AT_HUB, {"desk": "hub", "place": hub_id}).fetchall()


def open_until(conn: psycopg.Connection[Any], resident_id: UUID) -> datetime | None:
    """Until when the actor sees this resident by broken glass alone; None where they see them otherwise."""
    row = conn.execute(_OPEN_UNTIL, {"resident": resident_id}).fetchone()
    return row[0] if row else None


def lasts(conn: psycopg.Connection[Any], at: datetime) -> int:
    """How many minutes a record stays open."""
    row = conn.execute(_LASTS, (at,)).fetchone()
    if row is None:
        raise LookupError("No rule says how long a record stays open.")
    return row[0]


def of_late(conn: psycopg.Connection[Any], since: datetime) -> int:
    """How often, for an operator; for anybody else 0."""
    row = conn.execute(_OF_LATE, (since,)).fetchone()
    return row[0] if row else 0
