"""Correct whose a reading is, over HTTP.

Guards: the request names the last correction seen, so that nobody overrules one they do not know.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from api.access import Visit, needs
from api.correcting import Said, correct
from api.parts import parts_of
from delegation.rights import CHANGE, Record
from ingest.correction import Reason

router = APIRouter(prefix="/api/v1/residents", tags=["residents"])


class NotTheirs(BaseModel):
    """Whose the reading is; null: unknown. `seen` is the reading's `correction` as it was last read."""

    taken_from: UUID | None
    reason: Reason
    seen: Annotated[int, Field(ge=0, le=2**62)]
    words: Annotated[str, Field(max_length=500)] | None = None


@dataclass(frozen=True, slots=True)
class PutRight:
    """What the reading means for the resident it belongs to; all empty where nobody is named."""

    low: int | None = None
    high: int | None = None
    complete: bool = False
    assumed_air: bool = False
    deciding: tuple[str, ...] = ()
    next: str | None = None
    escalation_id: UUID | None = None
    old: bool = False


@router.post("/{resident_id}/readings/{kit_id}/{reading_id}/corrections", status_code=201)
def say_whose(
    resident_id: UUID,
    kit_id: UUID,
    reading_id: UUID,
    said: NotTheirs,
    request: Request,
    visit: Annotated[Visit, needs(CHANGE, Record.READINGS)],
) -> PutRight:
    """Correct whose it is: what is known of both residents is updated, and the hub is told."""
    parts = parts_of(request)
    decided = Said(said.taken_from, said.reason, said.seen, said.words)
    corrected = correct(visit, parts.door, parts.evaluator, resident_id, (kit_id, reading_id), decided)
    verdict = corrected.verdict
    if verdict is None:
        return PutRight()
    return PutRight(
        low=verdict.low,
        high=verdict.high,
        complete=verdict.complete,
        assumed_air=verdict.assumed_air,
        deciding=verdict.deciding,
        next=verdict.next,
        escalation_id=verdict.escalation_id,
        old=verdict.old,
    )
