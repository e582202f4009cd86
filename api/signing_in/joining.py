"""Take a role with an invitation's code, as a new person who makes an account, or with an existing account.

Guards: each try is counted before the code is checked. An account is made with a role or not at all. After taking a
role, a person goes on in a new session with that role's sign-in rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request, Response

from api.access import Visit
from api.identity import accounts, new_password
from api.identity.breached import HashFile
from api.identity.passwords import hash_password
from api.identity.steps import Step, next_step
from api.identity.throttle import Try, give_back
from api.parts import Parts, parts_of
from api.signing_in.proofs import NOT_THE_SAME
from api.signing_in.sign_in import enter, hold_account, needed
from delegation import invitation
from delegation.invitation import Offered
from delegation.people import actor_of

NO_GOOD = "This code is not right, or it was used, withdrawn or is over. Ask whoever gave it to you."
TAKEN = "Somebody has this user name already. Choose another."
UNFIT = f"A user name is {accounts.USERNAME_FORM}."


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a new person chose."""

    username: str
    new: str
    again: str


def offered(request: Request, code: str) -> Offered | None:
    """Return what a code is good for; the caller has counted the try."""
    parts = parts_of(request)
    with parts.pool.connection() as conn:
        return invitation.offered(conn, code, parts.clock())


def join(
    request: Request,
    response: Response,
    code: str,
    tried: tuple[Try, datetime],
    newcomer: Newcomer,
    name: str,
) -> tuple[Step, Mapping[str, str]]:
    """Make an account with the role for the person with the code, and sign them in.

    Returns the next step, or what is wrong by field. Never call it inside a visit, because hashing a password is slow
    on purpose.
    """
    parts = parts_of(request)
    username = accounts.as_typed(newcomer.username)
    faults = _faults(parts, newcomer, username, name)
    if faults:
        return Step.DONE, faults
    password_hash, at = hash_password(newcomer.new), parts.clock()
    with parts.pool.connection() as conn, conn.transaction() as made:
        taken = invitation.take(conn, code, at)
        if taken is None:
            return Step.DONE, {"code": NO_GOOD}
        if not accounts.add(conn, taken.person_id, username, password_hash):
            made.force_rollback = True
            return Step.DONE, {"username": TAKEN}
        actor = actor_of(conn, taken.person_id, request.state.request_id)
        invitation.record_taken(conn, actor, taken.held, at)
        give_back(conn, *tried)
        step = next_step(needed(parts, conn, actor, accounts.of_person(conn, taken.person_id)))
        enter(request, response, conn, actor, step, at)
    return step, {}


def take_on(
    request: Request, response: Response, visit: Visit, code: str, tried: tuple[Try, datetime]
) -> Step | None:
    """Take another role as the signed-in person; None where the code is no good."""
    parts = parts_of(request)
    account = hold_account(visit)
    taken = invitation.take(visit.conn, code, visit.at)
    if taken is None:
        return None
    actor = actor_of(visit.conn, visit.actor.person_id, visit.request_id)
    invitation.record_taken(visit.conn, actor, taken.held, visit.at)
    give_back(visit.conn, *tried)
    step = next_step(needed(parts, visit.conn, actor, account), Step.NEW_PASSWORD)
    enter(request, response, visit.conn, actor, step, visit.at)
    return step


def _faults(parts: Parts, newcomer: Newcomer, username: str, name: str) -> dict[str, str]:
    faults = {} if accounts.is_username(username) else {"username": UNFIT}
    breached_file = parts.settings.account.breached_file
    unfit = new_password.fault(
        newcomer.new, (username, name), () if breached_file is None else HashFile(breached_file)
    )
    if unfit:
        faults["new"] = unfit
    elif newcomer.new != newcomer.again:
        faults["again"] = NOT_THE_SAME
    return faults
