"""SpO2 scale 2 for a resident: authorising, reviewing and revoking it.

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
from delegation.decisions import scale_two
from delegation.decisions.scale_two import Decision
from delegation.rights import ADD, CHANGE, Record

router = APIRouter(prefix="/api/v1/residents/{resident_id}/scale-two", tags=["scale 2"])

AuthorisingVisit = Annotated[Visit, needs(ADD, Record.SCALE_TWO)]
RevokingVisit = Annotated[Visit, needs(CHANGE, Record.SCALE_TWO)]


_Seen = Annotated[
    UUID,
    Field(
        description="The newest `authorisation_id` in force as it was last read with the resident; null: none was"
    ),
]


class Authorising(OfClinician):
    seen: _Seen | None
    hypercapnic_failure_confirmed: bool
    target_88_to_92: bool


class RevokingScaleTwo(Revoking):
    seen: _Seen


@dataclass(frozen=True, slots=True)
class Authorised:
    authorisation_id: UUID


@router.post("", status_code=201)
def authorise(resident_id: UUID, authorising: Authorising, visit: AuthorisingVisit) -> Authorised:
    """Record that scale 2 is authorised, or was reviewed and stays; it holds from now on.

    409 if a colleague has decided since it was read.
    """
    resident_at_my_hub(visit, resident_id)
    decision = Decision(**authorising.model_dump(exclude={"seen"}))
    return Authorised(
        scale_two.authorise(visit.conn, visit.actor, resident_id, decision, visit.at, authorising.seen)
    )


@router.post("/revoke", status_code=204)
def revoke(resident_id: UUID, revoking: RevokingScaleTwo, visit: RevokingVisit) -> None:
    """Return to scale 1 from now on; both results are shown for 30 days. 409 if a colleague has decided since."""
    resident_at_my_hub(visit, resident_id)
    scale_two.revoke(visit.conn, visit.actor, resident_id, revoking.reason, visit.at, revoking.seen)
