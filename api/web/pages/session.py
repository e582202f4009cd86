"""Signing in and out, as pages.

Guards: after signing in one is only ever sent on to an address of this site.
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import SignedIn, public
from api.problems import RefusedError
from api.sign_in import sign_in, sign_out
from api.web.rendering import page

router = APIRouter()


@router.get("/sign-in", dependencies=[public])
def form(request: Request, next: str = "/") -> HTMLResponse:
    """The sign-in form."""
    return page(request, "sign_in.jinja", {"next": _inside(next), "problem": None, "username": ""})


@router.post("/sign-in", dependencies=[public])
def begin(
    request: Request,
    username: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Begin a session and go on to where one was heading."""
    onward = RedirectResponse(_inside(next), HTTPStatus.SEE_OTHER)
    try:
        sign_in(request, onward, username, password)
    except RefusedError as refused:
        view = {"next": _inside(next), "problem": str(refused), "username": username}
        shown = page(request, "sign_in.jinja", view, status=refused.status)
        shown.headers.update(refused.headers or {})
        return shown
    return onward


@router.post("/sign-out")
def end(request: Request, visit: SignedIn) -> Response:
    """End this session."""
    gone = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    sign_out(request, gone, visit)
    return gone


def _inside(address: str) -> str:
    """The address if it is a path of this site; a browser reads `//` and `/\\` as another site."""
    safe = address.startswith("/") and address[1:2] not in ("/", "\\") and address.isprintable()
    return address if safe else "/"
