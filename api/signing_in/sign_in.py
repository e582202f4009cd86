"""Sign in, step by step, and sign out.

Guards: a wrong name and a wrong password get the same answer at the same cost. Each step ends the session before it and
begins another, unless something changed after it was checked. Only a full sign-in makes a browser known. Every sign-in
is audited. Tokens are only put in HttpOnly cookies.
"""

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from math import ceil

from fastapi import Request, Response

from api import cookies
from api.access import Visit
from api.database import Connection
from api.identity import accounts, known_browsers, refusals, second_step, sessions
from api.identity.accounts import Account
from api.identity.addresses import address_of
from api.identity.browsers import browser_of
from api.identity.passwords import BusyError, hash_password, is_outdated, is_right
from api.identity.refusals import Refusal
from api.identity.sealing import UnreadableSecretError
from api.identity.steps import Needed, Step, next_step
from api.identity.throttle import Guessed, Try, give_back
from api.parts import Parts, parts_of
from api.problems import NotSignedInError, RefusedError
from api.signing_in import tablets
from api.signing_in.tablets import Tablet
from delegation import audit
from delegation.people import Actor, actor_of

WRONG = "The user name or the password is not right."
OVER = "This password was good for three days, which are over. Ask whoever gave it to you for another."
UNREADABLE = (
    "Codes cannot be looked at here now. Use a recovery code, or ask whoever looks after Hearthwatch."
)


def sign_in(request: Request, response: Response, username: str, password: str) -> Step:
    """Check the password and begin a session, whose token goes into the response's cookie; return the next step.

    Raises RefusedError: 401 if name or password is wrong, 429 or 503 if it must wait.
    """
    parts = parts_of(request)
    at = parts.clock()
    account = checked(request, accounts.as_typed(username), password)
    if account is None or account.password_is_over(at):
        parts.counts.sign_ins.labels("refused").inc()
        if account is not None:
            _note(request, account.username, Refusal.WRONG, at)
        raise RefusedError(HTTPStatus.UNAUTHORIZED, WRONG if account is None else OVER)
    with parts.pool.connection() as conn:
        if not accounts.is_still(conn, account):
            raise RefusedError(HTTPStatus.UNAUTHORIZED, WRONG)
        actor = actor_of(conn, account.person_id, request.state.request_id)
        step = next_step(needed(parts, conn, actor, account))
        enter(request, response, conn, actor, step, at)
    return step


def sign_in_further(
    request: Request, response: Response, visit: Visit, tried: tuple[Try, datetime], typed: str
) -> Step | None:
    """Check a code, whose try was counted, and begin the next session; return None if it is wrong.

    Raises RefusedError (422) where the key was lost, so that only a recovery code helps.
    """
    parts = parts_of(request)
    taken = _taken(parts, visit, typed)
    account = hold_account(visit)
    if taken is None:
        parts.counts.sign_ins.labels("refused").inc()
        address = address_of(request, parts.settings.http.client_header)
        refusals.count(visit.conn, visit.actor.person_id, address, Refusal.WRONG, visit.at)
        return None
    give_back(visit.conn, *tried)
    if taken == "recovery_code":
        who = str(visit.actor)
        audit.record(visit.conn, visit.actor, "recovery_code.used", who, at=visit.at)
    step = next_step(needed(parts, visit.conn, visit.actor, account), Step.CODE)
    enter(request, response, visit.conn, visit.actor, step, visit.at)
    return step


def _taken(parts: Parts, visit: Visit, typed: str) -> str | None:
    if parts.sealer is None:
        return None
    try:
        return second_step.take(visit.conn, parts.sealer, visit.actor.person_id, typed, visit.at)
    except UnreadableSecretError:
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, UNREADABLE) from None


def hold_account(visit: Visit) -> Account:
    """Return the visitor's account, locked until the visit ends. Raises NotSignedInError if their session has ended."""
    account = accounts.hold(visit.conn, visit.actor.person_id)
    if sessions.find(visit.conn, visit.session.token_hash, visit.at) is None:
        raise NotSignedInError("You have been signed out. Sign in again.")
    return account


def needed(parts: Parts, conn: Connection, actor: Actor, account: Account) -> Needed:
    """Return what this person must do beside giving their password."""
    if parts.sealer is None:
        return Needed(new_password=account.must_change)
    enrolled = second_step.is_enrolled(conn, account.person_id)
    return Needed(
        code=enrolled,
        new_password=account.must_change,
        enrolment=not enrolled and sessions.limits(conn, actor).second_step,
    )


