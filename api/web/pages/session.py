"""The pages for signing in and out.

Guards: signing in only ever redirects to an address of this site.
"""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import SigningIn, Visit, needs, public
from api.identity.steps import Step
from api.parts import parts_of
from api.problems import RefusedError
from api.signing_in import tablets
from api.signing_in.proofs import CodeTry, code_try
from api.signing_in.sign_in import sign_in, sign_in_further, sign_out
from api.web.onward import inside, to_step
from api.web.presenters.moments import clock
from api.web.rendering import page
from delegation.rights import CHANGE, Record

router = APIRouter()

OfCode = needs(CHANGE, Record.ONESELF, steps=(Step.CODE,))
CodeVisit = Annotated[Visit, OfCode]
WRONG_CODE = "This is not the code of this moment, or it was used before. Wait for the next one."


@router.get("/sign-in", dependencies=[public])
def form(request: Request, next: str = "/") -> HTMLResponse:
    """Show the sign-in form; on a shared tablet also one for a PIN."""
    return sign_in_form(request, next)


@router.post("/sign-in", dependencies=[public])
def begin(
    request: Request,
    username: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Begin a session and go on to the next step, or to where the person was heading."""
    onward = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    try:
        step = sign_in(request, onward, username, password)
    except RefusedError as refused:
        shown = sign_in_form(request, next, username, problem=str(refused), status=refused.status)
        shown.headers.update(refused.headers or {})
        return shown
    onward.headers["location"] = to_step(step, next)
    return onward


def sign_in_form(
    request: Request,
    next: str,
    username: str = "",
    *,
    person: str = "",
    problem: str | None = None,
    at_field: str = "username",
    status: int = HTTPStatus.OK,
) -> HTMLResponse:
    """Return the sign-in page, with what went wrong there."""
    parts = parts_of(request)
    with parts.pool.connection() as conn:
        tablet = tablets.tablet_of(request, conn)
        at = parts.clock()
        quick = () if tablet is None else tablets.quick(conn, tablet.tablet_id, at)
    view: dict[str, Any] = {
        "next": inside(next),
        "username": username,
        "problem": problem,
        "at_field": at_field,
        "tablet": tablet,
        "quick": [(str(one.person_id), one.name, clock(one.good_until, at)) for one in quick],
        "person": person,
        "for_pin": inside(next) == "/account/pin",
        "without_second_step": parts.sealer is None,
        "openid": parts.settings.openid.name if parts.provider else None,
    }
    return page(request, "sign_in.jinja", view, status=status)


@router.get("/sign-in/code", dependencies=[OfCode])
def ask_code(request: Request, next: str = "/") -> HTMLResponse:
    """Show the form for the code."""
    return _code_form(request, next)


@router.post("/sign-in/code")
def take_code(
    request: Request,
    tried: Annotated[CodeTry, Depends(code_try)],
    visit: CodeVisit,
    code: Annotated[str, Form(max_length=100)] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Check the code and go on."""
    onward = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    try:
        step = sign_in_further(request, onward, visit, tried.let_through(), code)
    except RefusedError as refused:
        shown = _code_form(request, next, str(refused), refused.status)
        shown.headers.update(refused.headers or {})
        return shown
    if step is None:
        return _code_form(request, next, WRONG_CODE, HTTPStatus.UNPROCESSABLE_ENTITY)
    onward.headers["location"] = to_step(step, next)
    return onward


def _code_form(
    request: Request, next: str, problem: str | None = None, status: int = HTTPStatus.OK
) -> HTMLResponse:
    view = {"next": inside(next), "problem": problem}
    # Somebody who has only the password must not learn whose it is.
    return page(request, "code.jinja", view, status=status)


@router.post("/sign-out")
def end(request: Request, visit: SigningIn, next: Annotated[str, Form()] = "") -> Response:
    """End this session; `next` is where the next person to sign in goes on."""
    onward = f"/sign-in?next={quote(inside(next), safe='')}" if next else "/sign-in"
    gone = RedirectResponse(onward, HTTPStatus.SEE_OTHER)
    sign_out(request, gone, visit)
    return gone
