"""Record that no oxygen is in use where a resident lives, so that a score may assume air, and end that record.

Guards: the home's manager or the hub records it after a check. If the newest entry says otherwise, the record must name
that entry. It holds from now on, never for earlier readings. It ends with an entry that oxygen is in use or could not
be found out (see `delegation.store`), with a move, or when it is withdrawn.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg

from delegation import audit
from delegation.decisions import decision
from delegation.decisions.decision import (
    HOME_OR_HUB,
    DecidedMeanwhileError,
    NotInForceError,
    UnfitDecisionError,
)
from delegation.people import Actor

ABOUT = "oxygen at this address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What the recorder has checked.

    `doubt` is the reading with the newest oxygen entry, where that entry does not say that none is in use. `over` is
    the reading whose oxygen entry the recorder says no longer holds.
    """

    checked: bool
    doubt: UUID | None
    over: UUID | None

    def faults(self) -> dict[str, str]:
        """Return a sentence for each field that keeps this from being recorded."""
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
    """Record that no oxygen is in use from now on.

    Raises DecisionRefusedError, UnfitDecisionError, and DecidedMeanwhileError where such a record is in force.
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
    """Stop assuming air from now on. Raises DecisionRefusedError, and NotInForceError where this record has ended."""
    decision.take_turn(conn, actor, resident_id, ABOUT, HOME_OR_HUB)
    if _standing(conn, resident_id) != air_record_id:
        raise NotInForceError("This record has ended already: look at what stands now.")
    _withdraw(conn, actor, resident_id, air_record_id, at)


def leave(conn: psycopg.Connection, actor: Actor, resident_id: UUID, at: datetime) -> None:
    """End the record because the resident moves: a check at one address does not hold at another. Raises
    DecisionRefusedError."""
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
