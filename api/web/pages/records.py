"""The page on a resident's records: the end of care, its withdrawal, and legal holds.

Guards: only for those who answer for the resident's home or lead its hub. Looks are audited. A fault is shown beside
its field.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Visit
from api.looking import looked, looked_at_place
from api.queries import records
from api.queries.resident import Resident, decisions
from api.reach import home_answered_for, resident_answered_for
from api.routes.records import NOT_YOURS, EndingVisit, GoingOnVisit, HoldingVisit, KeeperVisit, LiftingVisit
from api.web.fields import Fields, day_of
from api.web.presenters import records as words
from api.web.presenters import resident as resident_words
from api.web.presenters.moments import LONDON, london_day
from api.web.rendering import page
from delegation.audit import Purpose
from delegation.residents import end_of_care, legal_hold
from delegation.residents.end_of_care import EndReason, EndRefusedError

router = APIRouter()

_LONGEST_REASON = 500
SAID = {
    "ended": "Recorded: care has ended.",
    "goes-on": "Care goes on: they are on the lists again.",
    "held": "The records are held: nothing of them is erased.",
    "lifted": "The hold is lifted.",
}


@router.get("/homes/{home_id}/records")
def of_home(request: Request, home_id: UUID, visit: KeeperVisit) -> HTMLResponse:
    """Show the residents of a home whose care has ended; they are on no other list."""
    found = home_answered_for(visit, home_id, NOT_YOURS)
    rows = [
        (
            one,
            words.ended(one),
            words.kept(one, held=bool(records.holds(visit.conn, one.resident_id, visit.at))),
        )
        for one in records.ended_at_home(visit.conn, home_id, visit.at)
    ]
    looked_at_place(visit, f"home:{home_id}", "home.records_seen", Purpose.RECORD_KEEPING)
    return page(request, "records_home.jinja", {"home": found, "rows": rows}, who=visit.actor.name)


@router.get("/residents/{resident_id}/records")
def show(request: Request, resident_id: UUID, visit: KeeperVisit, said: str = "") -> HTMLResponse:
    """Show what is decided about one resident's records."""
    found = resident_answered_for(visit, resident_id, NOT_YOURS)
    return _page(request, visit, found, {}, {}, said=SAID.get(said))


@router.post("/residents/{resident_id}/records/end")
def end(request: Request, resident_id: UUID, fields: Fields, visit: EndingVisit) -> Response:
    """Record that care has ended."""
    found = resident_answered_for(visit, resident_id, NOT_YOURS)
    ended_on, reason = day_of(fields.get("ended_on", "")), fields.get("end_reason", "")
    faults = {} if reason in set(EndReason) else {"end_reason": "Choose why care ended"}
    if ended_on is None:
        faults["ended_on"] = "Give the day on which care ended"
    elif ended_on > london_day(visit.at):
        faults["ended_on"] = "Care cannot have ended on a day to come: record it when it has"
    if faults or ended_on is None:
        return _page(request, visit, found, fields, faults)
    ended_at = min(datetime.combine(ended_on, time(12), LONDON).astimezone(UTC), visit.at)
    try:
        end_of_care.record(
            visit.conn, visit.actor, resident_id, ended_at=ended_at, reason=EndReason(reason), at=visit.at
        )
    except EndRefusedError as refused:
        return _page(request, visit, found, fields, {"ended_on": str(refused)})
    return _back(resident_id, "ended")


@router.post("/residents/{resident_id}/records/go-on")
def go_on(resident_id: UUID, visit: GoingOnVisit) -> Response:
    """Withdraw the end of care."""
    resident_answered_for(visit, resident_id, NOT_YOURS)
    end_of_care.withdraw(visit.conn, visit.actor, resident_id, visit.at)
    return _back(resident_id, "goes-on")


@router.post("/residents/{resident_id}/records/hold")
def hold(request: Request, resident_id: UUID, fields: Fields, visit: HoldingVisit) -> Response:
    """Place a legal hold."""
    found = resident_answered_for(visit, resident_id, NOT_YOURS)
    reason, until = fields.get("hold_reason", "").strip(), fields.get("hold_until", "").strip()
    last = day_of(until)
    faults = {} if reason else {"hold_reason": "Say what the records are held for"}
    if len(reason) > _LONGEST_REASON:
        faults["hold_reason"] = f"This has {len(reason)} characters; there is room for {_LONGEST_REASON}"
    if until and (last is None or last <= london_day(visit.at)):
        faults["hold_until"] = "Give a day to come, or leave it empty"
    if faults:
        return _page(request, visit, found, fields, faults)
    ends_at = None if last is None else datetime.combine(last, time(23, 59), LONDON).astimezone(UTC)
    legal_hold.place(visit.conn, visit.actor, resident_id, reason=reason, until=ends_at, at=visit.at)
    return _back(resident_id, "held")


@router.post("/residents/{resident_id}/records/lift")
def lift(resident_id: UUID, visit: LiftingVisit, hold_id: Annotated[UUID, Form()]) -> Response:
    """Lift a legal hold."""
    resident_answered_for(visit, resident_id, NOT_YOURS)
    legal_hold.lift(visit.conn, visit.actor, resident_id, hold_id, visit.at)
    return _back(resident_id, "lifted")


def _back(resident_id: UUID, said: str) -> Response:
    return RedirectResponse(f"/residents/{resident_id}/records?said={said}", HTTPStatus.SEE_OTHER)


def _page(
    request: Request,
    visit: Visit,
    found: Resident,
    fields: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    said: str | None = None,
) -> HTMLResponse:
    looked(visit, found.resident_id, "resident.records_seen", Purpose.RECORD_KEEPING)
    conn, at = visit.conn, visit.at
    ended = records.ended(conn, found.resident_id, at)
    held = records.holds(conn, found.resident_id, at)
    view = {
        "resident": resident_words.view(found, decisions(conn, found.resident_id, at), at),
        "ended": words.ended(ended) if ended else None,
        "recorded": words.recorded(ended) if ended else None,
        "kept": words.kept(ended, held=bool(held)) if ended else None,
        "holds": [(one, words.hold(one)) for one in held],
        "reasons": words.REASONS,
        "today": london_day(at).isoformat(),
        "fields": fields,
        "faults": faults,
        "said": said,
    }
    return page(request, "records.jinja", view, who=visit.actor.name)
