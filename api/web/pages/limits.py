"""The hub's page on a resident's own limits: setting, reviewing and revoking one.

Guards: a fault is shown beside its field, and no input is lost. A colleague's newer decision is not ended unseen. The
page says that a limit adds remarks and removes none.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.access import Visit
from api.looking import looked
from api.problems import RefusedError
from api.queries.limits import Limit, limits
from api.queries.resident import decisions
from api.reach import resident_at_my_hub
from api.routes.limits import DecidingVisit, RevokingVisit
from api.web import decided as decided_form
from api.web.fields import Fields
from api.web.presenters import limits as words
from api.web.presenters.resident import ResidentView
from api.web.presenters.resident import view as resident_view
from api.web.rendering import page
from delegation.decisions import personal_limit
from delegation.decisions.decision import DecidedMeanwhileError, UnfitDecisionError
from delegation.decisions.personal_limit import SIGNS, Decision

router = APIRouter()

_FIELDS = ("sign", "low", "high", *decided_form.FIELDS)


@router.get("/residents/{resident_id}/limits")
def form(request: Request, resident_id: UUID, visit: DecidingVisit, sign: str = "") -> HTMLResponse:
    """Show the limits in force, and a form: at a review everything is stated anew."""
    found = _somebody(visit, resident_id)
    fields = decided_form.empty(visit.at) | {"sign": sign if sign in SIGNS else ""}
    return _form(request, visit, found, fields, {})


@router.post("/residents/{resident_id}/limits")
def decide(request: Request, resident_id: UUID, fields: Fields, visit: DecidingVisit) -> Response:
    """Record a decision, the first or one at a review."""
    found = _somebody(visit, resident_id)
    faults, decision = _read(fields, visit)
    if decision is None:
        return _form(request, visit, found, fields, faults)
    seen = decided_form.shown_with(fields, f"seen-{decision.sign}")
    try:
        personal_limit.decide(visit.conn, visit.actor, resident_id, decision, visit.at, seen)
    except UnfitDecisionError as refused:
        return _form(request, visit, found, fields, refused.faults)
    except DecidedMeanwhileError as meanwhile:
        return _form(request, visit, found, decided_form.shown_anew(fields), {"sign": str(meanwhile)})
    return decided_form.back(resident_id, "limit", part="limits")


@router.get("/residents/{resident_id}/limits/{sign}/revoke")
def revoking(request: Request, resident_id: UUID, sign: str, visit: RevokingVisit) -> HTMLResponse:
    """Ask why a limit is to end."""
    return _revoking(request, visit, resident_id, sign, {}, {})


@router.post("/residents/{resident_id}/limits/{sign}/revoke")
def revoke(
    request: Request,
    resident_id: UUID,
    sign: str,
    fields: Fields,
    visit: RevokingVisit,
) -> Response:
    """Revoke it."""
    _somebody(visit, resident_id)
    reason, seen = fields.get("reason", ""), decided_form.shown_with(fields)
    try:
        personal_limit.revoke(visit.conn, visit.actor, resident_id, sign, reason, visit.at, seen)
    except UnfitDecisionError as refused:
        return _revoking(request, visit, resident_id, sign, fields, refused.faults)
    except DecidedMeanwhileError as meanwhile:
        anew = decided_form.shown_anew(fields)
        return _revoking(request, visit, resident_id, sign, anew, {"reason": str(meanwhile)})
    return decided_form.back(resident_id, "no-limit", part="limits")


def _read(fields: Mapping[str, str], visit: Visit) -> tuple[dict[str, str], Decision | None]:
    """Return the faults, or the decision where there are none."""
    filled = decided_form.read(fields, visit.at)
    ends = {name: _number(fields.get(name, "")) for name in ("low", "high")}
    decision = Decision(**filled.said, sign=fields.get("sign", ""), **ends)
    if not filled.faults:
        return {}, decision
    return filled.with_others(decision.faults(visit.at)), None


def _number(text: str) -> Decimal | None:
    """Return the number typed; None where the field is empty, NaN where it is no number, which a decision refuses."""
    if not text.strip():
        return None
    try:
        return Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return Decimal("NaN")


def _somebody(visit: Visit, resident_id: UUID) -> ResidentView:
    found = resident_at_my_hub(visit, resident_id)
    return resident_view(found, decisions(visit.conn, resident_id, visit.at), visit.at)


def _form(
    request: Request, visit: Visit, found: ResidentView, fields: Mapping[str, str], faults: Mapping[str, str]
) -> HTMLResponse:
    looked(visit, found.resident_id, "resident.limits_seen")
    in_force = limits(visit.conn, found.resident_id, visit.at)
    view = {
        "resident": found,
        "limits": words.views(in_force, visit.at),
        "signs": words.choices(),
        **decided_form.asked(visit.at),
        "fields": {**_seen(in_force), **fields},
        "faults": {name: faults[name] for name in _FIELDS if name in faults},
    }
    return page(request, "limits.jinja", view, who=visit.actor.name)


def _seen(in_force: Iterable[Limit]) -> dict[str, str]:
    """Return for each sign the limit that a form is shown with, if any."""
    shown = {one.sign: str(one.limit_id) for one in in_force}
    return {f"seen-{sign}": shown.get(sign, "") for sign in SIGNS}


def _revoking(
    request: Request,
    visit: Visit,
    resident_id: UUID,
    sign: str,
    fields: Mapping[str, str],
    faults: Mapping[str, str],
) -> HTMLResponse:
    found, limit = _somebody(visit, resident_id), _in_force(visit, resident_id, sign)
    looked(visit, resident_id, "resident.limits_seen")
    view = {
        "resident": found,
        "limit": words.view(limit, visit.at),
        "fields": {"seen": str(limit.limit_id), **fields},
        "faults": faults,
    }
    return page(request, "limit_revoke.jinja", view, who=visit.actor.name)


def _in_force(visit: Visit, resident_id: UUID, sign: str) -> Limit:
    for one in limits(visit.conn, resident_id, visit.at):
        if one.sign == sign:
            return one
    raise RefusedError(
        HTTPStatus.CONFLICT, "No limit of this resident's own is in force for this vital sign."
    )
