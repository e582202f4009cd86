"""Give people their roles and end them, as the database's owner.

Guards: a role is held in a kind of place that fits it, and at most once at a time. An ended role keeps its end and is
never deleted.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg

from delegation import audit
from delegation.people import Actor, Role, RoleHeld, SystemUser


class AppointmentError(ValueError):
    """The role cannot be given or ended; the message says why."""


# The kinds of place each role is held in. An empty tuple means the whole platform.
PLACES: Mapping[Role, tuple[str, ...]] = {
    Role.CARE_WORKER: ("home", "organisation"),
    Role.CARER: ("resident",),
    Role.HOME_MANAGER: ("home", "organisation"),
    Role.HUB_CLINICIAN: ("hub",),
    Role.HUB_LEAD: ("hub",),
    Role.TRAINER: ("organisation", "home"),
    Role.DELEGATING_PROFESSIONAL: ("organisation", "home"),
    Role.COMMISSIONER: ("hub",),
    Role.OPERATOR: (),
}
# A resident is found by id alone, so that no resident's name is typed into a shell.
_FIND: LiteralString = """
SELECT kind, place_id FROM (
    SELECT 'organisation' AS kind, organisation_id AS place_id, name FROM delegation.organisation
    UNION ALL SELECT 'hub', hub_id, name FROM delegation.hub
    UNION ALL SELECT 'home', home_id, name FROM delegation.home
    UNION ALL SELECT 'resident', resident_id, NULL FROM delegation.resident
) place
WHERE kind = ANY (%s) AND %s IN (place_id::text, name) ORDER BY kind, place_id
"""
_PERSON: LiteralString = """
INSERT INTO delegation.person (person_id, name, profession, regulator, regulator_number) VALUES (%s, %s, %s, %s, %s)
"""
_IN_FORCE: LiteralString = """
FROM delegation.role_assignment
WHERE person_id = %(person)s AND role = %(role)s
  AND (organisation_id, home_id, hub_id, resident_id)
      IS NOT DISTINCT FROM (%(organisation)s::uuid, %(home)s::uuid, %(hub)s::uuid, %(resident)s::uuid)
  AND (ends_at IS NULL OR ends_at > %(at)s)
"""
_TAKE_TURNS: LiteralString = "SELECT delegation.take_turns_over(%(person)s)"
_HELD: LiteralString = "SELECT" + _IN_FORCE
_GIVE: LiteralString = """
INSERT INTO delegation.role_assignment
    (person_id, role, organisation_id, home_id, hub_id, resident_id, starts_at, ends_at)
VALUES (%(person)s, %(role)s, %(organisation)s, %(home)s, %(hub)s, %(resident)s, %(at)s, %(until)s)
"""
_END: LiteralString = (
    """
UPDATE delegation.role_assignment SET ends_at = greatest(%(at)s, starts_at + interval '1 microsecond')
WHERE assignment_id IN (SELECT assignment_id
"""
    + _IN_FORCE
    + ")"
)


def find(conn: psycopg.Connection[Any], role: Role, place: str | None) -> RoleHeld:
    """Return the role as it would be held there; `place` is an id or a name. Raises AppointmentError."""
    kinds = PLACES[role]
    if not kinds or place is None:
        if kinds:
            raise AppointmentError(f"Say where: {_a(_words(role))} is one of {_either(kinds)}.")
        if place is not None:
            raise AppointmentError(f"Leave the place out: {_a(_words(role))} belongs to none.")
        return RoleHeld(role)
    found = conn.execute(_FIND, (list(kinds), place)).fetchall()
    if not found:
        raise AppointmentError(f"There is no {' or '.join(kinds)} with the id or the name {place!r}.")
    if len(found) > 1:
        ids = ", ".join(str(place_id) for _, place_id in found)
        raise AppointmentError(f"Several places are called {place!r}: name one by its id, of {ids}.")
    [(kind, place_id)] = found
    return RoleHeld(role, **{f"{kind}_id": place_id})


def add_person(
    conn: psycopg.Connection[Any],
    name: str,
    profession: str | None = None,
    registered: tuple[str, str] | None = None,
) -> UUID:
    """Add a person and return their id. `registered` is their regulator and their number on its register."""
    person_id = uuid4()
    conn.execute(_PERSON, (person_id, name, profession, *(registered or (None, None))))
    return person_id


def give(
    conn: psycopg.Connection[Any],
    by: Actor | SystemUser,
    person_id: UUID,
    held: RoleHeld,
    *,
    at: datetime,
    until: datetime | None,
    words: str,
) -> None:
    """Give this person the role from now on. Raises AppointmentError where they hold it already."""
    asked = _asked(person_id, held, at) | {"until": until}
    conn.execute(_TAKE_TURNS, asked)
    if conn.execute(_HELD, asked).fetchone() is not None:
        raise AppointmentError(f"They are {_words(held.role)} there already.")
    conn.execute(_GIVE, asked)
    _write_down(conn, by, "role.given", person_id, held, at, words)


def end(
    conn: psycopg.Connection[Any],
    by: Actor | SystemUser,
    person_id: UUID,
    held: RoleHeld,
    *,
    at: datetime,
    words: str,
) -> None:
    """End this person's role now. Raises AppointmentError where they do not hold it."""
    if conn.execute(_END, _asked(person_id, held, at)).rowcount == 0:
        raise AppointmentError(f"They are not {_words(held.role)} there.")
    _write_down(conn, by, "role.ended", person_id, held, at, words)


def _asked(person_id: UUID, held: RoleHeld, at: datetime) -> dict[str, Any]:
    return {
        "person": person_id,
        "role": held.role,
        "organisation": held.organisation_id,
        "home": held.home_id,
        "hub": held.hub_id,
        "resident": held.resident_id,
        "at": at,
    }


def _write_down(
    conn: psycopg.Connection[Any],
    by: Actor | SystemUser,
    action: str,
    person_id: UUID,
    held: RoleHeld,
    at: datetime,
    words: str,
) -> None:
    said = f"{held.role}: {words}"
    audit.record(conn, by, action, f"person:{person_id}", at=at, resident_id=held.resident_id, words=said)


def _words(role: Role) -> str:
    return role.replace("_", " ")


def _either(kinds: tuple[str, ...]) -> str:
    return " or ".join(_a(kind) for kind in kinds)


def _a(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"
