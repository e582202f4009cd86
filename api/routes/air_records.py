"""The record that no oxygen is in use where a resident lives: making and withdrawing it.

Guards: only their home's manager and the hub may; the use case and the database both enforce this.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access import Visit, needs
from api.queries import oxygen
from api.reach import resident_of_home_or_hub
from delegation.decisions import air_record
from delegation.decisions.air_record import ABOUT, Check
from delegation.rights import ADD, CHANGE, Record

router = APIRouter(prefix="/api/v1/residents/{resident_id}/air-records", tags=["oxygen"])

RecordingVisit = Annotated[Visit, needs(ADD, Record.AIR)]
WithdrawingVisit = Annotated[Visit, needs(CHANGE, Record.AIR)]


class NoOxygen(BaseModel):
    checked: Annotated[
        bool, Field(description="You checked that none is in use, and that none is prescribed")
    ]
    over: Annotated[
        UUID | None,
        Field(
            description="The `reading` in `current.signs.on_oxygen`, where that says that oxygen is in use or could not"
            " be had: you say that this is over"
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Recorded:
    air_record_id: UUID


@router.post("", status_code=201)
def record(resident_id: UUID, said: NoOxygen, visit: RecordingVisit) -> Recorded:
    """Record that no oxygen is in use.

    A score without an oxygen entry then assumes air, until an entry that oxygen is in use or could not be found out.
    409 where such a record is in force; 422 over a newest entry that says otherwise, unless `over` names it.
    """
    resident_of_home_or_hub(visit, resident_id, ABOUT)
    check = Check(checked=said.checked, doubt=oxygen.doubt(visit.conn, resident_id), over=said.over)
    return Recorded(air_record.record(visit.conn, visit.actor, resident_id, check, visit.at))


@router.post("/{air_record_id}/withdraw", status_code=204)
def withdraw(resident_id: UUID, air_record_id: UUID, visit: WithdrawingVisit) -> None:
    """Withdraw the record, because oxygen is in use or prescribed. 409 if it has ended."""
    resident_of_home_or_hub(visit, resident_id, ABOUT)
    air_record.withdraw(visit.conn, visit.actor, resident_id, air_record_id, visit.at)
