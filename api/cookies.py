"""The cookies that a browser is given, by what each is for.

Guards: none can be read by a script; over HTTPS each is bound to this host, so that no other host can plant one.
"""

import hashlib
from datetime import timedelta

from fastapi import Request, Response

from api.parts import parts_of

_BOUND = "__Host-"
# On a shared tablet everybody of a home signs in; more cookies than this would be too much to send with each request.
MOST_KNOWN = 20


def session_name(*, https: bool) -> str:
    """What the session's token is under."""
    return f"{_BOUND if https else ''}hearthwatch"


def known_name(username: str, *, https: bool) -> str:
    """Under what a browser keeps that somebody signed in with it before: one for each account, named by a digest."""
    digest = hashlib.sha256(username.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{_known_prefix(https=https)}{digest[:16]}"


def too_many_known(request: Request, name: str, *, https: bool) -> list[str]:
    """Which of those names a browser has too many of beside this one: a browser sends the oldest first."""
    others = [one for one in request.cookies if one.startswith(_known_prefix(https=https)) and one != name]
    return others[: -(MOST_KNOWN - 1)]


def _known_prefix(*, https: bool) -> str:
    return f"{session_name(https=https)}-known-"


def tablet_name(*, https: bool) -> str:
    """Under what a browser keeps that it is a home's shared tablet."""
    return f"{session_name(https=https)}-tablet"


def openid_name(*, https: bool) -> str:
    """Under what a browser keeps that it was sent to the organisation's own sign-in service."""
    return f"{session_name(https=https)}-openid"


def give(request: Request, response: Response, name: str, token: str, keep: timedelta) -> None:
    """Have the browser keep a token for so long."""
    response.set_cookie(
        name,
        token,
        max_age=int(keep.total_seconds()),
        path="/",
        secure=parts_of(request).uses_https,
        httponly=True,
        samesite="lax",
    )


def take_away(request: Request, response: Response, name: str) -> None:
    """Have the browser forget a token."""
    https = parts_of(request).uses_https
    response.delete_cookie(name, path="/", secure=https, httponly=True, samesite="lax")
