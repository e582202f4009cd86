"""Sign in with the organisation's own sign-in service, for people who have joined it to their account.

Guards: a try is bound to the browser that began it, and good once, for ten minutes. Few tries of one address wait at a
time; the oldest makes room. Owners join accounts themselves, fully signed in here; a name from the provider never does.
Somebody joined to no account cannot sign in. The second step is taken here, unless a setting says that the provider
always asks for one.
"""

import hashlib
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import LiteralString

from fastapi import Request, Response

from api import cookies, journal
from api.access import Visit
from api.identity import accounts, sessions
from api.identity.addresses import address_of
from api.identity.openid_provider import Provider, ProviderError, Secrets
from api.identity.steps import Needed, Step, next_step
from api.parts import parts_of
from api.signing_in.own_account import write_down
from api.signing_in.sign_in import enter, needed
from delegation.people import actor_of

GOOD_FOR = timedelta(minutes=10)
MOST_FROM_ONE_ADDRESS = 200
_log = journal.of("api.signing_in.openid")

_BEGIN: LiteralString = """
INSERT INTO api.openid_try (state_hash, nonce, verifier, heading_for, begun_at, begun_from, person_id)
VALUES (%(state)s, %(nonce)s, %(verifier)s, %(heading_for)s, %(at)s, %(whence)s, %(person)s)
"""
_MAKE_ROOM: LiteralString = """
DELETE FROM api.openid_try WHERE state_hash IN (
    SELECT state_hash FROM api.openid_try WHERE begun_from = %(whence)s ORDER BY begun_at DESC OFFSET %(most)s)
"""
_TAKE: LiteralString = """
DELETE FROM api.openid_try WHERE state_hash = %s RETURNING nonce, verifier, heading_for, begun_at, person_id
"""
_WHO: LiteralString = "SELECT person_id FROM api.openid_identity WHERE issuer = %s AND subject = %s FOR SHARE"
_JOIN: LiteralString = """
INSERT INTO api.openid_identity (issuer, subject, person_id) VALUES (%s, %s, %s)
ON CONFLICT (issuer, subject) DO UPDATE SET person_id = EXCLUDED.person_id
WHERE api.openid_identity.person_id = EXCLUDED.person_id RETURNING person_id
"""
_IS_JOINED: LiteralString = "SELECT count(*) FROM api.openid_identity WHERE issuer = %s AND person_id = %s"


class NotJoinedError(Exception):
    """The return from the provider signs nobody in; the message is for the person who tried."""


@dataclass(frozen=True, slots=True)
class Back:
    """Somebody came back: their next step, and where they were heading."""

    step: Step
    heading_for: str


def begin(request: Request, response: Response, heading_for: str, visit: Visit | None = None) -> str:
    """Begin a try, to sign in or, with a visit, to join its account; return the address for the browser.

    Raises ProviderError.
    """
    parts = parts_of(request)
    secrets = Secrets(sessions.new_token(), sessions.new_token(), sessions.new_token())
    address = _provider(request).address(secrets)
    whence = address_of(request, parts.settings.http.client_header)
    given = {
        "state": sessions.digest(secrets.state),
        "nonce": secrets.nonce,
        "verifier": secrets.verifier,
        "heading_for": heading_for,
        "at": parts.clock(),
        "whence": hashlib.sha256(whence.encode()).digest(),
        "person": None if visit is None else visit.actor.person_id,
    }
    with nullcontext(visit.conn) if visit is not None else parts.pool.connection() as conn:
        conn.execute(_BEGIN, given)
        conn.execute(_MAKE_ROOM, given | {"most": MOST_FROM_ONE_ADDRESS})
    cookies.give(request, response, cookies.openid_name(https=parts.uses_https), secrets.state, GOOD_FOR)
    return address


def come_back(request: Request, response: Response, state: str, code: str) -> Back:
    """Finish the try that somebody comes back with. Raises NotJoinedError, which says what to do, whatever is wrong."""
    parts = parts_of(request)
    at = parts.clock()
    began = request.cookies.get(cookies.openid_name(https=parts.uses_https))
    with parts.pool.connection() as conn:
        tried = conn.execute(_TAKE, (sessions.digest(state),)).fetchone()
    if began != state or tried is None or tried[3] <= at - GOOD_FOR:
        raise NotJoinedError("This took too long, or began in another browser. Try again.")
    nonce, verifier, heading_for, _, joining = tried
    try:
        subject = _provider(request).subject(code, Secrets(state, nonce, verifier), at)
    except ProviderError as error:
        _log.warning("not believed", error=type(error).__name__, reason=str(error))
        raise NotJoinedError("Your organisation's sign-in did not vouch for you. Try again.") from None
    cookies.take_away(request, response, cookies.openid_name(https=parts.uses_https))
    issuer = parts.settings.openid.issuer
    with parts.pool.connection() as conn:
        if joining is not None:
            if conn.execute(_JOIN, (issuer, subject, joining)).fetchone() is None:
                raise NotJoinedError("This is joined to somebody else's account already.")
            return Back(Step.DONE, heading_for)
        row = conn.execute(_WHO, (issuer, subject)).fetchone()
        if row is None:
            raise NotJoinedError("Sign in with your password first, and join the two on your account page.")
        actor = actor_of(conn, row[0], request.state.request_id)
        left = needed(parts, conn, actor, accounts.of_person(conn, row[0]))
        theirs = parts.settings.openid.second_step == "theirs"
        step = Step.DONE if theirs else next_step(Needed(code=left.code, enrolment=left.enrolment))
        enter(request, response, conn, actor, step, at)
    return Back(step, heading_for)


def is_joined(request: Request, visit: Visit) -> bool:
    """Return whether the visitor's account is joined to the organisation's sign-in service."""
    issuer = parts_of(request).settings.openid.issuer
    [row] = visit.conn.execute(_IS_JOINED, (issuer, visit.actor.person_id)).fetchall()
    return row[0] > 0


def join(request: Request, response: Response, visit: Visit) -> str:
    """Begin to join the visitor's account; return the address for the browser. Raises ProviderError."""
    write_down(visit, "openid.joining")
    return begin(request, response, "/account?said=joined", visit)


def _provider(request: Request) -> Provider:
    provider = parts_of(request).provider
    if provider is None:
        raise ProviderError("No provider is set.")
    return provider
