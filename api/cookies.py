"""The cookies that a browser is given, each with its purpose.

Guards: no script can read them. Over HTTPS each is bound to this host, so that no other host can plant one.
"""

import hashlib
from datetime import timedelta

from fastapi import Request, Response

from api.parts import parts_of

_BOUND = "__Host-"
# Everybody of a home signs in on a shared tablet. More cookies than this would make every request too large.
MOST_KNOWN = 20


def session_name(*, https: bool) -> str:
    """Return the name of the session's cookie."""
    return f"{_BOUND if https else ''}hearthwatch"


def known_name(username: str, *, https: bool) -> str:
    """Return the name of the cookie by which a browser is known to an account: one per account, named by a digest."""
    digest = hashlib.sha256(username.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{_known_prefix(https=https)}{digest[:16]}"


def too_many_known(request: Request, name: str, *, https: bool) -> list[str]:
    """Return the surplus cookies of known accounts beside this one; a browser sends the oldest first."""
    others = [one for one in request.cookies if one.startswith(_known_prefix(https=https)) and one != name]
    return others[: -(MOST_KNOWN - 1)]


def _known_prefix(*, https: bool) -> str:
    return f"{session_name(https=https)}-known-"


def tablet_name(*, https: bool) -> str:
    """Return the name of the cookie of a home's shared tablet."""
    return f"{session_name(https=https)}-tablet"


def openid_name(*, https: bool) -> str:
    """Return the name of the cookie kept while somebody is at the organisation's sign-in service."""
    return f"{session_name(https=https)}-openid"


def give(request: Request, response: Response, name: str, token: str, keep: timedelta) -> None:
    """Make the browser keep a token for this long."""
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
    """Make the browser forget a token."""
    https = parts_of(request).uses_https
    response.delete_cookie(name, path="/", secure=https, httponly=True, samesite="lax")
