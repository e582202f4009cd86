"""Acknowledging a kit's notice of an emergency of somebody who cannot be named here.

Guards: the person is sent back to the page the notice was on, and a refusal is shown there.
"""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from alerts.cases import notice
from alerts.cases.desk import DeskError
from api.problems import not_found
from api.queries import notices
from api.routes.notices import NoticeVisit
from api.web.pages.kits import kits_page
from api.web.pages.queue import queue_page

router = APIRouter()


@router.post("/notices/{notice_id}/acknowledge")
def acknowledge(
    request: Request, notice_id: UUID, visit: NoticeVisit, seen: Annotated[int, Form(ge=0, le=2**31 - 1)] = 0
) -> Response:
    """Acknowledge the notice."""
    try:
        hub_id = notices.hub_of(visit.conn, notice_id)
    except LookupError:
        raise not_found("notice") from None
    try:
        with visit.conn.transaction():
            notice.acknowledge(visit.conn, visit.actor, notice_id, seen, visit.at)
    except DeskError as refused:
        if hub_id is None:
            return kits_page(request, visit, problem=str(refused))
        return queue_page(request, visit, hub_id, problem=str(refused))
    place = "/kits" if hub_id is None else f"/hubs/{hub_id}"
    return RedirectResponse(f"{place}?said=acknowledged", HTTPStatus.SEE_OTHER)
