"""Signing in and out, as pages.

Guards: after signing in one is only ever sent on to an address of this site.
"""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import SigningIn, Visit, needs, public
from api.parts import parts_of
from api.problems import RefusedError
from api.sign_in import sign_in, sign_in_further, sign_out
from api.steps import Step
from api.web.onward import inside, to_step
from api.web.rendering import page

router = APIRouter()

CodeVisit = Annotated[Visit, needs(steps=(Step.CODE,))]
WRONG_CODE = "This is not the code of this moment, or it was used before. Wait for the next one."


@router.get("/sign-in", dependencies=[public])
def form(request: Request, next: str = "/") -> HTMLResponse:
    """The sign-in form."""
    return _form(request, {"next": inside(next), "problem": None, "username": ""})


def _form(request: Request, view: dict[str, Any], status: int = HTTPStatus.OK) -> HTMLResponse:
    view["without_second_step"] = parts_of(request).sealer is None
    return page(request, "sign_in.jinja", view, status=status)


@router.post("/sign-in", dependencies=[public])
def begin(
    request: Request,
    username: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Begin a session and go on to what is left to do, or to where one was heading."""
    onward = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    try:
        step = sign_in(request, onward, username, password)
    except RefusedError as refused:
        view = {"next": inside(next), "problem": str(refused), "username": username}
        shown = _form(request, view, refused.status)
        shown.headers.update(refused.headers or {})
        return shown
    onward.headers["location"] = to_step(step, next)
    return onward


@router.get("/sign-in/code")
def ask_code(request: Request, visit: CodeVisit, next: str = "/") -> HTMLResponse:
    """The form for the code."""
    return _code_form(request, visit, next)


@router.post("/sign-in/code")
def take_code(
    request: Request,
    visit: CodeVisit,
    code: Annotated[str, Form(max_length=100)] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Take the code and go on."""
    onward = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    try:
        step = sign_in_further(request, onward, visit, code)
    except RefusedError as refused:
        shown = _code_form(request, visit, next, str(refused), refused.status)
        shown.headers.update(refused.headers or {})
        return shown
    if step is None:
        return _code_form(request, visit, next, WRONG_CODE, HTTPStatus.UNPROCESSABLE_ENTITY)
    onward.headers["location"] = to_step(step, next)
    return onward


def _code_form(
    request: Request, visit: Visit, next: str, problem: str | None = None, status: int = HTTPStatus.OK
) -> HTMLResponse:
    view = {"next": inside(next), "problem": problem}
    return page(request, "code.jinja", view, who=visit.actor.name, status=status)


@router.post("/sign-out")
def end(request: Request, visit: SigningIn, next: Annotated[str, Form()] = "") -> Response:
    """End this session; `next`: where whoever signs in now goes on."""
    onward = f"/sign-in?next={quote(inside(next), safe='')}" if next else "/sign-in"
    gone = RedirectResponse(onward, HTTPStatus.SEE_OTHER)
    sign_out(request, gone, visit)
    return gone
