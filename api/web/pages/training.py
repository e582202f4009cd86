"""The trainer's matrix: who is signed off for what, signing off, and revoking.

Guards: the reader's own row offers no action. A refusal is shown on the page.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Visit
from api.problems import RefusedError, not_found
from api.queries import matrix as queries
from api.routes.competences import MatrixVisit, SigningVisit, TakingBackVisit
from api.web.presenters.matrix import LEVELS, MEANINGS, matrix, standing_words
from api.web.presenters.moments import LONDON, london_day
from api.web.rendering import page
from delegation import sign_off
from delegation.competence import Activity, Level
from delegation.rights import ADD, Record
from delegation.sign_off import SignOffRefusedError

router = APIRouter()

USUAL_VALIDITY = timedelta(days=365)
SAID = {
    "signed-off": "Signed off.",
    "revoked": "The sign-off is taken back from now on. To give it back, sign them off again.",
}


@router.get("/training")
def show(request: Request, visit: MatrixVisit, said: str = "") -> HTMLResponse:
    """Show the matrix."""
    return _matrix(request, visit, said=SAID.get(said))


@router.get("/training/sign-off")
def signing(request: Request, visit: SigningVisit, person: UUID, activity: Activity) -> HTMLResponse:
    """Show the form for one worker and one activity."""
    until = (london_day(visit.at) + USUAL_VALIDITY).isoformat()
    return _signing(request, visit, person, activity, {}, {"level": "", "valid_until": until})


@router.post("/training/sign-off")
def sign(
    request: Request,
    visit: SigningVisit,
    person: Annotated[UUID, Form()],
    activity: Annotated[Activity, Form()],
    level: Annotated[str, Form()] = "",
    valid_until: Annotated[str, Form()] = "",
) -> Response:
    """Sign the worker off."""
    given = {"level": level, "valid_until": valid_until}
    faults = {} if level in set(Level) else {"level": "Choose how far they are signed off"}
    ends = _end_of(valid_until)
    if ends is None:
        faults["valid_until"] = "Give the last day it is valid"
    if faults or ends is None:
        return _signing(request, visit, person, activity, faults, given)
    try:
        sign_off.sign_off(
            visit.conn,
            visit.actor,
            person_id=person,
            activity=activity,
            level=Level(level),
            valid_until=ends,
            at=visit.at,
        )
    except SignOffRefusedError as refused:
        return _signing(request, visit, person, activity, {"valid_until": str(refused)}, given)
    return RedirectResponse(f"/training?said=signed-off#worker-{person}", HTTPStatus.SEE_OTHER)


@router.get("/training/{competence_id}/revoke")
def taking_back(request: Request, competence_id: UUID, visit: TakingBackVisit) -> HTMLResponse:
    """Ask whether to revoke a sign-off, and why."""
    return _taking_back(request, visit, _held(visit, competence_id), {}, "")


@router.post("/training/{competence_id}/revoke")
def revoke(
    request: Request, competence_id: UUID, visit: TakingBackVisit, reason: Annotated[str, Form()] = ""
) -> Response:
    """Revoke a sign-off."""
    held = _held(visit, competence_id)
    try:
        sign_off.revoke(visit.conn, visit.actor, competence_id, reason=reason, at=visit.at)
    except SignOffRefusedError as refused:
        return _taking_back(request, visit, held, {"reason": str(refused)}, reason)
    return RedirectResponse(f"/training?said=revoked#worker-{held.person_id}", HTTPStatus.SEE_OTHER)


def _held(visit: Visit, competence_id: UUID) -> queries.SignOff:
    """Return the sign-off as the matrix shows it, where it can still be revoked."""
    for one in queries.sign_offs(visit.conn, visit.at):
        if one.competence_id == competence_id:
            if one.revoked_at is not None or one.valid_until <= visit.at:
                raise RefusedError(HTTPStatus.CONFLICT, "This sign-off is not in force any more.")
            return one
    raise not_found("sign-off in force")


def _taking_back(
    request: Request, visit: Visit, held: queries.SignOff, faults: Mapping[str, str], reason: str
) -> HTMLResponse:
    _, words, detail = standing_words(held, visit.actor.person_id, visit.at)
    view = {
        "competence_id": held.competence_id,
        "worker": _worker(visit, held.person_id),
        "label": _label(visit, held.activity),
        "standing": f"{words}, {detail}",
        "faults": faults,
        "reason": reason,
    }
    return page(request, "take_back.jinja", view, who=visit.actor.name)


def _worker(visit: Visit, person: UUID) -> queries.Worker:
    for one in queries.workers(visit.conn):
        if one.person_id == person:
            return one
    raise not_found("worker")


def _label(visit: Visit, activity: str) -> str:
    return next(one.label for one in queries.activities(visit.conn) if one.activity == activity)


def _end_of(day: str) -> datetime | None:
    """Return the end of that day in London."""
    try:
        last = date.fromisoformat(day)
        return datetime.combine(last, time(23, 59, 59), LONDON).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _matrix(request: Request, visit: Visit, *, said: str | None = None) -> HTMLResponse:
    conn = visit.conn
    shown = matrix(
        queries.workers(conn),
        queries.activities(conn),
        queries.sign_offs(conn, visit.at),
        me=visit.actor.person_id,
        signs_off=visit.actor.may(ADD, Record.COMPETENCES),
        now=visit.at,
    )
    return page(request, "training.jinja", {"matrix": shown, "said": said}, who=visit.actor.name)


def _signing(
    request: Request,
    visit: Visit,
    person: UUID,
    activity: Activity,
    faults: Mapping[str, str],
    given: Mapping[str, Any],
) -> HTMLResponse:
    view = {
        "worker": _worker(visit, person),
        "activity": activity,
        "label": _label(visit, activity),
        "levels": LEVELS,
        "meanings": MEANINGS,
        "latest": london_day(visit.at + sign_off.LONGEST_VALIDITY - timedelta(days=1)).isoformat(),
        "faults": faults,
        **given,
    }
    return page(request, "sign_off.jinja", view, who=visit.actor.name)
