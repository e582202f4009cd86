"""Decisions about a resident's records: the end of care, and legal holds.

Guards: only somebody who answers for the resident's home or leads its hub may decide; the use case and the database
both enforce this.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, StringConstraints

from api.access import Visit, needs
from api.looking import looked
from api.queries import records
from api.reach import resident_answered_for
from delegation.audit import Purpose
from delegation.residents import end_of_care, legal_hold
from delegation.residents.end_of_care import EndReason
from delegation.rights import ADD, CHANGE, READ, Record

router = APIRouter(prefix="/api/v1/residents/{resident_id}", tags=["records"])

KeeperVisit = Annotated[Visit, needs(READ, Record.LEGAL_HOLDS)]
EndingVisit = Annotated[Visit, needs(ADD, Record.ENDS_OF_CARE)]
GoingOnVisit = Annotated[Visit, needs(CHANGE, Record.ENDS_OF_CARE)]
HoldingVisit = Annotated[Visit, needs(ADD, Record.LEGAL_HOLDS)]
LiftingVisit = Annotated[Visit, needs(CHANGE, Record.LEGAL_HOLDS)]
NOT_YOURS = "Only the home's manager or the hub's lead decides about a resident's records."


class Ending(BaseModel):
    ended_at: AwareDatetime
    reason: EndReason


class Holding(BaseModel):
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    until: AwareDatetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    hold_id: UUID


@dataclass(frozen=True, slots=True)
class Kept:
    """How long the records are kept: the end of care, and what holds them."""

    ended: records.Ended | None
    holds: list[records.Hold]


@router.get("/records")
def kept(resident_id: UUID, visit: KeeperVisit) -> Kept:
    """What is decided about this resident's records."""
    resident_answered_for(visit, resident_id, NOT_YOURS)
    looked(visit, resident_id, "resident.records_seen", Purpose.RECORD_KEEPING)
    return Kept(
        records.ended(visit.conn, resident_id, visit.at), records.holds(visit.conn, resident_id, visit.at)
    )


@router.post("/end-of-care", status_code=204)
def end(resident_id: UUID, ending: Ending, visit: EndingVisit) -> None:
    """Record that care ended; retention is counted from then."""
    end_of_care.record(
        visit.conn, visit.actor, resident_id, ended_at=ending.ended_at, reason=ending.reason, at=visit.at
    )


@router.post("/end-of-care/withdraw", status_code=204)
def go_on(resident_id: UUID, visit: GoingOnVisit) -> None:
    """Withdraw the end of care."""
    end_of_care.withdraw(visit.conn, visit.actor, resident_id, visit.at)


@router.post("/legal-holds", status_code=201)
def hold(resident_id: UUID, holding: Holding, visit: HoldingVisit) -> Held:
    """Keep this resident's records from being erased, until a day or until it is lifted."""
    return Held(
        legal_hold.place(
            visit.conn, visit.actor, resident_id, reason=holding.reason, until=holding.until, at=visit.at
        )
    )


@router.post("/legal-holds/{hold_id}/lift", status_code=204)
def lift(resident_id: UUID, hold_id: UUID, visit: LiftingVisit) -> None:
    """Lift a legal hold."""
    legal_hold.lift(visit.conn, visit.actor, resident_id, hold_id, visit.at)