def checked(request: Request, username: str, password: str) -> Account | None:
    """Return the account, if this is its password. Raises RefusedError (429 or 503) where it must wait.

    Never call it inside a visit: it is slow on purpose, and takes connections of its own.
    """
    parts = parts_of(request)
    tried = try_of(request, username, Guessed.PASSWORD)
    at = wait_for(parts, tried)
    with parts.pool.connection() as conn:
        account = accounts.named(conn, username)
    right = is_same(password, None if account is None else account.password_hash)
    if account is None or not right:
        _note(request, username, Refusal.WRONG, at)
        return None
    parts.throttle.succeeded(tried, at)
    return _rehashed(parts, account, password) if is_outdated(account.password_hash) else account


def is_same(password: str, kept: str | None) -> bool:
    """Return whether this is the stored password.

    Raises RefusedError (503) where too many are being checked.
    """
    try:
        return is_right(password, kept)
    except BusyError as busy:
        raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, str(busy), {"Retry-After": "3"}) from None


def _rehashed(parts: Parts, account: Account, password: str) -> Account:
    anew = hash_password(password)
    with parts.pool.connection() as conn:
        replaced = accounts.replace_password(conn, account, anew, account.given_until)
    return replace(account, password_hash=anew) if replaced else account


def enter(
    request: Request,
    response: Response,
    conn: Connection,
    actor: Actor,
    step: Step,
    at: datetime,
    *,
    pin_until: datetime | None = None,
) -> None:
    """Replace the browser's session by one of this step. `pin_until`: signed in by PIN, until then."""
    parts = parts_of(request)
    https = parts.uses_https
    before = request.cookies.get(cookies.session_name(https=https))
    if before:
        sessions.end(conn, sessions.digest(before))
        parts.fanout.end_session(sessions.digest(before))
    tablet = tablets.tablet_of(request, conn)
    tablet_id = None if tablet is None else tablet.tablet_id
    browser = browser_of(request.headers.get("user-agent"))
    token = sessions.begin(conn, actor, step, browser, at, tablet_id, pin_until)
    cookies.give(request, response, cookies.session_name(https=https), token, sessions.LONGEST)
    if step is not Step.DONE:
        return
    parts.counts.sign_ins.labels("signed_in").inc()
    how = "signed_in" if pin_until is None else "signed_in_by_pin"
    audit.record(conn, actor, how, str(actor), at=at)
    if pin_until is None:
        _remember(request, response, conn, actor, tablet, at)


def _remember(
    request: Request,
    response: Response,
    conn: Connection,
    actor: Actor,
    tablet: Tablet | None,
    at: datetime,
) -> None:
    """Remember the browser after a full sign-in; on a shared tablet, renew the person's PIN."""
    https = parts_of(request).uses_https
    pin_for = sessions.limits(conn, actor).pin_for
    if tablet is not None and pin_for is not None:
        tablets.renew(conn, tablet.tablet_id, actor.person_id, at + pin_for)
    username = accounts.of_person(conn, actor.person_id).username
    known = known_browsers.remember(conn, actor.person_id, _known(request, conn, username, at), at)
    name = cookies.known_name(username, https=https)
    cookies.give(request, response, name, known, known_browsers.KNOWN_FOR)
    for one in cookies.too_many_known(request, name, https=https):
        cookies.take_away(request, response, one)


def sign_out(request: Request, response: Response, visit: Visit) -> None:
    """End the session of this visit and the streams opened in it."""
    parts = parts_of(request)
    sessions.end(visit.conn, visit.session.token_hash)
    parts.fanout.end_session(visit.session.token_hash)
    audit.record(visit.conn, visit.actor, "signed_out", str(visit.actor), at=visit.at)
    cookies.take_away(request, response, cookies.session_name(https=parts.uses_https))


def try_of(request: Request, username: str, guessed: Guessed) -> Try:
    """Return a try at this account, with its address and known browser."""
    parts = parts_of(request)
    with parts.pool.connection() as conn:
        browser = _known(request, conn, username, parts.clock())
    return Try(username, address_of(request, parts.settings.http.client_header), browser, guessed)


def wait_for(parts: Parts, tried: Try) -> datetime:
    """Count a try; return when it began. Raises RefusedError (429) where it comes too early."""
    at = parts.clock()
    wait = parts.throttle.begin(tried, at)
    if wait:
        parts.counts.sign_ins.labels("throttled").inc()
        refusals.note(parts.pool, tried.username, tried.address, Refusal.TOO_MANY, at)
        seconds = ceil(wait.total_seconds())
        sentence = f"Too many tries. Wait {seconds} seconds, then try again."
        raise RefusedError(HTTPStatus.TOO_MANY_REQUESTS, sentence, {"Retry-After": str(seconds)})
    return at


def _note(request: Request, username: str, refusal: Refusal, at: datetime) -> None:
    parts = parts_of(request)
    refusals.note(parts.pool, username, address_of(request, parts.settings.http.client_header), refusal, at)


def _known(request: Request, conn: Connection, username: str, at: datetime) -> bytes | None:
    name = cookies.known_name(username, https=parts_of(request).uses_https)
    return known_browsers.recognise(conn, username, request.cookies.get(name), at)
