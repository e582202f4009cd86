"""Sign in by PIN on a shared tablet, and set a PIN there.

Guards: a PIN works only on an enrolled tablet, within the time that the owner's roles allow after a full sign-in there.
Its owner may only be a care worker of that home, without a password that must be changed. Such a session is short and
opens no account.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import pairwise
from uuid import UUID

from fastapi import Request, Response

from api.access import Visit
from api.database import Connection
from api.identity import accounts, refusals, sessions
from api.identity.addresses import address_of
from api.identity.passwords import BusyError, hash_password, is_right
from api.identity.refusals import Refusal
from api.identity.steps import Step
from api.parts import parts_of
from api.problems import RefusedError
from api.signing_in import tablets
from api.signing_in.own_account import write_down
from api.signing_in.sign_in import enter
from api.signing_in.tablets import Tablet
from delegation.people import Actor, actor_of

DIGITS = 6
REFUSED = (
    "This is not the PIN, or it is not good any more. After five wrong ones, sign in with your password."
)
NOT_DIGITS = f"A PIN has {DIGITS} digits."
TOO_PLAIN = "This is the first that others try. Choose digits that neither repeat nor follow each other."
NOT_THE_SAME = "The two are not the same: type the PIN again."


def pin_for(conn: Connection, actor: Actor, tablet: Tablet) -> timedelta | None:
    """Return how long after a full sign-in there the actor may use a PIN on this tablet; None if never."""
    if not tablets.cares_there(conn, tablet):
        return None
    return sessions.limits(conn, actor).pin_for


def sign_in_by_pin(request: Request, response: Response, person_id: UUID, typed: str) -> None:
    """Begin a short session. Raises RefusedError (401) where it is refused, without saying why."""
    parts = parts_of(request)
    at = parts.clock()
    with parts.pool.connection() as conn:
        tablet = tablets.tablet_of(request, conn)
        pin = None if tablet is None else tablets.try_pin(conn, tablet.tablet_id, person_id, at)
    try:
        right = is_right(typed, None if pin is None else pin.pin_hash)
    except BusyError as busy:
        raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, str(busy), {"Retry-After": "3"}) from None
    if tablet is None or pin is None or not right:
        parts.counts.sign_ins.labels("refused").inc()
        with parts.pool.connection() as conn:
            address = address_of(request, parts.settings.http.client_header)
            refusals.count(conn, None if pin is None else person_id, address, Refusal.WRONG, at)
        raise RefusedError(HTTPStatus.UNAUTHORIZED, REFUSED)
    with parts.pool.connection() as conn:
        actor = _may_still(conn, person_id, tablet, request.state.request_id)
        if not tablets.was_right(conn, tablet.tablet_id, person_id):
            # The PIN was taken away while it was checked.
            raise RefusedError(HTTPStatus.UNAUTHORIZED, REFUSED)
        enter(request, response, conn, actor, Step.DONE, at, pin_until=pin.good_until)


def good_until(visit: Visit, tablet: Tablet) -> datetime:
    """Return until when a PIN set now is good. Raises RefusedError (403) where the actor may not set one."""
    good_for = pin_for(visit.conn, visit.actor, tablet)
    if good_for is None:
        raise RefusedError(HTTPStatus.FORBIDDEN, "Only care workers of this tablet's home use a PIN on it.")
    return visit.at + good_for


def without_pin(request: Request, visit: Visit) -> Tablet | None:
    """Return this shared tablet, where the actor may set a PIN and has no good one."""
    tablet = tablets.tablet_of(request, visit.conn)
    if tablet is None or not visit.session.is_full or pin_for(visit.conn, visit.actor, tablet) is None:
        return None
    quick = {one.person_id for one in tablets.quick(visit.conn, tablet.tablet_id, visit.at)}
    return None if visit.actor.person_id in quick else tablet


def set_pin(visit: Visit, tablet: Tablet, wrong: str | None, pin: str, again: str) -> Mapping[str, str]:
    """Set the actor's PIN on this tablet, or return what is wrong by field; `wrong` is that with the password.

    Raises RefusedError (403) where the actor may not set one.
    """
    until = good_until(visit, tablet)
    faults: dict[str, str] = {}
    if wrong:
        faults["current"] = wrong
    unfit = fault(pin)
    if unfit:
        faults["pin"] = unfit
    elif pin != again:
        faults["again"] = NOT_THE_SAME
    if not faults:
        person_id, name = visit.actor.person_id, visit.actor.name
        tablets.set_pin(visit.conn, tablet.tablet_id, person_id, name, hash_password(pin), until)
        write_down(visit, "pin.set")
    return faults


def fault(pin: str) -> str | None:
    """Return what is wrong with a PIN, as a sentence; None if it will do."""
    if len(pin) != DIGITS or not (pin.isascii() and pin.isdigit()):
        return NOT_DIGITS
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if len(set(pin)) < 3 or steps <= {1} or steps <= {9} or pin[:3] == pin[3:]:
        return TOO_PLAIN
    return None


def _may_still(conn: Connection, person_id: UUID, tablet: Tablet, request_id: str) -> Actor:
    actor = actor_of(conn, person_id, request_id)
    if pin_for(conn, actor, tablet) is None or accounts.of_person(conn, person_id).must_change:
        raise RefusedError(HTTPStatus.UNAUTHORIZED, REFUSED)
    return actor
