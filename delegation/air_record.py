"""Records that no oxygen is in use where a resident lives, so that a score may assume air, and that this is over.

Guards: the home's manager or the hub says so, having checked, and over a newest entry that says otherwise only by
naming it; it counts from then on and never for readings of before; it lasts until an entry that oxygen is in use, or
that nobody could find out (see `delegation.store`), a move, or the word of whoever knows that some is in use or
prescribed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg

from delegation import audit, decision
from delegation.decision import HOME_OR_HUB, DecidedMeanwhileError, NotInForceError, UnfitDecisionError
from delegation.people import Actor

ABOUT = "oxygen at this address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What whoever records it has checked.

    `doubt`: the reading with the newest entry of oxygen, where that does not say that none is in use. `over`: the
    reading of which they say that what it says of oxygen is over.
    """

    checked: bool
    doubt: UUID | None
    over: UUID | None

    def faults(self) -> dict[str, str]:
        """What keeps it from being recorded, by field."""
        found: dict[str, str] = {}
        if not self.checked:
            found["checked"] = "Check first that no oxygen is in use, and that none is prescribed"
        if self.doubt is not None and self.over != self.doubt:
            found["over"] = "The last entry does not say that no oxygen is in use: confirm that this is over"
        return found


_STANDING: LiteralString = """
SELECT air_record_id FROM delegation.air_record
WHERE resident_id = %s AND cancelled_at IS NULL AND withdrawn_at IS NULL ORDER BY recorded_at DESC LIMIT 1
"""
_RECORD: LiteralString = """
INSERT INTO delegation.air_record (resident_id, recorded_by, recorded_at) VALUES (%s, %s, %s) RETURNING air_record_id
"""
_WITHDRAW: LiteralString = """
UPDATE delegation.air_record SET withdrawn_at = %s, withdrawn_by = %s
WHERE resident_id = %s AND cancelled_at IS NULL AND withdrawn_at IS NULL
"""


def record(conn: psycopg.Connection, actor: Actor, resident_id: UUID, check: Check, at: datetime) -> UUID:
    """Say that none is in use, from now on.

    Raises DecisionRefusedError, UnfitDecisionError, DecidedMeanwhileError where it stands already.
    """
    decision.take_turn(conn, actor, resident_id, ABOUT, HOME_OR_HUB)
    if _standing(conn, resident_id) is not None:
        raise DecidedMeanwhileError("That no oxygen is in use at this address is recorded already.")
    if faults := check.faults():
        raise UnfitDecisionError(faults)
    row = conn.execute(_RECORD, (resident_id, actor.person_id, at)).fetchone()
    if row is None:
        raise RuntimeError("It was not recorded.")
    audit.record(conn, actor, "air_record.recorded", f"air_record:{row[0]}", at=at, resident_id=resident_id)
    return row[0]


def withdraw(
    conn: psycopg.Connection, actor: Actor, resident_id: UUID, air_record_id: UUID, at: datetime
) -> None:
    """Assume no air from now on. Raises DecisionRefusedError, NotInForceError where this does not stand any more."""
    decision.take_turn(conn, actor, resident_id, ABOUT, HOME_OR_HUB)
    if _standing(conn, resident_id) != air_record_id:
        raise NotInForceError("This record has ended already: look at what stands now.")
    _withdraw(conn, actor, resident_id, air_record_id, at)


def leave(conn: psycopg.Connection, actor: Actor, resident_id: UUID, at: datetime) -> None:
    """They live there no more: what was checked at one address says nothing of another. Raises DecisionRefusedError."""
    decision.take_turn(conn, actor, resident_id, ABOUT, HOME_OR_HUB)
    if (standing := _standing(conn, resident_id)) is not None:
        _withdraw(conn, actor, resident_id, standing, at)


def _withdraw(
    conn: psycopg.Connection, actor: Actor, resident_id: UUID, air_record_id: UUID, at: datetime
) -> None:
    conn.execute(_WITHDRAW, (at, actor.person_id, resident_id))
    subject = f"air_record:{air_record_id}"
    audit.record(conn, actor, "air_record.withdrawn", subject, at=at, resident_id=resident_id)


def _standing(conn: psycopg.Connection, resident_id: UUID) -> UUID | None:
    row = conn.execute(_STANDING, (resident_id,)).fetchone()
    return row[0] if row else None
