"""The page on which a resident moves to another home of the same provider.

Guards: a move is recorded once they have moved, so that they are always on one home's list. A colleague's newer record
is shown, never overwritten unseen. Somebody who answers only for the old home is told first that they will not see them
any more.
"""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Visit
from api.looking import looked
from api.queries.resident import Resident, resident
from api.reach import resident_answered_for
from api.routes.particulars import NOT_YOURS, CorrectingVisit
from api.web import namesakes
from api.web.fields import Fields, day_of
from api.web.presenters.moments import london_day
from api.web.rendering import page
from delegation.audit import Purpose
from delegation.residents import moving
from delegation.residents.admission import ChangedMeanwhileError, Outcome, UnfitParticularsError

router = APIRouter()


@router.get("/residents/{resident_id}/move")
def form(request: Request, resident_id: UUID, visit: CorrectingVisit) -> HTMLResponse:
    """Ask where to, and since when."""
    found = resident_answered_for(visit, resident_id, NOT_YOURS)
    return _page(request, visit, found, _begun(visit, found), {})


@router.post("/residents/{resident_id}/move")
def move(request: Request, resident_id: UUID, fields: Fields, visit: CorrectingVisit) -> Response:
    """Record that they live there now."""
    found = resident_answered_for(visit, resident_id, NOT_YOURS)
    home_id, moved_on = _home(fields.get("home", "")), day_of(fields.get("moved_on", ""))
    if moved_on is None:
        return _page(request, visit, found, fields, {"moved_on": "Give the day on which they moved"})
    try:
        done = moving.move(
            visit.conn,
            visit.actor,
            resident_id,
            home_id,
            moved_on=moved_on,
            at=visit.at,
            seen=_home(fields.get("seen", "")),
            other_than=namesakes.others(fields),
        )
    except UnfitParticularsError as unfit:
        return _page(request, visit, found, fields, unfit.faults)
    except ChangedMeanwhileError as changed:
        anew = resident_answered_for(visit, resident_id, NOT_YOURS)
        return _page(request, visit, anew, _begun(visit, anew), {"home": str(changed)})
    if done.outcome is Outcome.ALIKE:
        return _page(
            request, visit, found, namesakes.asking(fields, done), {"other_than": namesakes.ALIKE_THERE}
        )
    if resident(visit.conn, resident_id) is None:
        return RedirectResponse(f"/homes/{found.home_id}?said=moved", HTTPStatus.SEE_OTHER)
    return RedirectResponse(f"/residents/{resident_id}?said=moved", HTTPStatus.SEE_OTHER)


def _begun(visit: Visit, found: Resident) -> dict[str, str]:
    return {"seen": str(found.home_id), "moved_on": london_day(visit.at).isoformat()}


def _home(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _page(
    request: Request, visit: Visit, found: Resident, fields: Mapping[str, str], faults: Mapping[str, str]
) -> HTMLResponse:
    looked(visit, found.resident_id, "resident.details_seen", Purpose.RECORD_KEEPING)
    view = {
        "resident": found,
        "homes": moving.homes_to_move_to(visit.conn, found.resident_id),
        "today": london_day(visit.at).isoformat(),
        "there": namesakes.there(visit, fields),
        "fields": fields,
        "faults": faults,
    }
    return page(request, "move.jinja", view, who=visit.actor.name)
