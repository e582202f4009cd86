"""Signing in and out.

Guards: a wrong name and a wrong password are answered alike and cost alike; every sign-in is audited; the
tokens reach only HttpOnly cookies.
"""

from http import HTTPStatus
from math import ceil
from typing import LiteralString
from uuid import UUID

from fastapi import Request, Response

from api import cookies, known_browsers, sessions
from api.access import Visit
from api.addresses import address_of
from api.parts import Parts, parts_of
from api.passwords import BusyError, hash_password, is_outdated, is_right
from api.problems import RefusedError
from api.throttle import Try
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
    tried = _try(request, username)
    _wait_for_it(parts, tried)
    try:
        person_id = _checked(parts, username, password)
    except BusyError as busy:
        raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, str(busy), {"Retry-After": "3"}) from None
    if person_id is None:
        parts.counts.sign_ins.labels("refused").inc()
        raise RefusedError(HTTPStatus.UNAUTHORIZED, WRONG)
    parts.throttle.succeeded(tried)
    parts.counts.sign_ins.labels("signed_in").inc()
    with parts.pool.connection() as conn:
        actor = actor_of(conn, person_id)
        token = sessions.begin(conn, person_id, at)
        known = known_browsers.remember(conn, person_id, tried.browser, at)
        audit.record(conn, actor, "signed_in", str(actor), at=at, request_id=request.state.request_id)
    https = parts.uses_https
    cookies.give(request, response, cookies.session_name(https=https), token, sessions.LONGEST)
    cookies.give(
        request, response, cookies.known_name(username, https=https), known, known_browsers.KNOWN_FOR
    )
    return person_id


def sign_out(request: Request, response: Response, visit: Visit) -> None:
    """End the session of this visit and the streams that were opened in it."""
    parts = parts_of(request)
    sessions.end(visit.conn, visit.session)
    parts.fanout.end_session(visit.session)
    audit.record(
        visit.conn, visit.actor, "signed_out", str(visit.actor), at=visit.at, request_id=visit.request_id
    )
    cookies.take_away(request, response, cookies.session_name(https=parts.uses_https))


def _try(request: Request, username: str) -> Try:
    parts = parts_of(request)
    token = request.cookies.get(cookies.known_name(username, https=parts.uses_https))
    with parts.pool.connection() as conn:
        browser = known_browsers.recognise(conn, username, token, parts.clock())
    return Try(username, address_of(request, parts.settings.http.client_header), browser)


def _wait_for_it(parts: Parts, tried: Try) -> None:
    wait = parts.throttle.begin(tried, parts.clock())
    if wait:
        parts.counts.sign_ins.labels("throttled").inc()
        seconds = ceil(wait.total_seconds())
        sentence = f"Too many tries. Wait {seconds} seconds, then try again."
        raise RefusedError(HTTPStatus.TOO_MANY_REQUESTS, sentence, {"Retry-After": str(seconds)})


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
