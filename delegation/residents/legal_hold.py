"""Keep a resident's records from being erased, because of a claim, an inquest or an inquiry.

Guards: placing a hold and erasing wait for each other, so neither happens half way. A hold ends only when somebody
lifts it, or on the day given for it.
"""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg

from delegation import audit
from delegation.people import Actor
from delegation.residents import end_of_care, retention
from delegation.rights import ADD, CHANGE, Record


class NoSuchHoldError(LookupError):
    """No such hold is in force."""


class PastHoldError(ValueError):
    """The hold would end before it begins."""


_PLACE: LiteralString = """
INSERT INTO delegation.legal_hold (resident_id, reason, placed_by, starts_at, ends_at)
VALUES (%s, %s, %s, %s, %s) RETURNING hold_id
"""
_LIFT: LiteralString = """
UPDATE delegation.legal_hold SET ends_at = least(ends_at, %s), lifted_by = %s
WHERE hold_id = %s AND resident_id = %s AND lifted_by IS NULL
"""


def place(
    conn: psycopg.Connection,
    actor: Actor,
    resident_id: UUID,
    *,
    reason: str,
    until: datetime | None,
    at: datetime,
) -> UUID:
    """Hold this resident's records; `until` None means until it is lifted. Raises EndRefusedError, PastHoldError."""
    end_of_care.check(conn, actor, ADD, Record.LEGAL_HOLDS, resident_id)
    if until is not None and until <= at:
        raise PastHoldError("A hold until a time that has passed holds nothing: give a time to come.")
    retention.lock(conn, resident_id)
    row = conn.execute(_PLACE, (resident_id, reason, actor.person_id, at, until)).fetchone()
    if row is None:
        raise RuntimeError("The hold was not recorded.")
    audit.record(
        conn,
        actor,
        "records.held",
        f"resident:{resident_id}/hold:{row[0]}",
        at=at,
        resident_id=resident_id,
        words=reason,
    )
    return row[0]


def lift(conn: psycopg.Connection, actor: Actor, resident_id: UUID, hold_id: UUID, at: datetime) -> None:
    """Lift the hold. Raises EndRefusedError, and NoSuchHoldError where no hold has this id."""
    end_of_care.check(conn, actor, CHANGE, Record.LEGAL_HOLDS, resident_id)
    if conn.execute(_LIFT, (at, actor.person_id, hold_id, resident_id)).rowcount == 0:
        raise NoSuchHoldError("There is no such hold.")
    subject = f"resident:{resident_id}/hold:{hold_id}"
    audit.record(conn, actor, "records.released", subject, at=at, resident_id=resident_id)
