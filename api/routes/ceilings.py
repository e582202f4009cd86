"""A resident's ceiling of treatment: recording, reviewing and revoking it.

Guards: only the hub records it, as decided by a named clinician; the use case and the database both enforce this.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from api.access import Visit, needs
from api.reach import resident_at_my_hub
from api.routes.decision import OfClinician, Revoking
from delegation.decisions import ceiling
from delegation.decisions.ceiling import LONGEST_STATEMENT, Decision
from delegation.rights import ADD, CHANGE, Record

router = APIRouter(prefix="/api/v1/residents/{resident_id}/ceiling", tags=["ceilings of treatment"])

DecidingVisit = Annotated[Visit, needs(ADD, Record.CEILINGS)]
RevokingVisit = Annotated[Visit, needs(CHANGE, Record.CEILINGS)]

_Seen = Annotated[
    UUID, Field(description="The `ceiling_id` in force as it was last read with the resident; null: none was")
]


class Deciding(OfClinician):
    seen: _Seen | None
    statement: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_STATEMENT,
            description="How far treatment is to go, in plain words: whoever sees the resident reads it",
        ),
    ]


class RevokingCeiling(Revoking):
    seen: _Seen


@dataclass(frozen=True, slots=True)
class Decided:
    ceiling_id: UUID


@router.post("", status_code=201)
def decide(resident_id: UUID, deciding: Deciding, visit: DecidingVisit) -> Decided:
    """Record it in place of the one in force; 409 if a colleague has decided since it was read."""
    resident_at_my_hub(visit, resident_id)
    decision = Decision(**deciding.model_dump(exclude={"seen"}))
    return Decided(ceiling.decide(visit.conn, visit.actor, resident_id, decision, visit.at, deciding.seen))


@router.post("/revoke", status_code=204)
def revoke(resident_id: UUID, revoking: RevokingCeiling, visit: RevokingVisit) -> None:
    """Revoke it, so that none is recorded from now on; 409 if a colleague has decided since it was read."""
    resident_at_my_hub(visit, resident_id)
    ceiling.revoke(visit.conn, visit.actor, resident_id, revoking.reason, visit.at, revoking.seen)
