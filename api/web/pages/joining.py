"""The pages on which an invitation's code is typed, by a new person or with an existing account.

Guards: what a code is good for is shown before it is used, and only to the person who has it. A code is never part of
an address.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import FullySignedIn, Visit, public
from api.problems import RefusedError
from api.signing_in.joining import NO_GOOD, Newcomer, join, offered, take_on
from api.signing_in.proofs import InvitationTry
from api.web.onward import to_step
from api.web.presenters.people import offer_words
from api.web.rendering import page
from delegation.invitation import Offered

router = APIRouter()

Code = Annotated[str, Form(max_length=200)]


@router.get("/join", dependencies=[public])
def ask(request: Request) -> HTMLResponse:
    """Ask a new person for a code."""
    return _code_page(request)


@router.post("/join", dependencies=[public])
def look(request: Request, tried: InvitationTry, code: Code = "") -> HTMLResponse:
    """Show what the code is good for, and what an account needs."""
    try:
        tried.let_through()
    except RefusedError as refused:
        return _refused(_code_page(request, str(refused), refused.status), refused)
    found = offered(request, code)
    if found is None:
        return _code_page(request, NO_GOOD, HTTPStatus.UNPROCESSABLE_ENTITY)
    return _account_page(request, found, code, "", {})


@router.post("/join/account", dependencies=[public])
def make(
    request: Request,
    tried: InvitationTry,
    code: Code = "",
    username: Annotated[str, Form(max_length=200)] = "",
    new: Annotated[str, Form(max_length=1000)] = "",
    again: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Make the account and sign its owner in."""
    onward = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    try:
        counted = tried.let_through()
    except RefusedError as refused:
        return _refused(_code_page(request, str(refused), refused.status), refused)
    found = offered(request, code)
    if found is None:
        return _code_page(request, NO_GOOD, HTTPStatus.UNPROCESSABLE_ENTITY)
    step, faults = join(request, onward, code, counted, Newcomer(username, new, again), found.name)
    if "code" in faults:
        return _code_page(request, faults["code"], HTTPStatus.UNPROCESSABLE_ENTITY)
    if faults:
        return _account_page(request, found, code, username, faults)
    onward.headers["location"] = to_step(step, "/")
    return onward


@router.get("/account/invitation")
def ask_signed_in(request: Request, visit: FullySignedIn) -> HTMLResponse:
    """Ask a person with an account for a code."""
    return _code_page(request, visit=visit)


@router.post("/account/invitation")
def take(request: Request, tried: InvitationTry, visit: FullySignedIn, code: Code = "") -> Response:
    """Take the role and go on in a session that has it."""
    onward = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    try:
        step = take_on(request, onward, visit, code, tried.let_through())
    except RefusedError as refused:
        return _refused(_code_page(request, str(refused), refused.status, visit), refused)
    if step is None:
        return _code_page(request, NO_GOOD, HTTPStatus.UNPROCESSABLE_ENTITY, visit)
    onward.headers["location"] = to_step(step, "/")
    return onward


def _code_page(
    request: Request, fault: str | None = None, status: int = HTTPStatus.OK, visit: Visit | None = None
) -> HTMLResponse:
    view = {"faults": {"code": fault} if fault else {}, "signed_in": visit is not None}
    who = None if visit is None else visit.actor.name
    return page(request, "join.jinja", view, who=who, status=status)


def _account_page(
    request: Request, found: Offered, code: str, username: str, faults: Mapping[str, str]
) -> HTMLResponse:
    view = {"offer": offer_words(found), "code": code, "username": username, "faults": faults}
    return page(request, "join_account.jinja", view)


def _refused(shown: HTMLResponse, refused: RefusedError) -> HTMLResponse:
    shown.headers.update(refused.headers or {})
    return shown
