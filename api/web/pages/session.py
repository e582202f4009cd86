"""Signing in and out, as pages.

Guards: after signing in one is only ever sent on to an address of this site.
"""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import SigningIn, public
from api.problems import RefusedError
from api.sign_in import sign_in, sign_out
from api.web.onward import inside, to_step
from api.web.rendering import page

router = APIRouter()


@router.get("/sign-in", dependencies=[public])
def form(request: Request, next: str = "/") -> HTMLResponse:
    """The sign-in form."""
    return page(request, "sign_in.jinja", {"next": inside(next), "problem": None, "username": ""})


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
        shown = page(request, "sign_in.jinja", view, status=refused.status)
        shown.headers.update(refused.headers or {})
        return shown
    onward.headers["location"] = to_step(step, next)
    return onward


@router.post("/sign-out")
def end(request: Request, visit: SigningIn, next: Annotated[str, Form()] = "") -> Response:
    """End this session; `next`: where whoever signs in now goes on."""
    onward = f"/sign-in?next={quote(inside(next), safe='')}" if next else "/sign-in"
    gone = RedirectResponse(onward, HTTPStatus.SEE_OTHER)
    sign_out(request, gone, visit)
    return gone
