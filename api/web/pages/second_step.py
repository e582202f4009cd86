"""Setting up one's second step, and the recovery codes for the day the telephone is lost.

Guards: a secret is shown only until a code of it was typed in, recovery codes once; whoever is signed in already gives
their password again first, so that a browser left open does not let somebody else put in their own telephone.
"""

from http import HTTPStatus
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from api import accounts, second_step
from api.access import FullySignedIn, Visit, needs
from api.own_account import end_sessions, password_fault, write_down
from api.parts import parts_of
from api.problems import not_found
from api.sealing import Sealer
from api.sign_in import enter
from api.steps import Step
from api.web.onward import inside, to_step
from api.web.rendering import page

router = APIRouter(prefix="/account")

EnrolVisit = Annotated[Visit, needs(steps=(Step.ENROLMENT, Step.DONE), full=True)]
WRONG_CODE = "This is not the code your telephone shows at this moment. Look whether its clock is right."


@router.get("/second-step")
def ask(request: Request, visit: EnrolVisit, next: str = "/account") -> HTMLResponse:
    """What to put into the telephone, and the form for the first code."""
    return _form(request, visit, next, {})


@router.post("/second-step")
def set_up(
    request: Request,
    visit: EnrolVisit,
    code: Annotated[str, Form(max_length=100)] = "",
    current: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form()] = "/account",
) -> HTMLResponse:
    """Let codes come from this telephone from now on, and show the recovery codes."""
    wrong = password_fault(request, visit, current) if visit.session.step is Step.DONE else None
    faults = {"current": wrong} if wrong else {}
    person_id = visit.actor.person_id
    if not faults and not second_step.confirm(visit.conn, _sealer(request), person_id, code, visit.at):
        faults["code"] = WRONG_CODE
    if faults:
        return _form(request, visit, next, faults)
    write_down(visit, "second_step.set_up")
    end_sessions(request, visit)
    shown = _codes(request, visit, to_step(Step.DONE, next))
    enter(request, shown, visit.conn, visit.actor, Step.DONE, visit.at)
    return shown


@router.get("/recovery-codes")
def ask_recovery_codes(request: Request, visit: FullySignedIn) -> HTMLResponse:
    """The form for other recovery codes."""
    _enrolled(visit)
    return page(request, "recovery_codes_ask.jinja", {"faults": {}}, who=visit.actor.name)


@router.post("/recovery-codes")
def renew_recovery_codes(
    request: Request, visit: FullySignedIn, current: Annotated[str, Form(max_length=1000)] = ""
) -> HTMLResponse:
    """Show other recovery codes; those before are worth nothing."""
    _enrolled(visit)
    wrong = password_fault(request, visit, current)
    if wrong:
        view = {"faults": {"current": wrong}}
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return page(request, "recovery_codes_ask.jinja", view, who=visit.actor.name, status=status)
    write_down(visit, "recovery_codes.renewed")
    return _codes(request, visit, "/account")


def _form(request: Request, visit: Visit, next: str, faults: dict[str, str]) -> HTMLResponse:
    username = accounts.of_person(visit.conn, visit.actor.person_id).username
    found = second_step.pending(visit.conn, _sealer(request), visit.actor.person_id, username)
    view: dict[str, Any] = {
        "signing_in": visit.session.step is Step.ENROLMENT,
        "secret": " ".join(found.secret[at : at + 4] for at in range(0, len(found.secret), 4)),
        "picture": segno.make(found.address, error="m").svg_inline(border=4, omitsize=True),
        "username": username,
        "faults": faults,
        "next": inside(next),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return page(request, "second_step.jinja", view, who=visit.actor.name, status=status)


def _codes(request: Request, visit: Visit, onward: str) -> HTMLResponse:
    codes = second_step.new_recovery_codes(visit.conn, visit.actor.person_id)
    return page(request, "recovery_codes.jinja", {"codes": codes, "onward": onward}, who=visit.actor.name)


def _sealer(request: Request) -> Sealer:
    sealer = parts_of(request).sealer
    if sealer is None:
        raise not_found("second step")
    return sealer


def _enrolled(visit: Visit) -> None:
    if not second_step.is_enrolled(visit.conn, visit.actor.person_id):
        raise not_found("second step")
