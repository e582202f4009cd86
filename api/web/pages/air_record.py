"""The page on oxygen where a resident lives: recording that none is in use, and ending that record.

Guards: it takes a confirmed check, and a confirmation of the last entry if that says otherwise. The page says what the
record does to a score, and what ends it. Pressing twice, or after a colleague, shows what is in force.
"""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.access import Visit
from api.looking import looked
from api.queries import oxygen
from api.queries.oxygen import Entry
from api.queries.resident import Resident, decisions
from api.reach import resident_of_home_or_hub
from api.routes.air_records import RecordingVisit, WithdrawingVisit
from api.web import decided as decided_form
from api.web.fields import Fields
from api.web.presenters import resident as words
from api.web.rendering import page
from delegation.decisions import air_record
from delegation.decisions.air_record import ABOUT, Check
from delegation.decisions.decision import DecidedMeanwhileError, NotInForceError, UnfitDecisionError

router = APIRouter()


@router.get("/residents/{resident_id}/air")
def form(request: Request, resident_id: UUID, visit: RecordingVisit) -> HTMLResponse:
    """Show what is recorded now, and the form to change it."""
    found = resident_of_home_or_hub(visit, resident_id, ABOUT)
    return _form(request, visit, found)


@router.post("/residents/{resident_id}/air")
def record(request: Request, resident_id: UUID, fields: Fields, visit: RecordingVisit) -> Response:
    """Record that none is in use."""
    found = resident_of_home_or_hub(visit, resident_id, ABOUT)
    check = Check(
        checked=fields.get("checked") == "yes",
        doubt=oxygen.doubt(visit.conn, resident_id),
        over=decided_form.shown_with(fields) if fields.get("over") == "yes" else None,
    )
    try:
        air_record.record(visit.conn, visit.actor, resident_id, check, visit.at)
    except UnfitDecisionError as refused:
        return _form(request, visit, found, fields, refused.faults)
    except DecidedMeanwhileError as meanwhile:
        return _form(request, visit, found, meanwhile=str(meanwhile))
    return decided_form.back(resident_id, "air")


@router.post("/residents/{resident_id}/air/{air_record_id}/withdraw")
def withdraw(request: Request, resident_id: UUID, air_record_id: UUID, visit: WithdrawingVisit) -> Response:
    """Withdraw the record, because oxygen is in use or prescribed."""
    found = resident_of_home_or_hub(visit, resident_id, ABOUT)
    try:
        air_record.withdraw(visit.conn, visit.actor, resident_id, air_record_id, visit.at)
    except NotInForceError as over:
        return _form(request, visit, found, meanwhile=str(over))
    return decided_form.back(resident_id, "no-air")


def _form(
    request: Request,
    visit: Visit,
    found: Resident,
    fields: Mapping[str, str] = decided_form.NOTHING,
    faults: Mapping[str, str] = decided_form.NOTHING,
    meanwhile: str = "",
) -> HTMLResponse:
    looked(visit, found.resident_id, "resident.air_seen")
    decided = decisions(visit.conn, found.resident_id, visit.at)
    resident, entry = words.view(found, decided, visit.at), oxygen.newest(visit.conn, found.resident_id)
    view = {
        "resident": resident,
        "air": decided.air,
        "now": (*resident.oxygen, words.last_oxygen(entry, visit.at)),
        "fields": _shown(fields, entry),
        "faults": faults,
        "meanwhile": meanwhile,
    }
    return page(request, "air_record.jinja", view, who=visit.actor.name)


def _shown(fields: Mapping[str, str], entry: Entry | None) -> dict[str, str]:
    """Return the fields with the entry to confirm now; a tick meant for another entry is dropped."""
    doubted = "" if entry is None or entry.in_use is False else str(entry.reading_id)
    kept = fields if fields.get("seen") == doubted else {**fields, "over": ""}
    return {**kept, "seen": doubted}
