"""The page on oxygen where a resident lives: recording that none is in use, and that this is over.

Guards: nobody records it without saying that they checked; the page says what it does to a score, and what ends it.
"""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Visit
from api.home_or_hub import resident_of_home_or_hub
from api.looking import looked
from api.queries.resident import Resident, decisions
from api.routes.air_records import RecordingVisit, WithdrawingVisit
from api.web.fields import Fields
from api.web.presenters.resident import view as resident_view
from api.web.rendering import page
from delegation import air_record
from delegation.air_record import ABOUT
from delegation.decision import UnfitDecisionError

router = APIRouter()


@router.get("/residents/{resident_id}/air")
def form(request: Request, resident_id: UUID, visit: RecordingVisit) -> HTMLResponse:
    """What is recorded now, and the form for the other."""
    found = resident_of_home_or_hub(visit, resident_id, ABOUT)
    looked(visit, resident_id, "resident.air_seen")
    return _form(request, visit, found, {})


@router.post("/residents/{resident_id}/air")
def record(request: Request, resident_id: UUID, visit: RecordingVisit, fields: Fields) -> Response:
    """None is in use."""
    found = resident_of_home_or_hub(visit, resident_id, ABOUT)
    checked = fields.get("checked") == "yes"
    try:
        air_record.record(visit.conn, visit.actor, resident_id, checked=checked, at=visit.at)
    except UnfitDecisionError as refused:
        return _form(request, visit, found, refused.faults)
    return _back(resident_id, "air")


@router.post("/residents/{resident_id}/air/{air_record_id}/withdraw")
def withdraw(resident_id: UUID, air_record_id: UUID, visit: WithdrawingVisit) -> Response:
    """Some is in use, or prescribed."""
    resident_of_home_or_hub(visit, resident_id, ABOUT)
    air_record.withdraw(visit.conn, visit.actor, resident_id, air_record_id, visit.at)
    return _back(resident_id, "no-air")


def _back(resident_id: UUID, said: str) -> Response:
    return RedirectResponse(f"/residents/{resident_id}?said={said}#oxygen", HTTPStatus.SEE_OTHER)


def _form(request: Request, visit: Visit, found: Resident, faults: Mapping[str, str]) -> HTMLResponse:
    decided = decisions(visit.conn, found.resident_id, visit.at)
    view = {
        "resident": resident_view(found, decided, visit.at),
        "air": decided.air,
        "fields": {},
        "faults": faults,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return page(request, "air_record.jinja", view, who=visit.actor.name, status=status)
