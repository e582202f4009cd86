"""The trainer's matrix: who is signed off for what, signing off, and taking it back.

Guards: one's own row offers nothing; what the use case refuses is said on the page.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Visit, needs
from api.problems import not_found
from api.queries import matrix as queries
from api.web.presenters.matrix import LEVELS, matrix
from api.web.presenters.moments import LONDON, london_day
from api.web.rendering import page
from delegation import sign_off
from delegation.competence import Activity, Level
from delegation.people import Role
from delegation.sign_off import SignOffRefusedError

router = APIRouter()

TrainerVisit = Annotated[Visit, needs(Role.TRAINER)]
USUAL_VALIDITY = timedelta(days=365)
SAID = {"signed-off": "Signed off.", "revoked": "The sign-off is taken back from now on."}


@router.get("/training")
def show(request: Request, visit: TrainerVisit, said: str = "") -> HTMLResponse:
    """The matrix."""
    return _matrix(request, visit, said=SAID.get(said))


@router.get("/training/sign-off")
def signing(request: Request, visit: TrainerVisit, person: UUID, activity: Activity) -> HTMLResponse:
    """The form for one worker and one activity."""
    until = (london_day(visit.at) + USUAL_VALIDITY).isoformat()
    return _signing(request, visit, person, activity, {}, {"level": "", "valid_until": until})


@router.post("/training/sign-off")
def sign(
    request: Request,
    visit: TrainerVisit,
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


@router.post("/training/{competence_id}/revoke")
def revoke(request: Request, competence_id: UUID, visit: TrainerVisit) -> Response:
    """Take a sign-off back."""
    try:
        sign_off.revoke(visit.conn, visit.actor, competence_id, visit.at)
    except SignOffRefusedError as refused:
        return _matrix(request, visit, problem=str(refused))
    return RedirectResponse("/training?said=revoked", HTTPStatus.SEE_OTHER)


def _end_of(day: str) -> datetime | None:
    """The end of that day in London."""
    try:
        last = date.fromisoformat(day)
        return datetime.combine(last, time(23, 59, 59), LONDON).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _matrix(
    request: Request, visit: Visit, *, said: str | None = None, problem: str | None = None
) -> HTMLResponse:
    conn = visit.conn
    shown = matrix(
        queries.workers(conn),
        queries.activities(conn),
        queries.sign_offs(conn),
        me=visit.actor.person_id,
        now=visit.at,
    )
    view = {"matrix": shown, "said": said, "problem": problem}
    status = HTTPStatus.CONFLICT if problem else HTTPStatus.OK
    return page(request, "training.jinja", view, who=visit.actor.name, status=status)


def _signing(
    request: Request,
    visit: Visit,
    person: UUID,
    activity: Activity,
    faults: Mapping[str, str],
    given: Mapping[str, Any],
) -> HTMLResponse:
    worker = next((one for one in queries.workers(visit.conn) if one.person_id == person), None)
    if worker is None:
        raise not_found("worker")
    label = next(one.label for one in queries.activities(visit.conn) if one.activity == activity)
    view = {
        "worker": worker,
        "activity": activity,
        "label": label,
        "levels": LEVELS,
        "faults": faults,
        **given,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return page(request, "sign_off.jinja", view, who=visit.actor.name, status=status)
