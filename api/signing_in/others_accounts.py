"""Help with another person's account, because its owner cannot sign in.

Guards: an operator may do this for every account but their own, by user name; a home's manager only for people whose
only role is care worker at that manager's homes. It is audited with its reason, ends the owner's sessions, and gives
nobody a lasting secret.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from fastapi import Request
from psycopg.rows import class_row

from api.access import Visit
from api.database import Connection
from api.identity import accounts, known_browsers, second_step, sessions
from api.identity.accounts import Account
from api.identity.passwords import hash_password
from api.parts import parts_of
from api.problems import not_found
from api.signing_in import tablets
from delegation import audit
from delegation.rights import CHANGE, Record


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody whose account a manager looks after."""

    person_id: UUID
    name: str
    username: str


@dataclass(frozen=True, slots=True)
class Given:
    """A password to pass on; it is not stored."""

    username: str
    password: str
    until: datetime


_WORKERS: LiteralString = """
SELECT account.person_id, person.name, account.username
FROM api.account JOIN delegation.person USING (person_id)
WHERE account.person_id IN (SELECT delegation.workers_in_charge('home_manager'))
  AND NOT EXISTS (SELECT FROM delegation.role_assignment held
                  WHERE held.person_id = account.person_id AND (held.ends_at IS NULL OR held.ends_at > now())
                    AND (held.role <> 'care_worker' OR held.home_id IS NULL
                         OR held.home_id NOT IN (SELECT delegation.homes_held('home_manager'))))
ORDER BY person.name, account.username
"""


_PART_FROM_OPENID: LiteralString = "DELETE FROM api.openid_identity WHERE person_id = %s"


def workers(visit: Visit) -> Sequence[Worker]:
    """Return the people whose accounts the actor looks after as a manager."""
    with visit.conn.cursor(row_factory=class_row(Worker)) as cursor:
        return cursor.execute(_WORKERS).fetchall()


def give_password(request: Request, visit: Visit, username: str, reason: str) -> Given:
    """Give an account another password, which its owner must change. Raises RefusedError (404)."""
    account = _theirs(visit, username)
    given, ended = replace_password(visit.conn, account, visit.at)
    for one in ended:
        parts_of(request).fanout.end_session(one)
    _write_down(visit, account, "password.given", reason)
    return given


def replace_password(conn: Connection, account: Account, at: datetime) -> tuple[Given, Sequence[bytes]]:
    """Replace the password; return the new one, and the token hashes of the sessions that ended."""
    password, until = accounts.password_to_give(), at + accounts.GIVEN_FOR
    accounts.set_password(conn, account.person_id, hash_password(password), until)
    known_browsers.forget_all(conn, account.person_id)
    conn.execute(_PART_FROM_OPENID, (account.person_id,))
    tablets.forget_pins(conn, account.person_id)
    return Given(account.username, password, until), sessions.end_all(conn, account.person_id)


def take_second_step_away(request: Request, visit: Visit, username: str, reason: str) -> Given:
    """Remove a second step, for somebody who lost their telephone and recovery codes. Raises RefusedError (404).

    They get a new password too, so that knowing the old one is not enough to set up a second step in their place.
    """
    if not visit.actor.may(CHANGE, Record.SECOND_STEPS):
        raise not_found("account")
    account = _theirs(visit, username)
    second_step.forget(visit.conn, account.person_id)
    _write_down(visit, account, "second_step.taken_away", reason)
    return give_password(request, visit, username, reason)


def _theirs(visit: Visit, username: str) -> Account:
    account = accounts.named(visit.conn, accounts.as_typed(username))
    if account is None or account.person_id == visit.actor.person_id:
        raise not_found("account")
    looked_after = {worker.person_id for worker in workers(visit)}
    if not visit.actor.may(CHANGE, Record.SECOND_STEPS) and account.person_id not in looked_after:
        raise not_found("account")
    return account


def _write_down(visit: Visit, account: Account, action: str, reason: str) -> None:
    audit.record(
        visit.conn,
        visit.actor,
        action,
        f"person:{account.person_id}",
        at=visit.at,
        words=reason,
    )
