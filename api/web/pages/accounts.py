"""Help for somebody who cannot sign in: a password to pass on.

Guards: only operators and a home's manager may, and each types their own password first. The new password is shown
once, in answer to the form.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from api.access import Visit, needs
from api.parts import parts_of
from api.problems import RefusedError
from api.signing_in.others_accounts import give_password, take_second_step_away, workers
from api.signing_in.proofs import OwnPassword
from api.web.presenters.moments import clock
from api.web.rendering import page
from delegation.rights import CHANGE, Record

router = APIRouter(prefix="/accounts")

KeeperVisit = Annotated[Visit, needs(CHANGE, Record.ACCOUNTS, full=True)]
LONGEST_REASON = 500


@router.get("")
def ask(request: Request, visit: KeeperVisit) -> HTMLResponse:
    """Show the form."""
    return _form(request, visit, {"username": "", "reason": ""}, {})


@router.post("/password")
def give(
    request: Request,
    wrong: OwnPassword,
    visit: KeeperVisit,
    username: Annotated[str, Form(max_length=200)] = "",
    reason: Annotated[str, Form(max_length=10_000)] = "",
    what: Annotated[str, Form()] = "password",
) -> HTMLResponse:
    """Give an account another password and show it once; remove its second step too, if asked."""
    fields = {"username": username.strip(), "reason": reason.strip()}
    faults = _faults(fields) | ({"current": wrong} if wrong else {})
    if faults:
        return _form(request, visit, fields, faults)
    does = take_second_step_away if what == "second_step" else give_password
    try:
        given = does(request, visit, fields["username"], fields["reason"])
    except RefusedError:
        return _form(request, visit, fields, {"username": "There is no such account that you look after"})
    view = {"given": given, "until": clock(given.until, visit.at)}
    return page(request, "password_given.jinja", view, who=visit.actor.name)


def _faults(fields: dict[str, str]) -> dict[str, str]:
    faults = {}
    if not fields["username"]:
        faults["username"] = "Say whose account it is"
    if not fields["reason"]:
        faults["reason"] = "Say why, and how you know that it is they who ask"
    elif len(fields["reason"]) > LONGEST_REASON:
        faults["reason"] = f"There is room for {LONGEST_REASON} characters"
    return faults


def _form(request: Request, visit: Visit, fields: dict[str, str], faults: dict[str, str]) -> HTMLResponse:
    view: dict[str, Any] = {
        "fields": fields,
        "faults": faults,
        "operates": visit.actor.may(CHANGE, Record.SECOND_STEPS),
        "second_steps": parts_of(request).sealer is not None,
        "workers": [(one.username, one.name) for one in workers(visit)],
    }
    return page(request, "accounts.jinja", view, who=visit.actor.name)
