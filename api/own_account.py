"""What somebody does with their own account: another password, an end to their sessions.

Guards: another password ends every other session and PIN, and makes strangers of all browsers; what is one's own is
found by who is signed in, never by what was asked for.
"""

from collections.abc import Mapping
from uuid import UUID

from fastapi import Request, Response

from api import accounts, known_browsers, sessions, tablets
from api.access import Visit
from api.breached import HashFile
from api.new_password import fault
from api.parts import parts_of
from api.passwords import hash_password, is_right
from api.problems import not_found
from api.sign_in import checked, enter, needed
from api.steps import Step, next_step
from delegation import audit

NOT_RIGHT = "This is not your password."
NOT_THE_SAME = "The two are not the same: type the new password again."
NOT_NEW = "This is the password you have now. Choose another."


def change_password(
    request: Request, response: Response, visit: Visit, current: str, new: str, again: str
) -> tuple[Step, Mapping[str, str]]:
    """Change it. Returns what is next, or what is wrong by field: then nothing is changed.

    Whoever was given a password has just typed it and is not asked for it again.
    """
    account = accounts.of_person(visit.conn, visit.actor.person_id)
    faults: dict[str, str] = {}
    given = visit.session.step is Step.NEW_PASSWORD
    wrong = None if given else password_fault(request, visit, current)
    if wrong:
        faults["current"] = wrong
    breached_file = parts_of(request).settings.account.breached_file
    breached = () if breached_file is None else HashFile(breached_file)
    wrong = fault(new, (account.username, visit.actor.name), breached)
    if wrong:
        faults["new"] = wrong
    elif new != again:
        faults["again"] = NOT_THE_SAME
    elif not faults and is_right(new, account.password_hash):
        faults["new"] = NOT_NEW
    if faults:
        return visit.session.step, faults
    accounts.set_password(visit.conn, account.person_id, hash_password(new))
    known_browsers.forget_all(visit.conn, account.person_id)
    tablets.forget_pins(visit.conn, account.person_id)
    end_sessions(request, visit, but_this=False)
    write_down(visit, "password.changed")
    step = next_step(needed(parts_of(request), visit.conn, visit.actor, account), Step.NEW_PASSWORD)
    enter(request, response, visit.conn, visit.actor, step, visit.at)
    return step, {}


def password_fault(request: Request, visit: Visit, password: str) -> str | None:
    """What is wrong with what was typed as one's own password, asked again before something grave."""
    account = accounts.of_person(visit.conn, visit.actor.person_id)
    return None if checked(request, account.username, password) is not None else NOT_RIGHT


def end_session(request: Request, visit: Visit, session_id: UUID) -> None:
    """End one of one's own. Raises RefusedError (404) where there is none of this id."""
    ended = sessions.end_one(visit.conn, visit.actor.person_id, session_id)
    if ended is None:
        raise not_found("session")
    parts_of(request).fanout.end_session(ended)
    write_down(visit, "session.ended")


def end_sessions(request: Request, visit: Visit, *, but_this: bool = True) -> int:
    """End all of one's own, but for the one one is in; returns how many."""
    but = visit.session.token_hash if but_this else None
    ended = sessions.end_all(visit.conn, visit.actor.person_id, but)
    for one in ended:
        parts_of(request).fanout.end_session(one)
    if but_this and ended:
        write_down(visit, "session.ended")
    return len(ended)


def write_down(visit: Visit, action: str) -> None:
    who = str(visit.actor)
    audit.record(visit.conn, visit.actor, action, who, at=visit.at, request_id=visit.request_id)
