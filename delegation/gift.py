"""The roles that an actor may give and end at a place: who holds them, and until when.

Guards: a role given on a page ends, at the latest when the policy says. Ending it takes effect at once, and only a new
invitation begins it again. The database refuses roles that are not in the actor's gift.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from delegation import audit
from delegation.people import Actor, Role, RoleHeld


class NotInGiftError(LookupError):
    """The actor may end or extend no such role."""


@dataclass(frozen=True, slots=True)
class Term:
    """How long a role lasts by default, and at most."""

    usual: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody holds at a place. `mine`: the actor may end it."""

    assignment_id: UUID
    name: str
    role: Role
    starts_at: datetime
    ends_at: datetime | None
    resident: str | None
    mine: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invitation that nobody has taken yet."""

    invitation_id: UUID
    name: str
    role: Role
    resident: str | None
    ends_at: datetime
    good_until: datetime
    invited_by: str | None


_TERMS: LiteralString = "SELECT role, usual_days, longest_days FROM delegation.role_term"
_HELD: LiteralString = """
SELECT held.assignment_id, person.name, held.role, held.starts_at, held.ends_at, resident.name AS resident,
       held.person_id <> delegation.actor() AND held.assignment_id IN (SELECT delegation.roles_in_gift()) AS mine
FROM delegation.role_assignment held
JOIN delegation.person USING (person_id)
LEFT JOIN delegation.resident ON resident.resident_id = held.resident_id
WHERE held.starts_at <= %(at)s AND (held.ends_at IS NULL OR held.ends_at > %(at)s)
  AND CASE held.role
      WHEN 'care_worker' THEN held.home_id = %(place)s
           OR held.organisation_id = (SELECT home.organisation_id FROM delegation.home WHERE home.home_id = %(place)s)
      WHEN 'carer' THEN resident.home_id = %(place)s
      WHEN 'hub_clinician' THEN held.hub_id = %(place)s
      END
ORDER BY held.role, person.name, held.starts_at
"""
_WAITING: LiteralString = """
SELECT offer.invitation_id, offer.name, offer.role, resident.name AS resident, offer.ends_at, offer.good_until,
       person.name AS invited_by
FROM delegation.invitation offer
LEFT JOIN delegation.resident USING (resident_id)
LEFT JOIN delegation.person ON person.person_id = offer.invited_by
WHERE %(place)s IN (offer.home_id, offer.hub_id, resident.home_id) AND offer.taken_at IS NULL
  AND offer.withdrawn_at IS NULL AND least(offer.good_until, offer.ends_at) > %(at)s
ORDER BY offer.invited_at DESC, offer.invitation_id
"""
_ENDS: LiteralString = """
SELECT role, ends_at FROM delegation.role_assignment
WHERE assignment_id = %(assignment)s AND ends_at > %(at)s AND person_id <> delegation.actor()
  AND assignment_id IN (SELECT delegation.roles_in_gift())
"""
_SET_END: LiteralString = """
UPDATE delegation.role_assignment SET ends_at = greatest(%(until)s, starts_at + interval '1 microsecond')
WHERE assignment_id = %(assignment)s AND (ends_at IS NULL OR ends_at > %(at)s)
RETURNING person_id, role, home_id, hub_id, resident_id
"""


def terms(conn: psycopg.Connection[Any]) -> Mapping[Role, Term]:
    """Return the term of each role that can be given on a page."""
    return {
        Role(role): Term(timedelta(days=usual), timedelta(days=longest))
        for role, usual, longest in conn.execute(_TERMS).fetchall()
    }


def held_at(conn: psycopg.Connection[Any], place_id: UUID, at: datetime) -> list[Held]:
    """Return who works at a home or hub, and who cares for a resident there, as far as the actor may know."""
    with conn.cursor(row_factory=class_row(Held)) as cursor:
        return cursor.execute(_HELD, {"place": place_id, "at": at}).fetchall()


def waiting_at(conn: psycopg.Connection[Any], place_id: UUID, at: datetime) -> list[Waiting]:
    """Return the invitations to this place that nobody has taken yet."""
    with conn.cursor(row_factory=class_row(Waiting)) as cursor:
        return cursor.execute(_WAITING, {"place": place_id, "at": at}).fetchall()


def ends(conn: psycopg.Connection[Any], assignment_id: UUID, at: datetime) -> tuple[Role, datetime]:
    """Return the role and its end. Raises NotInGiftError, also where the role has no end."""
    found = conn.execute(_ENDS, {"assignment": assignment_id, "at": at}).fetchone()
    if found is None:
        raise NotInGiftError("There is no such role, or it is not yours to extend, or it has no end.")
    role, ends_at = found
    return Role(role), ends_at


def end(conn: psycopg.Connection[Any], actor: Actor, assignment_id: UUID, at: datetime) -> RoleHeld:
    """End a role now; return which. Raises NotInGiftError."""
    return _set_end(conn, actor, assignment_id, "role.ended", until=at, at=at)


def extend(
    conn: psycopg.Connection[Any], actor: Actor, assignment_id: UUID, *, until: datetime, at: datetime
) -> RoleHeld:
    """Extend a role until `until`; return which. Raises NotInGiftError."""
    return _set_end(conn, actor, assignment_id, "role.extended", until=until, at=at)


def _set_end(
    conn: psycopg.Connection[Any],
    actor: Actor,
    assignment_id: UUID,
    action: str,
    *,
    until: datetime,
    at: datetime,
) -> RoleHeld:
    wanted = {"assignment": assignment_id, "until": until, "at": at}
    found = conn.execute(_SET_END, wanted).fetchone()
    if found is None:
        raise NotInGiftError("There is no such role, or it is not yours to end.")
    person_id, role, home, hub, resident = found
    audit.record(conn, actor, action, f"person:{person_id}", at=at, resident_id=resident, words=role)
    return RoleHeld(Role(role), home_id=home, hub_id=hub, resident_id=resident)
