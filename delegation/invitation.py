"""Invitations to a role: offered by somebody who answers for the place, taken once by the person with the code.

Guards: a code is kept as its SHA-256. It is good once, for seven days, and only while the inviter may still give that
role. Nobody takes a role they offered themselves. An invitation never reveals whether a person is already known. The
database enforces all of this.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from delegation import audit
from delegation.people import Actor, Role, RoleHeld

# Letters and digits that look alike are left out. Sixteen of these 30 give 78 bits.
_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_LENGTH, _GROUP = 16, 4
_KEPT_UNUSED = timedelta(days=30)


class InvitationRefusedError(PermissionError):
    """The invitation may not be offered, or not be taken; the message says why."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What a code is good for."""

    role: Role
    name: str
    place: str
    ends_at: datetime
    good_until: datetime

    def is_good(self, at: datetime) -> bool:
        return at < min(self.good_until, self.ends_at)


class Taken(NamedTuple):
    """Who has taken which role."""

    person_id: UUID
    held: RoleHeld


_MAY: LiteralString = "SELECT delegation.may_give(%(role)s, %(home)s, %(hub)s, %(resident)s)"
_OFFER: LiteralString = """
INSERT INTO delegation.invitation (code_hash, role, home_id, hub_id, resident_id, name, ends_at, invited_by)
VALUES (%(code)s, %(role)s, %(home)s, %(hub)s, %(resident)s, %(name)s, %(ends)s, %(by)s)
"""
_WITHDRAW: LiteralString = """
UPDATE delegation.invitation SET withdrawn_by = %s, withdrawn_at = %s
WHERE invitation_id = %s AND taken_at IS NULL AND withdrawn_at IS NULL
RETURNING home_id, hub_id, resident_id
"""
# The database allows this only for invitations that expired at least a week ago.
_FORGET: LiteralString = """
DELETE FROM delegation.invitation WHERE taken_at IS NULL AND least(good_until, ends_at) < %s
"""
_TO: LiteralString = "SELECT role, name, place, ends_at, good_until FROM delegation.invitation_to(%s)"
_TAKE: LiteralString = (
    "SELECT taker, held_as, at_home, at_hub, of_resident FROM delegation.take_invitation(%s)"
)


def new_code() -> str:
    """Return a code to hand over: four groups that can be read out over a telephone."""
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    return "-".join(drawn[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def as_typed(code: str) -> str:
    """Return the code without hyphens and spaces, in capitals."""
    return "".join(letter for letter in code.upper() if letter.isalnum())


def digest(code: str) -> bytes:
    """Return the SHA-256 of a code, which is all the database keeps."""
    return hashlib.sha256(as_typed(code).encode("utf-8", "surrogatepass")).digest()


def offer(
    conn: psycopg.Connection[Any], actor: Actor, held: RoleHeld, name: str, *, ends_at: datetime, at: datetime
) -> str:
    """Offer somebody a role; return the code, which is not stored. Raises InvitationRefusedError."""
    asked = {"role": held.role, "home": held.home_id, "hub": held.hub_id, "resident": held.resident_id}
    if conn.execute(_MAY, asked).fetchall() != [(True,)]:
        raise InvitationRefusedError("This role is not yours to give.")
    code = new_code()
    conn.execute(_OFFER, asked | {"code": digest(code), "name": name, "ends": ends_at, "by": actor.person_id})
    _write_down(conn, actor, "invitation.offered", held, at)
    return code


def withdraw(conn: psycopg.Connection[Any], actor: Actor, invitation_id: UUID, at: datetime) -> RoleHeld:
    """Make a code worthless; return the role it offered.

    Raises InvitationRefusedError where it was taken or withdrawn.
    """
    found = conn.execute(_WITHDRAW, (actor.person_id, at, invitation_id)).fetchone()
    if found is None:
        raise InvitationRefusedError("This invitation was taken on or withdrawn before.")
    home, hub, resident = found
    role = Role.HUB_CLINICIAN if hub else Role.CARER if resident else Role.CARE_WORKER
    held = RoleHeld(role, home_id=home, hub_id=hub, resident_id=resident)
    _write_down(conn, actor, "invitation.withdrawn", held, at)
    return held


def forget(conn: psycopg.Connection[Any], at: datetime) -> int:
    """Delete invitations that expired unused a month ago, because they hold a name. Returns how many."""
    return conn.execute(_FORGET, (at - _KEPT_UNUSED,)).rowcount


def offered(conn: psycopg.Connection[Any], code: str, at: datetime) -> Offered | None:
    """Return what this code is good for; None where it is unknown, used or expired."""
    with conn.cursor(row_factory=class_row(Offered)) as cursor:
        found = cursor.execute(_TO, (digest(code),)).fetchone()
    return found if found is not None and found.is_good(at) else None


def take(conn: psycopg.Connection[Any], code: str, at: datetime) -> Taken | None:
    """Take the role as the actor, or as a new person where the transaction has none.

    Returns None where the code is no good. The transaction goes on as that person.
    """
    if offered(conn, code, at) is None:
        return None
    row = conn.execute(_TAKE, (digest(code),)).fetchone()
    if row is None:
        return None
    person_id, role, home_id, hub_id, resident_id = row
    return Taken(person_id, RoleHeld(Role(role), home_id=home_id, hub_id=hub_id, resident_id=resident_id))


def record_taken(conn: psycopg.Connection[Any], actor: Actor, held: RoleHeld, at: datetime) -> None:
    """Record in the audit that somebody took this role."""
    _write_down(conn, actor, "invitation.taken", held, at)


def _write_down(
    conn: psycopg.Connection[Any], actor: Actor, action: str, held: RoleHeld, at: datetime
) -> None:
    subject = f"hub:{held.hub_id}" if held.hub_id else f"home:{held.home_id}"
    if held.resident_id:
        subject = f"resident:{held.resident_id}"
    audit.record(conn, actor, action, subject, at=at, resident_id=held.resident_id, words=held.role)
