"""Sign-offs: who has them, making and revoking them.

Guards: nobody signs off themselves, or a worker they do not answer for; the use case and the database both enforce
this.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from api.access import Visit, needs
from api.queries import matrix
from delegation import sign_off
from delegation.competence import Activity, Level
from delegation.rights import ADD, CHANGE, READ, Record

router = APIRouter(prefix="/api/v1/competences", tags=["competences"])

MatrixVisit = Annotated[Visit, needs(READ, Record.COMPETENCES)]
SigningVisit = Annotated[Visit, needs(ADD, Record.COMPETENCES)]
TakingBackVisit = Annotated[Visit, needs(CHANGE, Record.COMPETENCES)]


@dataclass(frozen=True, slots=True)
class Matrix:
    workers: list[matrix.Worker]
    activities: list[matrix.Activity]
    sign_offs: list[matrix.SignOff]


class SigningOff(BaseModel):
    person_id: UUID
    activity: Activity
    level: Level
    valid_until: AwareDatetime


class TakingBack(BaseModel):
    reason: str


@dataclass(frozen=True, slots=True)
class SignedOff:
    competence_id: UUID


@router.get("")
def whole_matrix(visit: MatrixVisit) -> Matrix:
    """The workers you answer for, every activity, and the sign-offs between them."""
    return Matrix(
        matrix.workers(visit.conn), matrix.activities(visit.conn), matrix.sign_offs(visit.conn, visit.at)
    )


@router.post("", status_code=201)
def record(signing: SigningOff, visit: SigningVisit) -> SignedOff:
    """Sign a worker off for one activity."""
    competence_id = sign_off.sign_off(
        visit.conn,
        visit.actor,
        person_id=signing.person_id,
        activity=signing.activity,
        level=signing.level,
        valid_until=signing.valid_until,
        at=visit.at,
    )
    return SignedOff(competence_id)


@router.post("/{competence_id}/revoke", status_code=204)
def revoke(competence_id: UUID, taking_back: TakingBack, visit: TakingBackVisit) -> None:
    """Revoke a sign-off from now on, for a reason that is recorded."""
    sign_off.revoke(visit.conn, visit.actor, competence_id, reason=taking_back.reason, at=visit.at)
