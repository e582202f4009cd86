"""Record that a resident's care ended; the retention of their records is counted from then.

Guards: only somebody who answers for the resident's home, or leads its hub, records an end of care. An end is never in
the future and never guessed. A later reading is still scored and escalated.
"""

from datetime import datetime
from enum import StrEnum
from typing import LiteralString
from uuid import UUID

import psycopg

from delegation import audit
from delegation.people import Actor
from delegation.residents import retention
from delegation.rights import ADD, CHANGE, Deed, Record


class EndReason(StrEnum):
    """Why care ended."""

    DIED = "died"
    MOVED_AWAY = "moved_away"
    NO_LONGER_WATCHED = "no_longer_watched"


class EndRefusedError(PermissionError):
    """The end of care may not be recorded or withdrawn; the message says why."""


_MAY: LiteralString = "SELECT %s IN (SELECT delegation.residents_answered_for())"
_RECORD: LiteralString = """
INSERT INTO delegation.end_of_care (resident_id, ended_at, reason, recorded_by, recorded_at)
VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_WITHDRAW: LiteralString = """
UPDATE delegation.end_of_care SET withdrawn_at = %s, withdrawn_by = %s
WHERE resident_id = %s AND withdrawn_at IS NULL
"""


def record(
    conn: psycopg.Connection,
    actor: Actor,
    resident_id: UUID,
    *,
    ended_at: datetime,
    reason: EndReason,
    at: datetime,
) -> None:
    """Record that this resident's care ended. Raises EndRefusedError."""
    check(conn, actor, ADD, Record.ENDS_OF_CARE, resident_id)
    if ended_at > at:
        raise EndRefusedError("Care cannot have ended in the future: record it when it has ended.")
    retention.lock(conn, resident_id)
    if conn.execute(_RECORD, (resident_id, ended_at, reason, actor.person_id, at)).rowcount == 0:
        raise EndRefusedError("The end of this resident's care is recorded already: withdraw it first.")
    audit.record(conn, actor, "care.ended", f"resident:{resident_id}", at=at, resident_id=resident_id)


def withdraw(conn: psycopg.Connection, actor: Actor, resident_id: UUID, at: datetime) -> None:
    """Withdraw the end of care. What was erased meanwhile stays erased. Raises EndRefusedError."""
    check(conn, actor, CHANGE, Record.ENDS_OF_CARE, resident_id)
    retention.lock(conn, resident_id)
    if conn.execute(_WITHDRAW, (at, actor.person_id, resident_id)).rowcount == 0:
        raise EndRefusedError("No end of care is recorded for this resident.")
    audit.record(conn, actor, "care.end_withdrawn", f"resident:{resident_id}", at=at, resident_id=resident_id)


def check(conn: psycopg.Connection, actor: Actor, deed: Deed, record: Record, resident_id: UUID) -> None:
    """Raise EndRefusedError unless the actor answers for this resident's records."""
    answer = conn.execute(_MAY, (resident_id,)).fetchone()
    if not actor.may(deed, record) or answer is None or not answer[0]:
        raise EndRefusedError("Only the home's manager or the hub's lead decides about a resident's records.")
