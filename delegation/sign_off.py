"""Sign a worker off for one activity, or revoke the sign-off; trainers do both.

Guards: nobody signs themselves off, and a trainer signs off only workers they answer for. A sign-off lasts three years
at most. Revoking one needs a reason, which is kept.
"""

from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

import psycopg

from delegation import audit
from delegation.competence import Activity, Level
from delegation.people import Actor
from delegation.rights import ADD, CHANGE, Record

LONGEST_VALIDITY = timedelta(days=3 * 366)
"""Our starting value, for an adopter to change: skills are assessed again at least every third year."""
LONGEST_REASON = 2000


class SignOffRefusedError(PermissionError):
    """The sign-off may not be made or revoked; the message says why."""


_MAY_SIGN_OFF: LiteralString = "SELECT %s IN (SELECT delegation.workers_in_charge('trainer'))"
_SIGN_OFF: LiteralString = """
INSERT INTO delegation.competence (person_id, activity, level, assessor_id, signed_off_at, valid_until)
VALUES (%s, %s, %s, %s, %s, %s) RETURNING competence_id
"""
_REVOKE: LiteralString = """
UPDATE delegation.competence SET revoked_at = %s
WHERE competence_id = %s AND revoked_at IS NULL RETURNING person_id, activity
"""


def sign_off(
    conn: psycopg.Connection,
    actor: Actor,
    *,
    person_id: UUID,
    activity: Activity,
    level: Level,
    valid_until: datetime,
    at: datetime,
) -> UUID:
    """Record that the actor assessed this worker as competent; return the competence's id.

    Raises SignOffRefusedError.
    """
    if person_id == actor.person_id:
        raise SignOffRefusedError("Nobody signs themselves off: ask another trainer.")
    if not actor.may(ADD, Record.COMPETENCES):
        raise SignOffRefusedError("Only a trainer signs workers off.")
    if valid_until <= at:
        raise SignOffRefusedError("A sign-off must be valid for some time after it is made.")
    if valid_until > at + LONGEST_VALIDITY:
        raise SignOffRefusedError(
            "A sign-off is valid for three years at most: choose an earlier day, and assess them again then."
        )
    answer = conn.execute(_MAY_SIGN_OFF, (person_id,)).fetchone()
    if answer is None or not answer[0]:
        raise SignOffRefusedError("This worker is not in your organisation.")
    row = conn.execute(_SIGN_OFF, (person_id, activity, level, actor.person_id, at, valid_until)).fetchone()
    if row is None:
        raise SignOffRefusedError("The sign-off could not be recorded.")
    audit.record(conn, actor, "competence.signed_off", f"person:{person_id}/{activity}", at=at)
    return row[0]


def revoke(conn: psycopg.Connection, actor: Actor, competence_id: UUID, *, reason: str, at: datetime) -> None:
    """Revoke a sign-off from now on. Readings keep their labels. Raises SignOffRefusedError."""
    if not actor.may(CHANGE, Record.COMPETENCES):
        raise SignOffRefusedError("Only a trainer takes a sign-off back.")
    if not reason.strip():
        raise SignOffRefusedError("Say why you take it back: the reason is recorded.")
    if len(reason) > LONGEST_REASON:
        raise SignOffRefusedError(
            f"The reason has {len(reason)} characters; there is room for {LONGEST_REASON}."
        )
    row = conn.execute(_REVOKE, (at, competence_id)).fetchone()
    if row is None:
        raise SignOffRefusedError("There is no such sign-off in force among your workers.")
    subject = f"person:{row[0]}/{row[1]}"
    audit.record(conn, actor, "competence.revoked", subject, at=at, words=reason.strip())
