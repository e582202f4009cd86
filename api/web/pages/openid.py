"""Signing in with the organisation's own sign-in service: the pages there and back.

Guards: errors are shown on the sign-in page, without anything the provider said.
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.access import FullySignedIn, public
from api.identity.openid_provider import ProviderError
from api.problems import RefusedError
from api.signing_in import openid
from api.signing_in.openid import NotJoinedError
from api.signing_in.proofs import OwnPassword
from api.web.onward import inside, to_step
from api.web.pages.session import sign_in_form

router = APIRouter()

_AWAY = "Your organisation's sign-in does not answer. Sign in with your password."


@router.get("/sign-in/openid", dependencies=[public])
def go(request: Request, next: str = "/") -> Response:
    """Send the browser to the provider."""
    there = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    try:
        there.headers["location"] = openid.begin(request, there, inside(next))
    except ProviderError:
        return sign_in_form(request, next, problem=_AWAY, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return there


@router.get("/sign-in/openid/back", dependencies=[public])
def back(
    request: Request,
    state: Annotated[str, Query(max_length=500)] = "",
    code: Annotated[str, Query(max_length=5000)] = "",
) -> Response:
    """Finish the try that the provider sends the browser back with."""
    onward = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    try:
        done = openid.come_back(request, onward, state, code)
    except NotJoinedError as refused:
        return sign_in_form(request, "/", problem=str(refused), status=HTTPStatus.UNAUTHORIZED)
    onward.headers["location"] = to_step(done.step, done.heading_for)
    return onward


@router.post("/account/openid")
def join(request: Request, wrong: OwnPassword, visit: FullySignedIn) -> Response:
    """Join the visitor's account, after their password was checked: to the provider and back."""
    if wrong:
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, wrong)
    there = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    try:
        there.headers["location"] = openid.join(request, there, visit)
    except ProviderError:
        raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, _AWAY) from None
    return there
