"""A pause of a resident's monitoring: recording, changing and ending it.

Guards: only their home's manager and the hub may; the use case and the database both enforce this.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from api.access import Visit, needs
from api.reach import resident_of_home_or_hub
from delegation.decisions import monitoring_pause
from delegation.decisions.monitoring_pause import ABOUT, LONGEST, LONGEST_BEFORE, LONGEST_REASON, Away
from delegation.rights import ADD, CHANGE, Record

router = APIRouter(prefix="/api/v1/residents/{resident_id}/pauses", tags=["pauses"])

PausingVisit = Annotated[Visit, needs(ADD, Record.PAUSES)]
EndingVisit = Annotated[Visit, needs(CHANGE, Record.PAUSES)]


class Pausing(BaseModel):
    """Why, from when and until when a resident is not to be watched."""

    seen: Annotated[
        UUID | None,
        Field(description="The `pause_id` in force as it was last read with the resident; null: none was"),
    ]
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]
    starts_at: Annotated[
        AwareDatetime, Field(description=f"Not to come, and at most {LONGEST_BEFORE.days} days ago")
    ]
    ends_at: Annotated[AwareDatetime, Field(description=f"Within {LONGEST.days} days")]


@dataclass(frozen=True, slots=True)
class Paused:
    pause_id: UUID


@router.post("", status_code=201)
def begin(resident_id: UUID, pausing: Pausing, visit: PausingVisit) -> Paused:
    """Record a pause in place of the one in force; 409 if a colleague has recorded another since it was read."""
    resident_of_home_or_hub(visit, resident_id, ABOUT)
    away = Away(**pausing.model_dump(exclude={"seen"}))
    return Paused(monitoring_pause.begin(visit.conn, visit.actor, resident_id, away, visit.at, pausing.seen))


@router.post("/{pause_id}/end", status_code=204)
def end(resident_id: UUID, pause_id: UUID, visit: EndingVisit) -> None:
    """End it, because they are back. 409 if it has ended, or a colleague has changed it."""
    resident_of_home_or_hub(visit, resident_id, ABOUT)
    monitoring_pause.end(visit.conn, visit.actor, resident_id, pause_id, visit.at)
