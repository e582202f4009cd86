"""Open the record of a resident outside the actor's hub for a short while, to prevent harm.

Guards: the resident is found only by NHS number and date of birth together. Every try is audited, the number of tries
is limited, and what was typed is not kept. Those who answer for the resident are told. The database enforces this too,
and lets the opened record be read but not written.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import LiteralString
from uuid import UUID

import psycopg

from delegation import audit
from delegation.people import Actor
from delegation.rights import ADD, CHANGE, Record

LONGEST_WORDS = 500


class Reason(StrEnum):
    """Why the clinician could not wait for the resident's own hub."""

    DANGER_NOW = "danger_now"
    COVERING = "covering"
    CALLED_HERE = "called_here"
    MOVING = "moving"


class Outcome(StrEnum):
    """The result of a try."""

    OPENED = "opened"
    YOURS = "yours"
    NOBODY = "nobody"
    WAIT = "wait"


class Desk(StrEnum):
    """Who acknowledges that a record was opened: the resident's home or its hub."""

    HOME = "home"
    HUB = "hub"


class GlassRefusedError(PermissionError):
    """The actor may not open this record from outside, or not acknowledge it; the message says why."""


@dataclass(frozen=True, slots=True)
class Try:
    """What a clinician enters to open a record."""

    nhs_number: str
    born_on: date
    reason: Reason
    words: str


@dataclass(frozen=True, slots=True)
class Tried:
    """The result of a try. `until` is when the record closes again, or when the clinician may try again."""

    outcome: Outcome
    resident_id: UUID | None
    until: datetime | None


_OPEN: LiteralString = "SELECT * FROM delegation.break_glass(%s, %s, %s, %s)"
_SEEN: LiteralString = """
INSERT INTO delegation.break_glass_seen (break_glass_id, desk, person_id) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
_WHOSE: LiteralString = """
SELECT resident_id FROM delegation.break_glass JOIN delegation.resident USING (resident_id)
WHERE break_glass_id = %s AND home_id IN (SELECT delegation.homes_held(%s))
"""
_ACTIONS = {
    Outcome.OPENED: "break_glass.opened",
    Outcome.YOURS: "break_glass.not_needed",
    Outcome.NOBODY: "break_glass.found_nobody",
    Outcome.WAIT: "break_glass.refused",
}
_ROLES = {Desk.HOME: "home_manager", Desk.HUB: "hub_lead"}


def open_outside(conn: psycopg.Connection, actor: Actor, tried: Try, at: datetime) -> Tried:
    """Try to open a record. Raises GlassRefusedError.

    The caller commits whatever the outcome is, because each try counts towards the limit.
    """
    if not actor.may(ADD, Record.GLASS):
        raise GlassRefusedError("Only the hub's clinicians open a record from outside.")
    given = (tried.nhs_number, tried.born_on, tried.reason, tried.words)
    row = conn.execute(_OPEN, given).fetchone()
    if row is None:
        raise RuntimeError("The database did not say what became of it.")
    done = Tried(Outcome(row[0]), row[1], row[2])
    subject = str(actor) if done.resident_id is None else f"resident:{done.resident_id}"
    words = f"{tried.reason}: {tried.words}" if done.outcome is Outcome.OPENED else None
    audit.record(
        conn, actor, _ACTIONS[done.outcome], subject, at=at, resident_id=done.resident_id, words=words
    )
    return done


def acknowledge(conn: psycopg.Connection, actor: Actor, glass_id: UUID, desk: Desk, at: datetime) -> None:
    """Record that the home, or its hub, has seen this; repeating it does no harm. Raises GlassRefusedError."""
    if not actor.may(CHANGE, Record.GLASS):
        raise GlassRefusedError("Only the home's manager or the hub's lead says so.")
    whose = conn.execute(_WHOSE, (glass_id, _ROLES[desk])).fetchone()
    if whose is None:
        raise GlassRefusedError("There is nothing here for you to say that you have seen it.")
    if conn.execute(_SEEN, (glass_id, desk, actor.person_id)).rowcount:
        audit.record(
            conn, actor, "break_glass.acknowledged", f"break_glass:{glass_id}", at=at, resident_id=whose[0]
        )
