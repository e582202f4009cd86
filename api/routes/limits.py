"""A resident's own limits: those in force, setting, reviewing and revoking one.

Guards: only the hub records them, as decided by a named clinician; the use case and the database both enforce this.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from api.access import Visit, needs
from api.looking import looked
from api.queries.limits import Limit, limits
from api.reach import resident_at_my_hub, resident_seen
from api.routes.decision import OfClinician, Revoking
from delegation.decisions import personal_limit
from delegation.decisions.personal_limit import SIGNS, Decision
from delegation.rights import ADD, CHANGE, READ, Record

router = APIRouter(prefix="/api/v1/residents/{resident_id}/limits", tags=["limits"])

LimitsVisit = Annotated[Visit, needs(READ, Record.LIMITS)]
DecidingVisit = Annotated[Visit, needs(ADD, Record.LIMITS)]
RevokingVisit = Annotated[Visit, needs(CHANGE, Record.LIMITS)]

Sign = Annotated[str, Field(max_length=40, json_schema_extra={"enum": list(SIGNS)})]
_End = Annotated[Decimal, Field(ge=0, lt=1000, decimal_places=2)]


_Seen = Annotated[
    UUID, Field(description="The `limit_id` in force for this sign as it was last read; null: none was")
]


class Deciding(OfClinician):
    """A value under `low` or over `high` is remarked on; at least one of them is given."""

    seen: _Seen | None
    sign: Sign
    low: _End | None = None
    high: _End | None = None


class RevokingLimit(Revoking):
    seen: _Seen


@dataclass(frozen=True, slots=True)
class Decided:
    limit_id: UUID


@router.get("")
def in_force(resident_id: UUID, visit: LimitsVisit) -> tuple[Limit, ...]:
    """Those in force now, and whose decision each is."""
    resident_seen(visit, resident_id)
    looked(visit, resident_id, "resident.limits_seen")
    return limits(visit.conn, resident_id, visit.at)


@router.post("", status_code=201)
def decide(resident_id: UUID, deciding: Deciding, visit: DecidingVisit) -> Decided:
    """Record a limit in place of the one for this vital sign; 409 if a colleague has decided since it was read."""
    resident_at_my_hub(visit, resident_id)
    decision = Decision(**deciding.model_dump(exclude={"seen"}))
    return Decided(
        personal_limit.decide(visit.conn, visit.actor, resident_id, decision, visit.at, deciding.seen)
    )


@router.post("/{sign}/revoke", status_code=204)
def revoke(resident_id: UUID, sign: Sign, revoking: RevokingLimit, visit: RevokingVisit) -> None:
    """Revoke it from now on; 409 if a colleague has decided since it was read."""
    resident_at_my_hub(visit, resident_id)
    personal_limit.revoke(
        visit.conn, visit.actor, resident_id, sign, revoking.reason, visit.at, revoking.seen
    )
