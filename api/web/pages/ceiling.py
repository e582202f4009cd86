"""The hub's page on a resident's ceiling of treatment: recording, reviewing and revoking it.

Guards: a fault is shown beside its field, and no input is lost. A colleague's newer decision is not ended unseen. The
page says that a ceiling is shown and changes no score.
"""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.access import Visit
from api.looking import looked
from api.problems import RefusedError
from api.queries.resident import Resident, decisions
from api.reach import resident_at_my_hub
from api.routes.ceilings import DecidingVisit, RevokingVisit
from api.web import decided as decided_form
from api.web.fields import Fields
from api.web.presenters.resident import view as resident_view
from api.web.rendering import page
from delegation.decisions import ceiling
from delegation.decisions.ceiling import LONGEST_STATEMENT, Decision
from delegation.decisions.decision import DecidedMeanwhileError, UnfitDecisionError

router = APIRouter()

_FIELDS = ("statement", *decided_form.FIELDS)


@router.get("/residents/{resident_id}/ceiling")
def form(request: Request, resident_id: UUID, visit: DecidingVisit) -> HTMLResponse:
    """Show the ceiling in force, and an empty form: at a review everything is stated anew."""
    found = resident_at_my_hub(visit, resident_id)
    return _page(request, visit, found, decided_form.empty(visit.at), {})


@router.post("/residents/{resident_id}/ceiling")
def decide(request: Request, resident_id: UUID, fields: Fields, visit: DecidingVisit) -> Response:
    """Record a decision, the first or one at a review."""
    found = resident_at_my_hub(visit, resident_id)
    faults, decision = _read(fields, visit)
    if decision is None:
        return _page(request, visit, found, fields, faults)
    seen = decided_form.shown_with(fields)
    try:
        ceiling.decide(visit.conn, visit.actor, resident_id, decision, visit.at, seen)
    except UnfitDecisionError as refused:
        return _page(request, visit, found, fields, refused.faults)
    except DecidedMeanwhileError as meanwhile:
        return _page(request, visit, found, decided_form.shown_anew(fields), {"statement": str(meanwhile)})
    return decided_form.back(resident_id, "ceiling")


@router.get("/residents/{resident_id}/ceiling/revoke")
def revoking(request: Request, resident_id: UUID, visit: RevokingVisit) -> HTMLResponse:
    """Ask why it is to end."""
    found = resident_at_my_hub(visit, resident_id)
    return _page(request, visit, found, {}, {}, "ceiling_revoke.jinja")


@router.post("/residents/{resident_id}/ceiling/revoke")
def revoke(request: Request, resident_id: UUID, fields: Fields, visit: RevokingVisit) -> Response:
    """Revoke it."""
    found = resident_at_my_hub(visit, resident_id)
    reason, seen = fields.get("reason", ""), decided_form.shown_with(fields)
    try:
        ceiling.revoke(visit.conn, visit.actor, resident_id, reason, visit.at, seen)
    except UnfitDecisionError as refused:
        return _page(request, visit, found, fields, refused.faults, "ceiling_revoke.jinja")
    except DecidedMeanwhileError as meanwhile:
        anew = decided_form.shown_anew(fields)
        return _page(request, visit, found, anew, {"reason": str(meanwhile)}, "ceiling_revoke.jinja")
    return decided_form.back(resident_id, "no-ceiling")


def _read(fields: Mapping[str, str], visit: Visit) -> tuple[dict[str, str], Decision | None]:
    """Return the faults, or the decision where there are none."""
    filled = decided_form.read(fields, visit.at)
    decision = Decision(**filled.said, statement=fields.get("statement", ""))
    if not filled.faults:
        return {}, decision
    return filled.with_others(decision.faults(visit.at)), None


def _page(
    request: Request,
    visit: Visit,
    found: Resident,
    fields: Mapping[str, str],
    faults: Mapping[str, str],
    template: str = "ceiling.jinja",
) -> HTMLResponse:
    looked(visit, found.resident_id, "resident.ceiling_seen")
    decided = decisions(visit.conn, found.resident_id, visit.at)
    if decided.ceiling is None and template != "ceiling.jinja":
        raise RefusedError(HTTPStatus.CONFLICT, "No ceiling of treatment is in force for this resident.")
    view = {
        "resident": resident_view(found, decided, visit.at),
        **decided_form.asked(visit.at),
        "longest_statement": LONGEST_STATEMENT,
        "fields": {"seen": str(decided.ceiling.ceiling_id) if decided.ceiling else "", **fields},
        "faults": {name: faults[name] for name in _FIELDS if name in faults},
    }
    return page(request, template, view, who=visit.actor.name)
