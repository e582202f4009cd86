"""Setting up one's second step, and recovery codes in case the telephone is lost.

Guards: a secret is shown in one session only, until a code of it was typed; recovery codes are shown once. A signed-in
person types their password first, so that a browser left open reveals nothing.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from api.access import FullySignedIn, Visit, needs
from api.identity import accounts, second_step
from api.identity.sealing import Sealer
from api.identity.second_step import Pending
from api.identity.steps import Step
from api.parts import parts_of
from api.problems import not_found
from api.signing_in.own_account import end_sessions, write_down
from api.signing_in.proofs import OwnPassword
from api.signing_in.sign_in import enter, hold_account
from api.web.onward import inside, to_step
from api.web.rendering import page
from delegation.rights import CHANGE, Record

router = APIRouter(prefix="/account")

EnrolVisit = Annotated[Visit, needs(CHANGE, Record.ONESELF, steps=(Step.ENROLMENT, Step.DONE), full=True)]
_NO_FAULTS: Mapping[str, str] = MappingProxyType({})
WRONG_CODE = "This is not the code your telephone shows at this moment. Look whether its clock is right."


@router.get("/second-step")
def ask(request: Request, visit: EnrolVisit, next: str = "/account") -> HTMLResponse:
    """Show the secret for the telephone and the form for a code; a signed-in person types their password first."""
    if visit.session.step is Step.DONE:
        return _password_form(request, visit, next, {})
    return _form(request, visit, next, _begun(request, visit))


@router.post("/second-step/secret")
def begin(
    request: Request, wrong: OwnPassword, visit: FullySignedIn, next: Annotated[str, Form()] = "/account"
) -> HTMLResponse:
    """Show the secret for the telephone, after the password was checked."""
    if wrong:
        return _password_form(request, visit, next, {"current": wrong})
    return _form(request, visit, next, _begun(request, visit))


@router.post("/second-step")
def set_up(
    request: Request,
    visit: EnrolVisit,
    code: Annotated[str, Form(max_length=100)] = "",
    next: Annotated[str, Form()] = "/account",
) -> HTMLResponse:
    """Take codes from this telephone from now on, and show the recovery codes."""
    sealer, person_id = _sealer(request), visit.actor.person_id
    if not second_step.confirm(visit.conn, sealer, visit.session.token_hash, person_id, code, visit.at):
        return _form(request, visit, next, _shown_before(request, visit), {"code": WRONG_CODE})
    hold_account(visit)
    write_down(visit, "second_step.set_up")
    end_sessions(request, visit)
    shown = _codes(request, visit, to_step(Step.DONE, next))
    enter(request, shown, visit.conn, visit.actor, Step.DONE, visit.at)
    return shown


@router.get("/recovery-codes")
def ask_recovery_codes(request: Request, visit: FullySignedIn) -> HTMLResponse:
    """Show the form for other recovery codes."""
    _enrolled(visit)
    return page(request, "recovery_codes_ask.jinja", {"faults": {}}, who=visit.actor.name)


@router.post("/recovery-codes")
def renew_recovery_codes(request: Request, wrong: OwnPassword, visit: FullySignedIn) -> HTMLResponse:
    """Show other recovery codes; the old ones are worthless now."""
    _enrolled(visit)
    if wrong:
        view = {"faults": {"current": wrong}}
        return page(request, "recovery_codes_ask.jinja", view, who=visit.actor.name)
    write_down(visit, "recovery_codes.renewed")
    return _codes(request, visit, "/account")


def _form(
    request: Request, visit: Visit, next: str, found: Pending | None, faults: Mapping[str, str] = _NO_FAULTS
) -> HTMLResponse:
    view: dict[str, Any] = {
        "signing_in": visit.session.step is Step.ENROLMENT,
        "secret": found and " ".join(found.secret[at : at + 4] for at in range(0, len(found.secret), 4)),
        "picture": found and segno.make(found.address, error="m").svg_inline(border=4, omitsize=True),
        "username": _username(visit),
        "faults": faults,
        "next": inside(next),
    }
    return page(request, "second_step.jinja", view, who=visit.actor.name)


def _password_form(request: Request, visit: Visit, next: str, faults: Mapping[str, str]) -> HTMLResponse:
    _sealer(request)
    view = {"faults": faults, "next": inside(next)}
    return page(request, "second_step_ask.jinja", view, who=visit.actor.name)


def _begun(request: Request, visit: Visit) -> Pending:
    return second_step.begin(visit.conn, _sealer(request), visit.session.token_hash, _username(visit))


def _shown_before(request: Request, visit: Visit) -> Pending | None:
    """Return the secret again while signing in; a signed-in person would have to type their password."""
    if visit.session.step is Step.DONE:
        return None
    sealer, username = _sealer(request), _username(visit)
    shown = second_step.pending(visit.conn, sealer, visit.session.token_hash, username)
    return shown or _begun(request, visit)


def _username(visit: Visit) -> str:
    return accounts.of_person(visit.conn, visit.actor.person_id).username


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
