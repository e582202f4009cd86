"""One's own account: open sessions, and changing the password.

Guards: it shows and ends only the visitor's own sessions. A password is never shown or sent back.
"""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import FullySignedIn, Visit, needs
from api.identity import second_step, sessions
from api.identity.sessions import Session
from api.identity.steps import Step
from api.parts import parts_of
from api.queries import desks
from api.signing_in import openid
from api.signing_in.own_account import change_password, end_session, end_sessions
from api.signing_in.pins import pin_for
from api.signing_in.proofs import NewPassword, new_password
from api.signing_in.tablets import tablet_of
from api.web.onward import inside, to_step
from api.web.presenters.moments import moment
from api.web.rendering import page
from delegation.rights import CHANGE, Record
from devices.reading import OperatorKnownBy

router = APIRouter(prefix="/account")

PasswordVisit = Annotated[
    Visit, needs(CHANGE, Record.ONESELF, steps=(Step.NEW_PASSWORD, Step.DONE), full=True)
]
_SAID = {
    "one": "That session is ended.",
    "others": "You are signed in here only.",
    "pin": "Your PIN is set.",
    "joined": "You can sign in that way from now on.",
}


@router.get("")
def show(request: Request, visit: FullySignedIn, said: str = "") -> HTMLResponse:
    """Show where the visitor is signed in."""
    open_now = sessions.of_person(visit.conn, visit.actor.person_id, visit.at)
    view = {
        "sessions": [_row(one, visit) for one in open_now],
        "said": _SAID.get(said),
        "second_step": _second_step(request, visit),
        "may_set_pin": _may_set_pin(request, visit),
        "peoples": [
            *((f"/homes/{one.place_id}", one.name) for one in desks.homes_managed(visit.conn)),
            *((f"/hubs/{one.place_id}", one.name) for one in desks.hubs_led(visit.conn)),
        ],
        "manages": visit.actor.may(CHANGE, Record.TABLETS),
        "helps": visit.actor.may(CHANGE, Record.ACCOUNTS),
        "openid": parts_of(request).settings.openid.name if parts_of(request).provider else None,
        "joined": openid.is_joined(request, visit),
        "now_iso": visit.at.isoformat(),
    }
    return page(request, "account.jinja", view, who=visit.actor.name)


@router.post("/sessions/end-others")
def end_others(request: Request, visit: FullySignedIn) -> Response:
    """End every other session of the visitor."""
    end_sessions(request, visit)
    return RedirectResponse("/account?said=others", HTTPStatus.SEE_OTHER)


@router.post("/sessions/{session_id}/end")
def end_one(request: Request, session_id: UUID, visit: FullySignedIn) -> Response:
    """End one session; if it is the current one, the visitor is signed out."""
    end_session(request, visit, session_id)
    gone = "/sign-in" if session_id == visit.session.session_id else "/account?said=one"
    return RedirectResponse(gone, HTTPStatus.SEE_OTHER)


@router.get("/password")
def ask_password(request: Request, visit: PasswordVisit, next: str = "/account") -> HTMLResponse:
    """Show the form for another password."""
    return _password_form(request, visit, next, {})


@router.post("/password")
def set_password(
    request: Request,
    chosen: Annotated[NewPassword, Depends(new_password)],
    visit: PasswordVisit,
    next: Annotated[str, Form()] = "/account",
) -> Response:
    """Change the password, and go on to the next step or to where the visitor was heading."""
    onward = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    step, faults = change_password(request, onward, visit, chosen)
    if faults:
        return _password_form(request, visit, next, dict(faults))
    onward.headers["location"] = to_step(step, next)
    return onward


def _password_form(request: Request, visit: Visit, next: str, faults: dict[str, str]) -> HTMLResponse:
    view = {"given": visit.session.step is Step.NEW_PASSWORD, "faults": faults, "next": inside(next)}
    return page(request, "password.jinja", view, who=visit.actor.name)


def _second_step(request: Request, visit: Visit) -> dict[str, Any]:
    person_id = visit.actor.person_id
    return {
        "offered": parts_of(request).sealer is not None,
        "enrolled": second_step.is_enrolled(visit.conn, person_id),
        "codes_left": second_step.recovery_codes_left(visit.conn, person_id),
    }


def _may_set_pin(request: Request, visit: Visit) -> bool:
    tablet = tablet_of(request, visit.conn)
    return tablet is not None and pin_for(visit.conn, visit.actor, tablet) is not None


def _row(one: Session, visit: Visit) -> dict[str, Any]:
    return {
        "session_id": one.session_id,
        "browser": one.browser,
        "by_pin": one.known_by is OperatorKnownBy.PIN,
        "here": one.session_id == visit.session.session_id,
        "since": moment(one.started_at, visit.at),
        "used": moment(one.last_used_at, visit.at),
    }
