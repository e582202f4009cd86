"""The hub's page on SpO2 scale 2 of one resident: authorising, reviewing and revoking it.

Guards: a fault is shown beside its field, and no input is lost. A colleague's newer decision is not ended unseen.
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
from api.routes.scale_two import AuthorisingVisit, RevokingVisit
from api.web import decided as decided_form
from api.web.fields import Fields
from api.web.presenters import resident as words
from api.web.rendering import page
from delegation.decisions import scale_two
from delegation.decisions.decision import DecidedMeanwhileError, UnfitDecisionError
from delegation.decisions.scale_two import Decision

router = APIRouter()

_FIELDS = ("confirmed", "target", *decided_form.FIELDS)
# Boxes to tick have shorter names on the form than in the decision.
_SAID_AT = {"hypercapnic_failure_confirmed": "confirmed", "target_88_to_92": "target"}


@router.get("/residents/{resident_id}/scale-two")
def form(request: Request, resident_id: UUID, visit: AuthorisingVisit) -> HTMLResponse:
    """Show an empty form for a decision: at a review everything is stated anew."""
    found = resident_at_my_hub(visit, resident_id)
    return _form(request, visit, found, decided_form.empty(visit.at), {})


@router.post("/residents/{resident_id}/scale-two")
def authorise(request: Request, resident_id: UUID, fields: Fields, visit: AuthorisingVisit) -> Response:
    """Record a decision, the first or one at a review."""
    found = resident_at_my_hub(visit, resident_id)
    faults, decision = _read(fields, visit)
    if decision is None:
        return _form(request, visit, found, fields, faults)
    seen = decided_form.shown_with(fields)
    try:
        scale_two.authorise(visit.conn, visit.actor, resident_id, decision, visit.at, seen)
    except UnfitDecisionError as refused:
        return _form(request, visit, found, fields, _by_field(refused.faults))
    except DecidedMeanwhileError as meanwhile:
        return _form(request, visit, found, decided_form.shown_anew(fields), {"confirmed": str(meanwhile)})
    return decided_form.back(resident_id, "scale-two", part="oxygen")


@router.get("/residents/{resident_id}/scale-two/revoke")
def revoking(request: Request, resident_id: UUID, visit: RevokingVisit) -> HTMLResponse:
    """Ask why scale 2 is to end."""
    return _revoking(request, visit, resident_id, {}, {})


@router.post("/residents/{resident_id}/scale-two/revoke")
def revoke(request: Request, resident_id: UUID, fields: Fields, visit: RevokingVisit) -> Response:
    """Revoke it."""
    resident_at_my_hub(visit, resident_id)
    reason, seen = fields.get("reason", ""), decided_form.shown_with(fields)
    try:
        scale_two.revoke(visit.conn, visit.actor, resident_id, reason, visit.at, seen)
    except UnfitDecisionError as refused:
        return _revoking(request, visit, resident_id, fields, refused.faults)
    except DecidedMeanwhileError as meanwhile:
        anew = decided_form.shown_anew(fields)
        return _revoking(request, visit, resident_id, anew, {"reason": str(meanwhile)})
    return decided_form.back(resident_id, "scale-one", part="oxygen")


def _read(fields: Mapping[str, str], visit: Visit) -> tuple[dict[str, str], Decision | None]:
    """Return the faults, or the decision where there are none."""
    filled = decided_form.read(fields, visit.at)
    decision = Decision(
        **filled.said,
        hypercapnic_failure_confirmed=fields.get("confirmed") == "yes",
        target_88_to_92=fields.get("target") == "yes",
    )
    if not filled.faults:
        return {}, decision
    return filled.with_others(_by_field(decision.faults(visit.at))), None


def _by_field(faults: Mapping[str, str]) -> dict[str, str]:
    return {_SAID_AT.get(name, name): sentence for name, sentence in faults.items()}


def _form(
    request: Request, visit: Visit, found: Resident, fields: Mapping[str, str], faults: Mapping[str, str]
) -> HTMLResponse:
    looked(visit, found.resident_id, "resident.scale_two_seen")
    decided = decisions(visit.conn, found.resident_id, visit.at)
    now = words.in_force(decided.scale_two, visit.at)
    view = {
        "resident": words.view(found, decided, visit.at),
        "stands": words.scale(decided.scale_two, visit.at),
        "now": now,
        **decided_form.asked(visit.at),
        "fields": {"seen": str(now.authorisation_id) if now else "", **fields},
        "faults": {name: faults[name] for name in _FIELDS if name in faults},
    }
    return page(request, "scale_two.jinja", view, who=visit.actor.name)


def _revoking(
    request: Request, visit: Visit, resident_id: UUID, fields: Mapping[str, str], faults: Mapping[str, str]
) -> HTMLResponse:
    found = resident_at_my_hub(visit, resident_id)
    looked(visit, resident_id, "resident.scale_two_seen")
    decided = decisions(visit.conn, resident_id, visit.at)
    now = words.in_force(decided.scale_two, visit.at)
    if now is None:
        raise RefusedError(HTTPStatus.CONFLICT, "No authorisation of scale 2 is in force for this resident.")
    view = {
        "resident": words.view(found, decided, visit.at),
        "stands": words.scale(decided.scale_two, visit.at),
        "fields": {"seen": str(now.authorisation_id), **fields},
        "faults": faults,
    }
    return page(request, "scale_two_revoke.jinja", view, who=visit.actor.name)
