"""One's own account: changing the password and ending sessions.

Guards: a new password ends every other session and PIN, and forgets all known browsers. The account is that of the
signed-in person, never one named in the request.
"""

from collections.abc import Mapping
from uuid import UUID

from fastapi import Request, Response

from api.access import Visit
from api.identity import accounts, known_browsers, sessions
from api.identity.steps import Step, next_step
from api.parts import parts_of
from api.problems import NotSignedInError, not_found
from api.signing_in import tablets
from api.signing_in.proofs import NewPassword
from api.signing_in.sign_in import enter, needed
from delegation import audit


def change_password(
    request: Request, response: Response, visit: Visit, chosen: NewPassword
) -> tuple[Step, Mapping[str, str]]:
    """Change the password; return the next step, or what is wrong by field, and then nothing is changed.

    Somebody with a given password has just typed it and is not asked for it again.
    """
    if chosen.faults or chosen.before is None:
        return visit.session.step, chosen.faults
    account = chosen.before
    if not accounts.replace_password(visit.conn, account, chosen.password_hash):
        raise NotSignedInError("Your password was changed meanwhile. Sign in again.")
    known_browsers.forget_all(visit.conn, account.person_id)
    tablets.forget_pins(visit.conn, account.person_id)
    end_sessions(request, visit, but_this=False)
    write_down(visit, "password.changed")
    step = next_step(needed(parts_of(request), visit.conn, visit.actor, account), Step.NEW_PASSWORD)
    enter(request, response, visit.conn, visit.actor, step, visit.at)
    return step, {}


def end_session(request: Request, visit: Visit, session_id: UUID) -> None:
    """End one of the visitor's own sessions. Raises RefusedError (404) where they have none with this id."""
    ended = sessions.end_one(visit.conn, visit.actor.person_id, session_id)
    if ended is None:
        raise not_found("session")
    parts_of(request).fanout.end_session(ended)
    write_down(visit, "session.ended")


def end_sessions(request: Request, visit: Visit, *, but_this: bool = True) -> int:
    """End all of the visitor's sessions, or all but this one; return how many."""
    but = visit.session.token_hash if but_this else None
    ended = sessions.end_all(visit.conn, visit.actor.person_id, but)
    for one in ended:
        parts_of(request).fanout.end_session(one)
    if but_this and ended:
        write_down(visit, "session.ended")
    return len(ended)


def write_down(visit: Visit, action: str) -> None:
    who = str(visit.actor)
    audit.record(visit.conn, visit.actor, action, who, at=visit.at)
