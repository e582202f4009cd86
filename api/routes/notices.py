"""Notices of emergencies of people whom a kit cannot name here, and acknowledging them.

Guards: the layer below decides who may see or acknowledge one. No resident is named.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from alerts.cases import notice
from api.access import Visit, needs
from api.queries import notices
from api.reach import hub_of
from api.routes.operations import OperatorVisit
from api.routes.queue import QueueVisit
from delegation.rights import CHANGE, Record

router = APIRouter(prefix="/api/v1", tags=["notices"])

NoticeVisit = Annotated[Visit, needs(CHANGE, Record.NOTICES)]


class Acknowledging(BaseModel):
    seen: Annotated[int, Field(ge=0, le=2**31 - 1, description="The notice's `readings` as it was last read")]


@dataclass(frozen=True, slots=True)
class Acknowledged:
    notice_id: UUID


@router.get("/hubs/{hub_id}/notices")
def of_hub(hub_id: UUID, visit: QueueVisit) -> list[notices.Notice]:
    """Emergencies that kits of the hub's homes sent of somebody who cannot be named; the stream says `resync`."""
    return notices.of_hub(visit.conn, hub_of(visit, hub_id).hub_id)


@router.get("/notices")
def of_no_home(visit: OperatorVisit) -> list[notices.Notice]:
    """The same for kits that are lent to no home."""
    return notices.of_no_home(visit.conn)


@router.post("/notices/{notice_id}/acknowledge")
def acknowledge(notice_id: UUID, acknowledging: Acknowledging, visit: NoticeVisit) -> Acknowledged:
    """Acknowledge it; 409 if more came since it was read, or a colleague was first."""
    notice.acknowledge(visit.conn, visit.actor, notice_id, acknowledging.seen, visit.at)
    return Acknowledged(notice_id)
