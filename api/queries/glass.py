"""Records that were opened from outside their hub, and not yet acknowledged by those who answer for the residents.

Guards: openings are shown only where the actor answers for the resident at that desk; their own are asked for
separately. Of tries that opened nothing, only who made them and how many is known.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Broken:
    """One opening: by whom, of which hubs, why, and for how long."""

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


@dataclass(frozen=True, slots=True)
class Unseen:
    """One of the actor's desks, and how many residents have openings there that nobody has acknowledged."""

    desk: str
    place_id: UUID
    name: str
    residents: int


@dataclass(frozen=True, slots=True)
class Open:
    """A record that the actor opened and may still read."""

    resident_id: UUID
    resident_name: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class InVain:
    """How often somebody tried in vain."""

    person_id: UUID
    person_name: str | None
    tries: int


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
_DESKS: LiteralString = """
SELECT place.desk, place.place_id, place.name, count(DISTINCT resident_id) AS residents
FROM (SELECT 'home' AS desk, home_id AS place_id, name, home_id FROM delegation.home
      WHERE home_id IN (SELECT delegation.homes_held('home_manager'))
      UNION ALL
      SELECT 'hub', hub_id, hub.name, home_id FROM delegation.home JOIN delegation.hub USING (hub_id)
      WHERE home_id IN (SELECT delegation.homes_held('hub_lead'))) AS place
JOIN delegation.resident USING (home_id) JOIN delegation.break_glass broken USING (resident_id)
WHERE NOT EXISTS (SELECT FROM delegation.break_glass_seen seen
                  WHERE seen.break_glass_id = broken.break_glass_id AND seen.desk = place.desk)
GROUP BY place.desk, place.place_id, place.name ORDER BY place.name, place.place_id
"""
_MINE: LiteralString = """
SELECT resident_id, resident.name AS resident_name, max(ends_at) AS ends_at
FROM delegation.break_glass JOIN delegation.resident USING (resident_id)
WHERE person_id = delegation.actor() AND ends_at > now() AND delegation.roles_over(resident_id) IS NULL
GROUP BY resident_id, resident.name ORDER BY max(ends_at) DESC
"""
_IN_VAIN: LiteralString = """
SELECT person_id, person.name AS person_name, tries
FROM delegation.glass_tried_in_vain(%s, %s) LEFT JOIN delegation.person USING (person_id) ORDER BY tries DESC, person_id
"""
# Residents whom the actor sees through a home or hub need no glass.
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
    """Return what the home's manager has not acknowledged, newest first; nothing for anybody else."""
    with conn.cursor(row_factory=class_row(Broken)) as cursor:
        return cursor.execute(_AT_HOME, {"desk": "home", "place": home_id}).fetchall()


def unseen_at_hub(conn: psycopg.Connection[Any], hub_id: UUID) -> list[Broken]:
    """Return what the hub's lead has not acknowledged, newest first; nothing for anybody else."""
    with conn.cursor(row_factory=class_row(Broken)) as cursor:
        return cursor.execute(_AT_HUB, {"desk": "hub", "place": hub_id}).fetchall()


def unseen_by_desk(conn: psycopg.Connection[Any]) -> list[Unseen]:
    """Return every home the actor manages and hub they lead with something unacknowledged."""
    with conn.cursor(row_factory=class_row(Unseen)) as cursor:
        return cursor.execute(_DESKS).fetchall()


def opened_by_me(conn: psycopg.Connection[Any]) -> list[Open]:
    """Return what the actor sees only by broken glass, last opened first."""
    with conn.cursor(row_factory=class_row(Open)) as cursor:
        return cursor.execute(_MINE).fetchall()


def tried_in_vain(conn: psycopg.Connection[Any], hub_id: UUID, since: datetime) -> list[InVain]:
    """Return the vain tries of the hub's staff, for its lead; nothing for anybody else."""
    with conn.cursor(row_factory=class_row(InVain)) as cursor:
        return cursor.execute(_IN_VAIN, (hub_id, since)).fetchall()


def open_until(conn: psycopg.Connection[Any], resident_id: UUID) -> datetime | None:
    """Return until when the actor sees this resident by broken glass only; None where they see them otherwise."""
    row = conn.execute(_OPEN_UNTIL, {"resident": resident_id}).fetchone()
    return row[0] if row else None


def lasts(conn: psycopg.Connection[Any], at: datetime) -> int:
    """Return for how many minutes a record stays open."""
    row = conn.execute(_LASTS, (at,)).fetchone()
    if row is None:
        raise LookupError("No rule says how long a record stays open.")
    return row[0]


def of_late(conn: psycopg.Connection[Any], since: datetime) -> int:
    """Return how often glass was broken since then, for an operator; 0 for anybody else."""
    row = conn.execute(_OF_LATE, (since,)).fetchone()
    return row[0] if row else 0
