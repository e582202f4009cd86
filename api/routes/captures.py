"""A set of observations sent by somebody at the bedside.

Guards: the answer comes only after the commit. Sent twice with the same reading id, it is stored once.
"""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from api.access import Visit, needs
from api.capture import Captured, Observations, capture
from api.parts import parts_of
from api.problems import RefusedError
from delegation.rights import ADD, Record
from devices.reading import NotObtained, SoftSign, Worry
from devices.receipt import Outcome
from devices.vital_signs import VitalSign

router = APIRouter(prefix="/api/v1/residents", tags=["residents"])


class SetOfObservations(BaseModel):
    """Values as they were read off, each in its sign's own unit; the form makes the reading id once."""

    reading_id: UUID
    taken_at: AwareDatetime
    values: Annotated[dict[VitalSign, bool | int | float | str], Field(max_length=20)] = {}
    not_obtained: dict[VitalSign, NotObtained] = {}
    soft_signs: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=64)], SoftSign], Field(max_length=50)
    ] = {}
    emergency_signs: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=64)], SoftSign], Field(max_length=20)
    ] = {}
    phoned_999: bool = False
    worry: Worry | None = None
    note: Annotated[str, Field(max_length=2000)] | None = None
    scheduled_full_set: bool = False

    def as_observed(self) -> Observations:
        return Observations(
            reading_id=self.reading_id,
            taken_at=self.taken_at,
            values=self.values,
            not_obtained=self.not_obtained,
            soft_signs=self.soft_signs,
            emergency_signs=self.emergency_signs,
            phoned_999=self.phoned_999,
            worry=self.worry,
            note=self.note,
            scheduled_full_set=self.scheduled_full_set,
        )


@router.post("/{resident_id}/readings", status_code=201, responses={200: {"model": Captured}})
def send(
    resident_id: UUID,
    observed: SetOfObservations,
    request: Request,
    response: Response,
    visit: Annotated[Visit, needs(ADD, Record.READINGS)],
) -> Captured:
    """Store a set now (201) or find it stored before (200): the bounds, what is still needed, and what to do."""
    parts = parts_of(request)
    captured = capture(visit, parts.door, parts.evaluator, resident_id, observed.as_observed())
    if captured.outcome is Outcome.QUARANTINED:
        sentence = (
            f"This was kept for an operator to look at, and not stored as a reading: {captured.reason}."
        )
        raise RefusedError(HTTPStatus.CONFLICT, sentence)
    if captured.outcome is Outcome.DUPLICATE:
        response.status_code = HTTPStatus.OK
    return captured
