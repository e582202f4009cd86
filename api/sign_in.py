"""Signing in and out.

Guards: a wrong name and a wrong password are answered alike and cost alike; every sign-in is audited; the
token reaches only an HttpOnly cookie.
"""

from http import HTTPStatus
from math import ceil
from typing import LiteralString
from uuid import UUID

from fastapi import Request, Response

from api import sessions
from api.access import Visit, cookie_name
from api.parts import Parts, parts_of
from api.passwords import BusyError, hash_password, is_outdated, is_right
from api.problems import RefusedError
from delegation import audit
from delegation.people import actor_of

_ACCOUNT: LiteralString = "SELECT person_id, password_hash FROM api.account WHERE username = %s"
_REHASH: LiteralString = "UPDATE api.account SET password_hash = %s WHERE person_id = %s"

WRONG = "The user name or the password is not right."


def sign_in(request: Request, response: Response, username: str, password: str) -> UUID:
    """Check the password, begin a session and put its token in the response's cookie. Returns who it is.

    Raises RefusedError: 401 if name or password is wrong, 429 or 503 if it must wait.
    """
    parts = parts_of(request)
    at = parts.clock()
    username = username.strip().lower()
    wait = parts.throttle.begin(username, at)
    if wait:
        parts.counts.sign_ins.labels("throttled").inc()
        seconds = ceil(wait.total_seconds())
        sentence = f"Too many tries. Wait {seconds} seconds, then try again."
        raise RefusedError(HTTPStatus.TOO_MANY_REQUESTS, sentence, {"Retry-After": str(seconds)})
    try:
        person_id = _checked(parts, username, password)
    except BusyError as busy:
        raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, str(busy), {"Retry-After": "3"}) from None
    if person_id is None:
        parts.counts.sign_ins.labels("refused").inc()
        raise RefusedError(HTTPStatus.UNAUTHORIZED, WRONG)
    parts.throttle.succeeded(username)
    parts.counts.sign_ins.labels("signed_in").inc()
    with parts.pool.connection() as conn:
        actor = actor_of(conn, person_id)
        token = sessions.begin(conn, person_id, at)
        audit.record(conn, actor, "signed_in", str(actor), at=at, request_id=request.state.request_id)
    _set_cookie(parts, response, token)
    return person_id


def sign_out(request: Request, response: Response, visit: Visit) -> None:
    """End the session of this visit and the streams that were opened in it."""
    parts = parts_of(request)
    sessions.end(visit.conn, visit.session)
    parts.fanout.end_session(visit.session)
    audit.record(
        visit.conn, visit.actor, "signed_out", str(visit.actor), at=visit.at, request_id=visit.request_id
    )
    https = parts.uses_https
    response.delete_cookie(cookie_name(https=https), path="/", secure=https, httponly=True, samesite="lax")


def _checked(parts: Parts, username: str, password: str) -> UUID | None:
    with parts.pool.connection() as conn:
        account = conn.execute(_ACCOUNT, (username,)).fetchone()
    person_id, kept = account or (None, None)
    # Outside any transaction: the check is slow on purpose.
    if not is_right(password, kept) or person_id is None or kept is None:
        return None
    if is_outdated(kept):
        with parts.pool.connection() as conn:
            conn.execute(_REHASH, (hash_password(password), person_id))
    return person_id


def _set_cookie(parts: Parts, response: Response, token: str) -> None:
    response.set_cookie(
        cookie_name(https=parts.uses_https),
        token,
        max_age=int(sessions.LONGEST.total_seconds()),
        path="/",
        secure=parts.uses_https,
        httponly=True,
        samesite="lax",
    )
