"""Shared tablets in homes: browsers that a manager enrolled, and the PINs set on them.

Guards: a tablet's token is 256 random bits that only its browser has, stored as SHA-256. A PIN works only on the tablet
it was set on, for as long after its owner's last full sign-in there as their roles allow, and ends after five wrong
tries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from fastapi import Request
from psycopg.rows import class_row

from api import cookies
from api.database import Connection
from api.identity.sessions import digest, new_token
from api.parts import parts_of

KEPT_FOR = timedelta(days=400)
MOST_WRONG = 5


@dataclass(frozen=True, slots=True)
class Tablet:
    """One shared tablet."""

    tablet_id: UUID
    home_id: UUID
    name: str
    enrolled_at: datetime


@dataclass(frozen=True, slots=True)
class Quick:
    """Somebody who may sign in on a tablet by PIN now."""

    person_id: UUID
    name: str
    good_until: datetime


@dataclass(frozen=True, slots=True)
class Pin:
    """The hash a PIN is checked against, and until when it is good."""

    pin_hash: str
    good_until: datetime


_CARES_THERE: LiteralString = "SELECT %s IN (SELECT delegation.homes_held('care_worker'))"
_ENROL: LiteralString = """
INSERT INTO api.tablet (token_hash, home_id, name, enrolled_by, enrolled_at) VALUES (%s, %s, %s, %s, %s)
"""
_FIND: LiteralString = "SELECT tablet_id, home_id, name, enrolled_at FROM api.tablet WHERE token_hash = %s"
_OF_HOMES: LiteralString = """
SELECT tablet_id, home_id, name, enrolled_at FROM api.tablet
WHERE home_id IN (SELECT delegation.homes_held('home_manager')) ORDER BY enrolled_at DESC, tablet_id
"""
_REMOVE: LiteralString = """
DELETE FROM api.tablet WHERE tablet_id = %s AND home_id IN (SELECT delegation.homes_held('home_manager'))
"""
_SET_PIN: LiteralString = """
INSERT INTO api.tablet_pin (tablet_id, person_id, name, pin_hash, good_until) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (tablet_id, person_id) DO UPDATE SET
    name = EXCLUDED.name, pin_hash = EXCLUDED.pin_hash, good_until = EXCLUDED.good_until, wrong = 0
"""
_QUICK: LiteralString = """
SELECT person_id, name, good_until FROM api.tablet_pin
WHERE tablet_id = %s AND good_until > %s AND wrong < %s ORDER BY name, person_id
"""
# A try counts as wrong until it proves right, so that many at once get no more tries than one after the other.
_TRY: LiteralString = """
UPDATE api.tablet_pin SET wrong = wrong + 1
WHERE tablet_id = %s AND person_id = %s AND good_until > %s AND wrong < %s RETURNING pin_hash, good_until
"""
_RIGHT: LiteralString = "UPDATE api.tablet_pin SET wrong = 0 WHERE tablet_id = %s AND person_id = %s"
_RENEW: LiteralString = """
UPDATE api.tablet_pin SET wrong = 0, good_until = %s WHERE tablet_id = %s AND person_id = %s
"""
_FORGET_PINS: LiteralString = "DELETE FROM api.tablet_pin WHERE person_id = %s"


def tablet_of(request: Request, conn: Connection) -> Tablet | None:
    """Return the shared tablet that this browser is, if any."""
    return find(conn, request.cookies.get(cookies.tablet_name(https=parts_of(request).uses_https)))


def cares_there(conn: Connection, tablet: Tablet) -> bool:
    """Return whether the actor is a care worker of the tablet's home."""
    [row] = conn.execute(_CARES_THERE, (tablet.home_id,)).fetchall()
    return row[0]


def enrol(conn: Connection, home_id: UUID, name: str, by: UUID, at: datetime) -> str:
    """Make a browser a shared tablet of a home; return its token, which is not stored."""
    token = new_token()
    conn.execute(_ENROL, (digest(token), home_id, name, by, at))
    return token


def find(conn: Connection, token: str | None) -> Tablet | None:
    """Return the tablet that has this token."""
    if token is None:
        return None
    with conn.cursor(row_factory=class_row(Tablet)) as cursor:
        return cursor.execute(_FIND, (digest(token),)).fetchone()


def of_homes_managed(conn: Connection) -> Sequence[Tablet]:
    """Return the tablets of the homes that the actor manages."""
    with conn.cursor(row_factory=class_row(Tablet)) as cursor:
        return cursor.execute(_OF_HOMES).fetchall()


def remove(conn: Connection, tablet_id: UUID) -> bool:
    """Remove a tablet of a home that the actor manages, with its PINs and every session on it."""
    return conn.execute(_REMOVE, (tablet_id,)).rowcount > 0


def set_pin(
    conn: Connection, tablet_id: UUID, person_id: UUID, name: str, pin_hash: str, good_until: datetime
) -> None:
    """Let somebody sign in on this tablet by PIN until then."""
    conn.execute(_SET_PIN, (tablet_id, person_id, name, pin_hash, good_until))


def quick(conn: Connection, tablet_id: UUID, at: datetime) -> Sequence[Quick]:
    """Return the people who may sign in by PIN there now."""
    with conn.cursor(row_factory=class_row(Quick)) as cursor:
        return cursor.execute(_QUICK, (tablet_id, at, MOST_WRONG)).fetchall()


def try_pin(conn: Connection, tablet_id: UUID, person_id: UUID, at: datetime) -> Pin | None:
    """Count a try; None where no PIN is good there."""
    with conn.cursor(row_factory=class_row(Pin)) as cursor:
        return cursor.execute(_TRY, (tablet_id, person_id, at, MOST_WRONG)).fetchone()


def was_right(conn: Connection, tablet_id: UUID, person_id: UUID) -> bool:
    """Forget the wrong tries; return False where the PIN is gone."""
    return conn.execute(_RIGHT, (tablet_id, person_id)).rowcount > 0


def renew(conn: Connection, tablet_id: UUID, person_id: UUID, good_until: datetime) -> None:
    """Renew somebody's PIN after a full sign-in there, if they set one."""
    conn.execute(_RENEW, (good_until, tablet_id, person_id))


def forget_pins(conn: Connection, person_id: UUID) -> None:
    """Remove somebody's PINs on all tablets."""
    conn.execute(_FORGET_PINS, (person_id,))
